/**
 * The loader matrix: how a project is written × how it is started × on which Node.js. A project holds a route file of every
 * kind; a process loads them all, calls them, and says what each of them saw. Every cell is an assertion of its own.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const REAL_NEXT = path.join(ROOT, '.cache/next-16/node_modules/next')
const workDir = realpathSync(mkdtempSync(path.join(tmpdir(), 'app-routes-matrix-')))
t.teardown(() => { rmSync(workDir, { recursive: true, force: true }) })

/** What Next.js 16 exports to route handlers. */
const EXPORTS: Record<string, string[]> = {
  'next/server': ['ImageResponse', 'NextRequest', 'NextResponse', 'URLPattern', 'after', 'connection', 'userAgent', 'userAgentFromString'],
  'next/headers': ['cookies', 'draftMode', 'headers'],
  'next/navigation': ['ReadonlyURLSearchParams', 'RedirectType', 'forbidden', 'notFound', 'permanentRedirect', 'redirect', 'unauthorized', 'unstable_isUnrecognizedActionError', 'unstable_rethrow', 'useParams', 'usePathname', 'useRouter', 'useSearchParams', 'useSelectedLayoutSegment', 'useSelectedLayoutSegments', 'useServerInsertedHTML'],
  'next/cache': ['cacheLife', 'cacheTag', 'io', 'navigation', 'prefetch', 'refresh', 'revalidatePath', 'revalidateTag', 'unstable_cache', 'unstable_cacheLife', 'unstable_cacheTag', 'unstable_noStore', 'updateTag'],
  'next/og': ['ImageResponse'],
  'server-only': []
}
/** What route handlers do not get there either: a context of React components. */
const BROWSER_ONLY = new Set(['ServerInsertedHTMLContext'])
const MODULES = Object.keys(EXPORTS)
const spellings = (name: string): string[] => name === 'server-only' ? [name] : [name, `${name}.js`]

// ---- the modules of a project -----------------------------------------------------------------------------------

const ids = MODULES.flatMap(spellings).map((specifier, index) => ({ specifier, name: specifier.replace(/\.js$/, ''), index }))

/** Every name by `import`, and by `import()`, as `seen.static` and `seen.dynamic`. */
const IMPORTS = [
  ...ids.map(({ specifier, name, index }) => `import * as all${index} from '${specifier}'${EXPORTS[name]!.length === 0 ? '' : `\nimport { ${EXPORTS[name]!.map((exported) => `${exported} as ${exported}${index}`).join(', ')} } from '${specifier}'`}`),
  `const named = [${ids.flatMap(({ name, index }) => EXPORTS[name]!.map((exported) => `${exported}${index}`)).join(', ')}]`,
  `const imported = { ${ids.map(({ specifier, index }) => `'${specifier}': all${index}`).join(', ')} }`
].join('\n')
const REQUIRED = `const required = { ${ids.map(({ specifier }) => `'${specifier}': require('${specifier}')`).join(', ')} }`
const DYNAMIC = `{ ${ids.map(({ specifier }) => `'${specifier}': await import('${specifier}')`).join(', ')} }`

/** `look()` says what a module gets, by each way that it has. */
const esmLook = `${IMPORTS}\nexport async function look () { return { imported, dynamic: ${DYNAMIC}, named: named.every((value) => value !== undefined) } }\n`
const cjsLook = `${REQUIRED}\nexports.look = async () => ({ required, dynamic: ${DYNAMIC}, named: true })\n`
const counter = 'const holder = { id: Math.random() }\n'

const TYPED = `
export interface Shape { id: number }
export enum Color { Red = 'red' }
function marked (target${': any'}, key${': string'}) { target.marked = key }
export class Point { constructor (public x: number) {} @marked method () {} }
`

const COMMON: Record<string, string> = {
  'tsconfig.json': '{ // with a comment\n  "extends": "./config/base.json", "compilerOptions": { "jsx": "preserve", }, "include": ["**/*.ts"] }',
  'config/base.json': '{ "compilerOptions": { "baseUrl": "..", "experimentalDecorators": true, "paths": { "@/*": ["src/*"], "exact": ["./src/exact.ts"] } } }',
  'src/exact.ts': "export const value: string = 'exact'\n",
  'src/lib/db.mjs': `${counter}export default holder\n`,
  'src/lib/db.cjs': `${counter}module.exports = holder\n`,
  'src/lib/db.js': `${counter}export const db = holder\n`,
  'src/lib/db-ts.ts': `${counter.replace('holder', 'holder: { id: number }')}export const db = holder\n`,
  'src/lib/dir/index.ts': "export const value: string = 'directory'\n",
  'src/lib/plain.ts': "export const value: string = 'plain'\n",
  'src/lib/typed.ts': TYPED,
  'src/lib/data.json': '{ "value": "json", "not-a-name": 1 }',
  'src/look.mjs': esmLook,
  'src/look.ts': esmLook,
  'src/look.cjs': cjsLook,
  'node_modules/esm-library/package.json': '{ "name": "esm-library", "type": "module", "exports": "./index.js" }',
  'node_modules/esm-library/index.js': esmLook,
  'node_modules/cjs-library/package.json': '{ "name": "cjs-library", "main": "index.js" }',
  'node_modules/cjs-library/index.js': cjsLook,
  'node_modules/cjs-library/deep.js': "exports.value = 'deep'\n"
}

const esmRoute = (typed: boolean, jsx: boolean): string => `
${esmLook.replace('export async function look', 'async function look')}
import mjs from '@/lib/db.mjs'
import cjs from '../../src/lib/db.cjs'
import { db as js } from '@/lib/db.js'
import { db as ts } from '@/lib/db-ts'
import { value as directory } from '../../src/lib/dir'
import { value as plain } from '../../src/lib/plain'
import { value as based } from 'src/lib/plain'
import { value as exact } from 'exact'
import data from '../../src/lib/data.json'
import { value as deep } from 'cjs-library/deep'
import * as localEsm from '../../src/look.mjs'
import * as localTs from '../../src/look'
import * as localCjs from '../../src/look.cjs'
import * as libraryEsm from 'esm-library'
import * as libraryCjs from 'cjs-library'
${typed ? "import { Shape, Color, Point } from '../../src/lib/typed'\nenum Own { A = 'a' }\nconst shape: Shape = { id: 1 }" : "import { Color, Point } from '../../src/lib/typed'\nconst Own = { A: 'a' }, shape = { id: 1 }"}
export async function GET () {
  const looks = { own: await look(), localEsm: await localEsm.look(), localTs: await localTs.look(), localCjs: await localCjs.look(), libraryEsm: await libraryEsm.look(), libraryCjs: await libraryCjs.look() }
  globalThis.report({
    looks,
    one: { mjs, cjs, js, ts },
    resolved: [directory, plain, based, exact, data.value, deep],
    syntax: [Own.A, shape.id, Color.Red, new Point(2).x, (new Point(2)${typed ? ' as any' : ''}).marked]${jsx ? ',\n    jsx: [<p id="x">text</p>, <></>].map((element) => [typeof element.type, element.props])' : ''}
  })
  return Response.json({})
}
`
const cjsRoute = `
${cjsLook}
const looks = { localEsm: require('../../src/look.mjs'), localTs: require('../../src/look'), libraryEsm: require('esm-library'), localCjs: require('../../src/look.cjs'), libraryCjs: require('cjs-library') }
const { Color, Point } = require('../../src/lib/typed')
exports.GET = async () => {
  const seen = { own: await exports.look() }
  for (const [name, { look }] of Object.entries(looks)) seen[name] = await look()
  globalThis.report({
    looks: seen,
    one: { mjs: require('@/lib/db.mjs').default, cjs: require('../../src/lib/db.cjs'), js: require('@/lib/db.js').db, ts: require('@/lib/db-ts').db },
    resolved: [require('../../src/lib/dir').value, require('../../src/lib/plain').value, require('src/lib/plain').value, require('exact').value, require('../../src/lib/data').value, require('cjs-library/deep').value],
    syntax: ['a', 1, Color.Red, new Point(2).x, new Point(2).marked]
  })
  return Response.json({})
}
`

const ROUTES: Record<string, string> = {
  'ts/route.ts': esmRoute(true, false),
  'tsx/route.tsx': esmRoute(true, true),
  'jsx/route.jsx': esmRoute(false, true),
  'js/route.js': esmRoute(false, false),
  'mjs/route.mjs': esmRoute(false, false),
  'cjs/route.cjs': cjsRoute
}

/** What both kinds of server do; the first lines differ. */
const CHECK = `
async function main (early) {
  const reports = {}
  const server = Fastify()
  await server.register(appRoutes, './app')
  const own = { mjs: early.mjs, cjs: early.cjs, js: early.js, ts: (await import('./src/lib/db-ts.ts')).db }
  const ours = { server: await import('fastify-app-routes/server'), headers: await import('fastify-app-routes/headers') }
  for (const kind of ${JSON.stringify(Object.keys(ROUTES).map((file) => file.split('/')[0]))}) {
    globalThis.report = ({ looks, one, resolved, syntax, jsx }) => {
      const served = {}
      for (const [where, { named, ...ways }] of Object.entries(looks)) {
        served[where] = named
        for (const [way, modules] of Object.entries(ways)) {
          for (const [specifier, module] of Object.entries(modules)) {
            if (/server(\\.js)?$/.test(specifier) && module.NextResponse !== ours.server.NextResponse) served[where] = way + ' ' + specifier
            if (/headers/.test(specifier) && (module.default ?? module).cookies === undefined) served[where] = way + ' ' + specifier
            for (const name of EXPORTS[specifier.replace(/\\.js$/, '')]) if (module[name] === undefined) served[where] = way + ' ' + specifier + ' ' + name
          }
        }
      }
      const twice = Object.keys(own).filter((name) => one[name] !== own[name])
      reports[kind] = { served, twice, resolved, syntax, jsx }
    }
    const { statusCode, body } = await server.inject('/' + kind)
    if (statusCode !== 200) reports[kind] = statusCode + body
  }
  await server.close()
  console.log(JSON.stringify(reports))
}
`

function makeProject (name: string, type: 'module' | undefined, next: boolean): string {
  const dir = path.join(workDir, name)
  const files = {
    ...COMMON,
    ...Object.fromEntries(Object.entries(ROUTES).map(([file, text]) => [`app/${file}`, text])),
    'package.json': JSON.stringify({ name, type }),
    'server.js': `const EXPORTS = ${JSON.stringify(EXPORTS)}\n` + (type === 'module'
      ? `import Fastify from 'fastify'\nimport appRoutes from 'fastify-app-routes'\nimport mjs from './src/lib/db.mjs'\nimport cjs from './src/lib/db.cjs'\nimport { db as js } from './src/lib/db.js'\n${CHECK}\nawait main({ mjs, cjs, js })\n`
      : `const Fastify = require('fastify')\nconst appRoutes = require('fastify-app-routes')\n${CHECK}\nmain({ mjs: require('./src/lib/db.mjs').default, cjs: require('./src/lib/db.cjs'), js: require('./src/lib/db.js').db }).catch((error) => { console.error(error); process.exitCode = 1 })\n`)
  }
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
    writeFileSync(path.join(dir, file), text)
  }
  for (const [link, target] of [['fastify-app-routes', ROOT], ['fastify', path.join(ROOT, 'node_modules/fastify')], ['tsx', path.join(ROOT, 'node_modules/tsx')], ...(next ? [['next', REAL_NEXT]] : [])] as Array<[string, string]>) {
    symlinkSync(target, path.join(dir, 'node_modules', link), 'junction')
  }
  return dir
}

// ---- the matrix -------------------------------------------------------------------------------------------------

const NODES: Array<[name: string, binary: string | undefined]> = [
  [`Node.js ${process.versions.node}`, process.execPath],
  ...['NODE_22', 'NODE_24', 'NODE_26'].map((name): [string, string | undefined] => [name, process.env[name]])
]
const STARTS: Record<string, string[]> = { plainly: [], 'with --import tsx': ['--import', 'tsx'], 'with --import fastify-app-routes/register': ['--import', 'fastify-app-routes/register'] }
const hasNext = existsSync(REAL_NEXT)

function run (node: string, args: string[], cwd: string): Promise<{ out: any, stderr: string }> {
  return new Promise((resolve) => {
    // The test runner puts its own loader into every child through NODE_OPTIONS.
    const [command, ...rest] = process.platform === 'win32' ? [node, ...args] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', node, ...args]
    execFile(command!, rest, { cwd, timeout: 60_000 }, (error, stdout, stderr) => {
      const line = stdout.split('\n').find((text) => text.startsWith('{'))
      resolve({ out: line === undefined ? undefined : JSON.parse(line), stderr: stderr + (error === null ? '' : String(error)) })
    })
  })
}

const SERVED = { own: true, localEsm: true, localTs: true, localCjs: true, libraryEsm: true, libraryCjs: true }
const RESOLVED = ['directory', 'plain', 'plain', 'exact', 'json', 'deep']
const JSX = [['string', { id: 'x', children: 'text' }], ['symbol', {}]]

t.test('the list of names is that of the real Next.js', { skip: hasNext ? false : 'no .cache/next-16' }, async (t) => {
  const require = createRequire(path.join(REAL_NEXT, 'package.json'))
  for (const [name, names] of Object.entries(EXPORTS)) {
    if (!name.startsWith('next/')) continue
    const real = Object.keys(require(name.replace('next/', './')) as object).filter((exported) => exported !== '__esModule' && exported !== 'default' && !BROWSER_ONLY.has(exported))
    t.strictSame(real.filter((exported) => !names.includes(exported)), [], name)
  }
})

t.jobs = 2
for (const [name, node] of NODES) {
  for (const type of ['module', undefined] as const) {
    for (const next of [false, true]) {
      const project = `${type === undefined ? 'without' : 'with'} "type": "module", ${next ? 'the real next installed' : 'next not installed'}`
      const dir = next && !hasNext ? '' : makeProject(`${name.replaceAll(/\W/g, '-')}-${type}-${next}`, type, next)
      for (const [start, args] of Object.entries(STARTS)) {
        if (next && start !== 'plainly') continue
        const skip = node === undefined ? `${name} is not set` : next && !hasNext ? 'no .cache/next-16' : false
        t.test(`${name}, a package ${project}, started ${start}`, { skip }, async (t) => {
          const { out, stderr } = await run(node!, [...args, 'server.js'], dir)
          t.ok(out, stderr)
          for (const [kind, report] of Object.entries<any>(out ?? {})) {
            t.strictSame(report.served, SERVED, `${kind}: every name, by every way, is served by us`)
            t.strictSame(report.twice, [], `${kind}: modules that the server has too are one instance`)
            t.strictSame(report.resolved, RESOLVED, `${kind}: paths, extends, baseUrl, directories, extensions, JSON`)
            t.strictSame(report.syntax, ['a', 1, 'red', 2, 'method'], `${kind}: enum, decorators, types without "type"`)
            if (kind.endsWith('sx')) t.strictSame(report.jsx, JSX, `${kind}: JSX`)
          }
          t.notMatch(stderr.split('\n').filter((line) => line.includes('/app/')).join('\n'), 'MODULE_TYPELESS_PACKAGE_JSON', 'no warning about route files')
        })
      }
    }
  }
}

t.test('outside our requests a library reaches the real Next.js of a custom server, inside them ours', { skip: hasNext ? false : 'no .cache/next-16' }, async (t) => {
  const dir = makeProject('custom-server', 'module', true)
  writeFileSync(path.join(dir, 'node_modules/cjs-library/index.js'), `
const { cookies } = require('next/headers')
const { after } = require('next/server')
exports.read = async () => { try { return (await cookies()).get('a').value } catch (error) { return error.code ?? 'real' } }
exports.later = () => { try { after(() => {}); return 'ours' } catch (error) { return error.code ?? 'real' } }
`)
  rmSync(path.join(dir, 'app'), { recursive: true })
  mkdirSync(path.join(dir, 'app/a'), { recursive: true })
  writeFileSync(path.join(dir, 'app/a/route.mjs'), "import library from 'cjs-library'\nexport const GET = async () => Response.json([await library.read(), library.later()])\n")
  writeFileSync(path.join(dir, 'custom.js'), `
import { createRequire } from 'node:module'
import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const require = createRequire(import.meta.url)
const server = Fastify()
await server.register(appRoutes, './app')
const library = require('cjs-library')
const before = [await library.read(), library.later()]
require('next/dist/server/next.js')
const outside = [await library.read(), library.later()]
const inside = (await server.inject({ url: '/a', headers: { cookie: 'a=1' } })).json()
console.log(JSON.stringify({ before, outside, inside }))
process.exit()
`)
  const { out, stderr } = await run(process.execPath, ['custom.js'], dir)
  t.strictSame(out, { before: ['FAR_ERR_OUTSIDE_REQUEST', 'FAR_ERR_OUTSIDE_REQUEST'], outside: ['real', 'real'], inside: ['1', 'ours'] }, stderr)
})

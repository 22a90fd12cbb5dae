/**
 * Route files of every kind, in processes of their own: on this Node.js, and on those that NODE_22, NODE_24 and NODE_26
 * name. One process looks at many things and says what it saw.
 */
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const workDir = realpathSync(mkdtempSync(path.join(tmpdir(), 'app-routes-loader-')))
t.teardown(() => { rmSync(workDir, { recursive: true, force: true }) })

type Files = Record<string, string>

function write (dir: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

function link (dir: string, ...packages: string[]): void {
  for (const name of packages) {
    const at = path.join(dir, 'node_modules', name)
    mkdirSync(path.dirname(at), { recursive: true })
    symlinkSync(name === 'fastify-app-routes' ? ROOT : path.join(ROOT, 'node_modules', name), at, 'junction')
  }
}

interface Ran { code: number, out: any, stderr: string }

function run (node: string, args: string[], cwd: string): Promise<Ran> {
  return new Promise((resolve) => {
    // The test runner puts its own loader into every child through NODE_OPTIONS, whatever environment the child is given.
    const [command, ...rest] = process.platform === 'win32' ? [node, ...args] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', node, ...args]
    execFile(command!, rest, { cwd, timeout: 60_000 }, (error, stdout, stderr) => {
      const line = stdout.split('\n').find((text) => text.startsWith('{'))
      resolve({ code: error === null ? 0 : 1, out: line === undefined ? undefined : JSON.parse(line), stderr })
    })
  })
}

const NODES: Array<[name: string, binary: string | undefined]> = [
  [`Node.js ${process.versions.node}`, process.execPath],
  ...['NODE_22', 'NODE_24', 'NODE_26'].map((name): [string, string | undefined] => [name, process.env[name]])
]

// ---- the project ------------------------------------------------------------------------------------------------

/** What a route file reports. `{ext}` names stand for what its own module system writes. */
const BODY = (typed: boolean): string => `
async function GET (request${typed ? ': Request' : ''}, context${typed ? ': { params: Promise<{}> }' : ''}) {
  const jar = await cookies()
  let thrown = ''
  try { redirect('/elsewhere') } catch (error) { thrown = (error${typed ? ' as { digest: string }' : ''}).digest }
  const dynamic = await import('next/headers')
  const dynamicWithExtension = await import('next/server.js')
  return NextResponse.json({
    isRequest: request instanceof NextRequest,
    isResponse: NextResponse.json({}) instanceof NextResponse && new NextResponse() instanceof Response,
    cookie: jar.get('a')?.value,
    thrown,
    cache: typeof revalidatePath,
    og: typeof ImageResponse,
    dynamic: (await dynamic.cookies()).get('a')?.value,
    oneClass: dynamicWithExtension.NextRequest === NextRequest,
    local: await local.read(request),
    library: await library.read(request),
    visits: db.visit(),
    db: db.id
  })
}
`

const IMPORTS = `import { NextRequest, NextResponse } from 'next/server'
import { cookies } from 'next/headers.js'
import { redirect } from 'next/navigation'
import { revalidatePath } from 'next/cache'
import { ImageResponse } from 'next/og'
import 'server-only'
import * as db from '../../db.js'
import library from 'library'
`
const REQUIRES = `const { NextRequest, NextResponse } = require('next/server')
const { cookies } = require('next/headers')
const { redirect } = require('next/navigation.js')
const { revalidatePath } = require('next/cache')
const { ImageResponse } = require('next/og.js')
require('server-only')
const db = require('../../db.js')
const library = require('library')
`
const esm = (local: string, typed: boolean): string => `${IMPORTS}import * as local from '${local}'\n${BODY(typed)}\nexport { GET }\n`
const cjs = (local: string, typed: boolean): string => `${REQUIRES}const local = require('${local}')\n${BODY(typed)}\nexports.GET = GET\n`

/** A module of the project that route files use. */
const READ = (typed: boolean): string => `async function read (request${typed ? ': unknown' : ''}) {
  const list = await headers()
  return [(await cookies()).get('a')?.value, request instanceof NextRequest, list.get('x-test')].join()
}
`
const LOCAL_IMPORTS = "import { cookies, headers } from 'next/headers'\nimport { NextRequest } from 'next/server.js'\n"

const APP: Files = {
  'app/ts/route.ts': esm('../../src/local-ts.ts', true),
  'app/tsx/route.tsx': `${esm('../../src/local-ts.ts', true)}export const POST = () => { const element = <p id='x'>text</p>; return Response.json([element.type, element.props]) }\n`,
  'app/js/route.js': esm('../../src/local.mjs', false),
  'app/mjs/route.mjs': esm('../../src/local.mjs', false),
  'app/mts/route.mts': esm('../../src/local-mts.mts', true),
  'app/cjs/route.cjs': cjs('../../src/local.cjs', false),
  'app/cts/route.cts': cjs('../../src/local.cjs', true),
  'app/later/route.ts': `const mark: any = (): void => {}
class Counter { @mark count = 1 }
class Cell { accessor value = 2 }
using nothing = { [Symbol.dispose] () {} }
export const GET = () => Response.json([<number>new Counter().count, new Cell().value, typeof nothing])
`,
  'app/enum/route.ts': "enum Color { Red = 'red' }\nexport const GET = () => new Response(Color.Red)\n",
  'src/local-ts.ts': `${LOCAL_IMPORTS}export ${READ(true)}`,
  'src/local-mts.mts': `${LOCAL_IMPORTS}export ${READ(true)}`,
  'src/local.mjs': `${LOCAL_IMPORTS}export ${READ(false)}`,
  'src/local.cjs': `const { cookies, headers } = require('next/headers.js')\nconst { NextRequest } = require('next/server')\n${READ(false)}exports.read = read\n`,
  'node_modules/library/package.json': '{"name":"library","main":"index.js"}',
  'node_modules/library/index.js': `const { cookies, headers } = require('next/headers')\nconst { NextRequest } = require('next/server')\nrequire('server-only')\n${READ(false)}exports.read = read\n`,
  // The real thing, or what passes for it.
  'node_modules/next/package.json': '{"name":"next","version":"16.0.0"}',
  ...Object.fromEntries(['server', 'headers', 'navigation', 'cache', 'og'].map((name) => [`node_modules/next/${name}.js`, 'exports.real = true\n'])),
  'node_modules/next/inner.js': "exports.inner = require('next/server').real === true && require('next/headers.js').real === true\n",
  'node_modules/next/inner.mjs': "import * as server from 'next/server.js'\nexport const inner = server.real === true\n",
  '.next/server/chunk.mjs': "import * as server from 'next/server.js'\nexport const inner = server.real === true\n",
  '.next/server/chunk.cjs': "exports.inner = require('next/server').real === true\n",
  'late.mjs': "import * as server from 'next/server.js'\nexport const real = server.real === true\n",
  'late.cjs': "exports.real = require('next/headers').real === true\n",
  'broken/syntax/route.ts': 'export const GET = ( => 1\n',
  'broken/throws/route.ts': "throw new Error('at the top level')\n",
  'broken/missing/route.ts': "import './nope.ts'\nexport const GET = () => new Response()\n",
  'broken/cookies/route.ts': "import { cookies } from 'next/headers'\nconst jar = cookies()\nexport const GET = () => Response.json(jar)\n"
}

const DB = 'let visits = 0\nconst id = Math.random()\nconst visit = () => ++visits > 0\n'

const CHECKS = `
async function check () {
  const start = async (dir) => { const server = Fastify(); await server.register(appRoutes, dir); await server.ready(); return server }
  const seen = {}
  const first = await start('./app')
  const second = await start('./app')
  const get = async (server, url, method = 'GET') => { const { body } = await server.inject({ method, url, headers: { cookie: 'a=1', 'x-test': 'yes' } }); try { return JSON.parse(body) } catch { return body } }
  seen.files = {}
  for (const kind of ['ts', 'tsx', 'js', 'mjs', 'mts', 'cjs', 'cts']) {
    const answer = await get(first, '/' + kind)
    if (typeof answer === 'object') answer.db = answer.db === db.id
    seen.files[kind] = answer
  }
  seen.enum = await get(first, '/enum')
  seen.later = await get(first, '/later')
  seen.jsx = await get(first, '/tsx', 'POST')
  seen.inside = [(await import('./node_modules/next/inner.js')).inner, (await import('./node_modules/next/inner.mjs')).inner, (await import('./.next/server/chunk.mjs')).inner, (await import('./.next/server/chunk.cjs')).inner]
  try { await start('./broken') } catch (error) {
    seen.broken = error.problems.map((problem) => [problem.code, problem.files.join(), problem.message, problem.mend !== '', problem.cause instanceof Error || typeof problem.cause])
    seen.message = error.message
  }
  await first.close()
  seen.afterOne = await get(second, '/js')
  seen.stillOurs = typeof (await import('next/server')).NextRequest
  await second.close()
  seen.late = [(await import('./late.mjs')).real, (await import('./late.cjs')).real]
  console.log(JSON.stringify(seen))
}
`

function makeProject (name: string, type: 'module' | 'commonjs' | undefined): string {
  const dir = path.join(workDir, name)
  write(dir, {
    ...APP,
    'package.json': JSON.stringify({ name, type }),
    // ES module syntax in a file that is said to be CommonJS: Node.js takes that from TypeScript alone, through us.
    ...(type === 'commonjs' ? { 'app/js/route.js': cjs('../../src/local.cjs', false) } : {}),
    ...(type === 'module'
      ? { 'db.js': `${DB}export { id, visit }\n`, 'server.js': `import Fastify from 'fastify'\nimport appRoutes from 'fastify-app-routes'\nimport * as db from './db.js'\n${CHECKS}\nawait check()\n` }
      : { 'db.js': `${DB}exports.id = id\nexports.visit = visit\n`, 'server.js': `const Fastify = require('fastify')\nconst appRoutes = require('fastify-app-routes')\nconst db = require('./db.js')\n${CHECKS}\ncheck().catch((error) => { console.error(error); process.exitCode = 1 })\n` })
  })
  link(dir, 'fastify-app-routes', 'fastify', 'tsx')
  return dir
}

const PROJECTS = { 'with "type": "module"': makeProject('typed', 'module'), 'without "type"': makeProject('untyped', undefined), 'with "type": "commonjs"': makeProject('commonjs', 'commonjs') }

const EXPECTED = {
  isRequest: true,
  isResponse: true,
  cookie: '1',
  thrown: 'NEXT_REDIRECT;replace;/elsewhere;307;',
  cache: 'function',
  og: 'function',
  dynamic: '1',
  oneClass: true,
  local: '1,true,yes',
  library: '1,true,yes',
  visits: true,
  db: true
}

// ---- what bundlers take ----------------------------------------------------------------------------------------

const SCOPE = (typed: boolean): string => `import { value as esm } from '../../lib/esm'
const local = require('../../lib/esm')
export const GET = () => Response.json({
  esm,
  own: local === require('../../lib/esm') && local.value === esm${typed ? ' as unknown' : ''},
  dir: local.dir,
  cjs: require('../../lib/local.cjs').value,
  pkg: require('pkg').value,
  json: require('../../lib/data').a,
  builtin: typeof require('node:fs').readFileSync,
  next: typeof require('next/server').NextResponse,
  resolved: require.resolve('pkg'),
  main: require.main === module,
  here: [__dirname, \`\${__filename}\`]
})
`
const TYPES_ROUTE = `import { NextApiRequest, NextConfig } from 'next'
import { NextMiddleware, NextResponse } from 'next/server'
import { config } from '../../lib/types.ts'
const requests: NextApiRequest[] = []
export const none: NextMiddleware = () => undefined
export const GET = () => NextResponse.json(requests.length === 0 ? config satisfies NextConfig : null)
`
const TYPES_LIBRARY = "import {\n  NextConfig\n} from 'next'\nexport const config: NextConfig = { basePath: '/x' }\n"

const BUNDLED: Files = {
  'node_modules/pkg/package.json': '{}',
  'node_modules/pkg/index.js': "exports.value = 'package'\n",
  'lib/esm.js': "export const value = 'esm'\nexport const dir = __dirname\n",
  'lib/local.cjs': "exports.value = 'local'\n",
  'lib/data.json': '{ "a": 1 }',
  'lib/element.js': "export const element = <b>bold</b>\nexport const answer = () => new Response('whole')\n",
  'lib/types.ts': TYPES_LIBRARY,
  'app/js/route.js': SCOPE(false),
  'app/ts/route.ts': SCOPE(true),
  'app/declared/route.js': `import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
const require = createRequire(import.meta.url)
const __dirname = dirname(fileURLToPath(import.meta.url))
const file = typeof __filename === 'undefined' ? 'none' : __filename
export const GET = () => Response.json([require('pkg').value, __dirname, file])
`,
  'app/jsx/route.js': `import { element } from '../../lib/element'
const lessThan = (a, b) => a < b
export const GET = () => Response.json([(<p id="x">text</p>).props, element.props, lessThan(1, 2)])
`,
  'app/required/route.cjs': `const { answer, element } = require('../../lib/element')
exports.GET = async () => Response.json([element.props, await answer().text()])
`,
  'app/types/route.ts': TYPES_ROUTE,
  'server.mjs': bundledServer(['js', 'ts', 'declared', 'jsx', 'cjs-jsx', 'required', 'types'])
}

function bundledServer (routes: string[]): string {
  return `import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const server = Fastify()
await server.register(appRoutes, './app')
const out = {}
for (const route of ${JSON.stringify(routes)}) {
  const { statusCode, body } = await server.inject('/' + route)
  out[route] = statusCode === 200 ? JSON.parse(body) : statusCode
}
console.log(JSON.stringify(out))
await server.close()
`
}

const NEEDS_TSX: Files = {
  'app/a/route.ts': 'enum A { B }\nexport const GET = () => Response.json(A)\n',
  'app/b/route.ts': 'enum A { B }\nexport const GET = () => Response.json(A)\n',
  'server.mjs': `import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const server = Fastify()
try { await server.register(appRoutes, './app') } catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message, cause: error.cause?.code, problems: error.problems?.length }))
}
`
}

const stripsTypes = (node: string | undefined): boolean =>
  node !== undefined && spawnSync(node, ['-p', 'Boolean(process.features.typescript)'], { encoding: 'utf8' }).stdout.trim() === 'true'

for (const [name, node] of NODES) {
  t.test(name, { skip: node === undefined ? 'not named by the environment' : false }, async (t) => {
    t.jobs = 2
    for (const [kind, dir] of Object.entries(PROJECTS)) {
      for (const args of kind === 'with "type": "commonjs"' ? [[]] : [[], ['--import', 'tsx']]) {
        t.test(`a project ${kind}, started ${args.length === 0 ? 'plainly' : 'with --import tsx'}`, async (t) => {
          const { code, out, stderr } = await run(node!, [...args, 'server.js'], dir)
          t.equal(code, 0, stderr)
          if (out === undefined) return
          for (const [file, answer] of Object.entries(out.files)) {
            t.strictSame(answer, EXPECTED, `route.${file}`)
          }
          t.equal(out.enum, 'red', 'syntax that Node.js cannot strip')
          t.strictSame(out.later, [1, 2, 'object'], 'and what shows less clearly')
          t.strictSame(out.jsx, ['p', { id: 'x', children: 'text' }], 'JSX without React')
          t.strictSame(out.inside, [true, true, true, true], 'importers inside next and .next keep the real modules')
          t.strictSame(out.broken?.map(([code, file]: string[]) => [code, file]), ['cookies', 'missing', 'syntax', 'throws'].map((folder) => ['FAR_ERR_LOAD', `${folder}/route.ts`]).sort((a, b) => out.broken.findIndex((p: string[]) => p[1] === a[1]) - out.broken.findIndex((p: string[]) => p[1] === b[1])), 'all that cannot be loaded at once')
          const said = Object.fromEntries((out.broken ?? []).map(([, file, message]: string[]) => [file!.split('/')[0], message]))
          t.match(said.cookies, /`cookies` was called outside a request scope/)
          t.match(said.missing, /nope\.ts/)
          t.match(said.throws, /at the top level/)
          t.match(said.syntax, /Error/)
          t.ok(out.broken?.every((problem: unknown[]) => problem[3] === true && problem[4] === true), 'with mend and cause')
          for (const folder of Object.keys(said)) t.match(out.message, `${folder}/route.ts`)
          t.match(out.afterOne, { cookie: '1', isRequest: true }, 'the second server does not notice that the first is closed')
          t.equal(out.stillOurs, 'function')
          t.strictSame(out.late, [true, true], 'the hooks are inert once both are closed')
        })
      }
    }

    t.test('--import fastify-app-routes/register serves the modules without a server', async (t) => {
      write(PROJECTS['without "type"'], {
        'alone.mjs': `import { NextResponse } from 'next/server'
import { NextResponse as ours } from 'fastify-app-routes/server'
import { createRequire } from 'node:module'
import { GET } from './app/mjs/route.mjs'
console.log(JSON.stringify({ esm: NextResponse === ours, cjs: createRequire(import.meta.url)('next/server.js').NextResponse === ours, get: typeof GET }))
`
      })
      const { out, stderr } = await run(node!, ['--import', 'fastify-app-routes/register', 'alone.mjs'], PROJECTS['without "type"'])
      t.strictSame(out, { esm: true, cjs: true, get: 'function' }, stderr)
    })

    t.test('CommonJS packages give ES modules what bundlers take from them', async (t) => {
      const imports = `import * as bothAll from 'both'
import both, { other } from 'both'
import * as plainAll from 'plain'
import plain, { alpha, beta as second } from 'plain'
import * as named from 'named'
import order from 'order'
`
      const show = '{ both: both.name, other, bothAll: [bothAll.default.name, bothAll.other], plain: Object.keys(plain), alpha, second: second(), plainAll: plainAll.alpha, only: named.only, missing: typeof plainAll.missing, order, lazy: [lazy.name, gamma] }'
      const dynamic = "  const lazy = (await import('both')).default\n  const { gamma } = await import('plain')\n"
      const route = `import '../../early.js'\n${imports}export async function GET () {\n${dynamic}  return Response.json(${show})\n}\n`
      const expected = { both: 'build', other: 1, bothAll: ['build', 1], plain: ['alpha', 'beta', 'gamma'], alpha: 1, second: 2, plainAll: 1, only: 3, missing: 'undefined', order: 'set by an earlier module', lazy: ['build', 4] }
      for (const type of ['', '"type": "module"']) {
        const dir = path.join(workDir, `packages ${name} ${type.replaceAll('"', '')}`)
        write(dir, {
          'package.json': `{${type}}`,
          ...Object.fromEntries(['both', 'named', 'plain', 'order'].map((name) => [`node_modules/${name}/package.json`, '{}'])),
          'node_modules/both/index.js': "Object.defineProperty(exports, '__esModule', { value: true })\nexports.default = function build () {}\nexports.other = 1\n",
          'node_modules/named/index.js': "Object.defineProperty(exports, '__esModule', { value: true })\nexports.only = 3\n",
          'node_modules/plain/index.js': 'const build = () => ({ alpha: 1, beta: () => 2, gamma: 4 })\nmodule.exports = build()\n',
          'node_modules/order/index.js': 'module.exports = globalThis.early\n',
          'early.js': "globalThis.early = 'set by an earlier module'\n",
          'app/js/route.js': route,
          'app/ts/route.ts': route.replace('GET ()', 'GET (_: Request)'),
          'app/mjs/route.mjs': route,
          'app/node/route.mjs': "import both from 'both'\nexport const GET = async () => Response.json([typeof both.default, both.other, typeof (await import('both')).default.default])\n",
          'server.mjs': `import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
import both from 'both'
const server = Fastify()
await server.register(appRoutes, './app')
const out = { server: typeof both.default }
for (const name of ['js', 'ts', 'mjs', 'node']) out[name] = (await server.inject('/' + name)).json()
console.log(JSON.stringify(out))
await server.close()
`
        })
        link(dir, 'fastify-app-routes', 'fastify', 'tsx')
        for (const args of [[], ['--import', 'tsx']]) {
          const { out, stderr } = await run(node!, [...args, 'server.mjs'], dir)
          const kind = `${type} ${args.join(' ')}`
          t.match(out, { js: expected, ts: expected, mjs: expected }, `${kind}: ${stderr}`)
          // tsx unwraps what import() gives by itself.
          t.strictSame([out?.node, out?.server], [['function', 1, args.length === 0 ? 'function' : 'undefined'], 'function'], `${kind}: a module written for Node.js's own way has it`)
        }
      }
    })

    t.test('links to files, imports that go round in a circle, and hooks of others', async (t) => {
      const dir = path.join(workDir, `links ${name}`)
      write(dir, {
        'package.json': '{"type":"module"}',
        'real/route.js': 'globalThis.times = (globalThis.times ?? 0) + 1\nexport const GET = () => Response.json([import.meta.url.split("/").at(-2), globalThis.times])\n',
        'app/a/route.js': "import { early } from '../../early.js'\nexport function make () { return Response.json({ early: true }) }\nexport const GET = () => early\n",
        'early.js': "import { make } from './app/a/route.js'\nexport const early = make()\n",
        'app/seen/route.js': 'export const GET = () => Response.json("as it is written")\n',
        'app/ts/route.ts': 'export const GET = (): Response => Response.json("as it is written")\n',
        'others.mjs': "import { register } from 'node:module'\nregister('./hooks.mjs', import.meta.url)\n",
        'hooks.mjs': "export async function load (url, context, next) {\n  const loaded = await next(url, context)\n  return url.includes('/seen/') ? { ...loaded, source: String(loaded.source).replace('it is written', 'others will') } : loaded\n}\n",
        'server.mjs': `import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
import './real/route.js'
const server = Fastify()
await server.register(appRoutes, './app')
const out = {}
for (const name of ['linked', 'a', 'seen', 'ts']) out[name] = (await server.inject('/' + name)).json()
console.log(JSON.stringify(out))
await server.close()
`
      })
      link(dir, 'fastify-app-routes', 'fastify', 'tsx')
      if (!existsSync(path.join(dir, 'app/linked'))) symlinkSync(path.join(dir, 'real'), path.join(dir, 'app/linked'), 'junction')
      for (const args of [[], ['--import', './others.mjs']]) {
        const { out, stderr } = await run(node!, [...args, 'server.mjs'], dir)
        t.strictSame(out, { linked: ['real', 1], a: { early: true }, seen: args.length === 0 ? 'as it is written' : 'as others will', ts: 'as it is written' }, `${args.join(' ')} ${stderr}`)
      }
    })

    t.test('what bundlers take of ES modules and JavaScript beyond Node.js', async (t) => {
      for (const [kind, manifest] of [['untyped', '{}'], ['typed', '{ "type": "module" }']]) {
        const dir = path.join(workDir, `bundler ${name} ${kind}`)
        write(dir, { ...BUNDLED, 'package.json': manifest!, ...(kind === 'typed' ? {} : { 'app/cjs-jsx/route.js': 'exports.GET = () => Response.json((<p id="cjs">text</p>).props)\n' }) })
        link(dir, 'fastify-app-routes', 'fastify', 'tsx')
        for (const args of [[], ['--import', 'tsx']]) {
          const { out, stderr } = await run(node!, [...args, 'server.mjs'], dir)
          const how = `${kind} ${args.join(' ')}`
          const scope = (route: string): object => ({ esm: 'esm', own: true, dir: path.join(dir, 'lib'), cjs: 'local', pkg: 'package', json: 1, builtin: 'function', next: 'function', resolved: path.join(dir, 'node_modules/pkg/index.js'), main: false, here: [path.join(dir, 'app', path.dirname(route)), path.join(dir, 'app', route)] })
          t.strictSame(out?.js, scope('js/route.js'), `${how}: require, module, __dirname and __filename: ${stderr}`)
          t.strictSame(out?.ts, scope('ts/route.ts'), `${how}: in TypeScript`)
          t.strictSame(out?.declared, ['package', path.join(dir, 'app/declared'), 'none'], `${how}: names that a module declares, or asks for, are its own`)
          t.strictSame(out?.jsx, [{ id: 'x', children: 'text' }, { children: 'bold' }, true], `${how}: JSX in .js`)
          if (kind === 'untyped') t.strictSame(out?.['cjs-jsx'], { id: 'cjs', children: 'text' }, `${how}: JSX in .js that is CommonJS`)
          t.strictSame(out?.required, [{ children: 'bold' }, 'whole'], `${how}: an ES module that CommonJS requires has JSX and the light Response`)
          t.strictSame(out?.types, { basePath: '/x' }, `${how}: types of next without the word type`)
        }
      }
    })

    t.test('types of next are no imports, where Node.js strips types itself', { skip: stripsTypes(node) ? false : 'it does not' }, async (t) => {
      for (const next of [false, true]) {
        const dir = withoutTsx(`types ${name} ${next}`, {
          'app/types/route.ts': TYPES_ROUTE,
          'lib/types.ts': TYPES_LIBRARY,
          'server.mjs': bundledServer(['types']),
          ...(next ? { 'node_modules/next/package.json': '{"name":"next"}', 'node_modules/next/index.js': "throw new Error('loaded')\n" } : {})
        })
        const { out, stderr } = await run(node!, ['server.mjs'], dir)
        t.strictSame(out?.types, { basePath: '/x' }, `next ${next ? '' : 'not '}installed: ${stderr}`)
      }
    })

    t.test('where tsx is needed and missing, the error says what to install', async (t) => {
      const { out, stderr } = await run(node!, ['server.mjs'], withoutTsx('bare', NEEDS_TSX))
      t.match(out, { code: 'FAR_ERR_APP_DIRECTORY', cause: 'FAR_ERR_MISSING_PACKAGE' }, stderr)
      t.match(out?.message, /npm install tsx/)
      t.match(out?.message, 'a/route.ts')
      t.equal(out?.problems, 1, 'one cause is told once')
    })
  })
}

/** A project with an installed copy of the package, and no tsx in reach. */
function withoutTsx (name: string, files: Files): string {
  const dir = path.join(workDir, name)
  if (existsSync(dir)) return dir
  write(dir, { 'package.json': '{"type":"module"}', ...files })
  link(dir, 'fastify', '@edge-runtime/cookies', '@fastify/error', 'fastify-plugin', 'find-my-way', 'get-tsconfig', 'globby', 'js-tokens', 'lru-cache', 'ua-parser-js')
  const copy = path.join(dir, 'node_modules', 'fastify-app-routes')
  cpSync(path.join(ROOT, 'dist'), path.join(copy, 'dist'), { recursive: true })
  cpSync(path.join(ROOT, 'package.json'), path.join(copy, 'package.json'))
  t.notOk(existsSync(path.join(dir, 'node_modules', 'tsx')))
  return dir
}

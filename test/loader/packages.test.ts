/** Packages that are written for bundlers, on this Node.js and on those that NODE_22, NODE_24 and NODE_26 name. */
import { execFile } from 'node:child_process'
import { realpathSync, renameSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'

const root = path.resolve(import.meta.dirname, '../..')

const NODES: Array<[name: string, binary: string | undefined]> = [
  [`Node.js ${process.versions.node}`, process.execPath],
  ...['NODE_22', 'NODE_24', 'NODE_26'].map((name): [string, string | undefined] => [name, process.env[name]])
]

const SERVER = `import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const server = Fastify()
await server.register(appRoutes, './app')
const { statusCode, body } = await server.inject('/a')
console.log(statusCode === 200 ? body : JSON.stringify({ statusCode, body }))
await server.close()
`

/** What `GET /a` of a route file answers. */
function answerOf (t: Test, node: string, route: string, packages: object, { args = [], file = 'route.js' }: { args?: string[], file?: string } = {}): Promise<unknown> {
  const dir = realpathSync(t.testdir({ 'package.json': '{ "type": "module" }', 'server.mjs': SERVER, app: { a: { [file]: route } }, packages }))
  renameSync(path.join(dir, 'packages'), path.join(dir, 'node_modules'))
  for (const name of ['fastify-app-routes', 'fastify', 'tsx']) symlinkSync(name === 'fastify-app-routes' ? root : path.join(root, 'node_modules', name), path.join(dir, 'node_modules', name), 'junction')
  const { NODE_OPTIONS: _, ...env } = process.env
  return new Promise((resolve) => {
    // The test runner puts its own loader into every child through NODE_OPTIONS, whatever environment the child is given.
    const [command, ...rest] = process.platform === 'win32' ? [node, ...args] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', node, ...args]
    execFile(command!, [...rest, 'server.mjs'], { cwd: dir, timeout: 60_000, env }, (_error, stdout, stderr) => {
      const line = stdout.split('\n').find((text) => /^[[{]/.test(text))
      resolve(line === undefined ? stderr : JSON.parse(line))
    })
  })
}

for (const [name, node] of NODES) {
  t.test(name, { skip: node === undefined ? 'not named by the environment' : false }, async (t) => {
    t.test('imports without an extension, of a directory, and of JSON without an attribute', async (t) => {
      const library = {
        'package.json': '{ "type": "module", "exports": "./dist/index.js" }',
        dist: {
          'index.js': `import { server } from './server/matcher'
import { nested } from './nested'
import { modern } from '../modern'
import data, { kind } from '../data'
import { deep } from 'scripts/deep'
const missing = await import('./missing').catch((error) => error.code)
const optional = await import('nowhere/deep').catch((error) => error.code)
export const found = [server, nested, modern, data.kind, kind, deep, missing, optional]
`,
          server: { 'matcher.js': "export { value as server } from '../value'\n", 'matcher.ts': 'never read' },
          nested: { 'index.js': "export const nested = 'directory'\n" },
          'value.js': "export const value = 'file'\n"
        },
        'data.json': '{ "kind": "json" }',
        'modern.mjs': "export const modern = 'mjs'\n"
      }
      const scripts = { 'package.json': '{}', 'deep.js': "exports.deep = 'script'\n" }
      const answer = await answerOf(t, node!, "import { found } from 'library'\nexport const GET = () => Response.json(found)\n", { library, scripts })
      t.strictSame(answer, ['file', 'directory', 'mjs', 'json', 'json', 'script', 'ERR_MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])
    })

    t.test('require, __dirname and __filename in ES modules', async (t) => {
      const library = {
        'package.json': '{ "type": "module" }',
        'index.js': `import { own } from './own.js'
import { later } from './later.js'
// require('a comment')
const load = () => { require('server-only'); return require('./script.cjs') }
export const found = () => [load().value, __dirname.endsWith('/library'), \`\${__filename}\`.endsWith('/index.js'), typeof module, own, later()]
`,
        'own.js': `import { createRequire } from 'node:module'
const first = 1, require = createRequire(import.meta.url)
let __filename, __dirname
__dirname = 'own'
export const own = [first, __dirname, typeof __filename, require('./script.cjs').value]
`,
        'later.js': "const isScript = typeof require !== 'undefined'\nexport const later = () => isScript ? require('./script.cjs').value : 'none'\n",
        'script.cjs': "exports.value = 'script'\n"
      }
      const answer = await answerOf(t, node!, "import { found } from 'library'\nexport const GET = () => Response.json(found())\n", { library })
      t.strictSame(answer, ['script', true, true, 'undefined', [1, 'own', 'undefined', 'script'], 'none'])
    })
  })
}

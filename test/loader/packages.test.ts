/** Packages that are written for bundlers, on this Node.js and on those that NODE_22, NODE_24 and NODE_26 name. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'

const root = path.resolve(import.meta.dirname, '../..')

const NODES: Array<[name: string, binary: string | undefined]> = [
  [`Node.js ${process.versions.node}`, process.execPath],
  ...['NODE_22', 'NODE_24', 'NODE_26'].map((name): [string, string | undefined] => [name, process.env[name]])
]

const SERVER = `import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
import { readdirSync } from 'node:fs'
const server = Fastify()
await server.register(appRoutes, './app')
const answers = {}
for (const name of readdirSync('./app')) {
  const { statusCode, body } = await server.inject('/' + name)
  answers[name] = statusCode === 200 ? JSON.parse(body) : { statusCode, body }
}
console.log(JSON.stringify(answers))
await server.close()
`

interface Files { [name: string]: string | Files }

function write (dir: string, files: Files): void {
  mkdirSync(dir, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name)
    if (typeof content === 'string') writeFileSync(file, content)
    else write(file, content)
  }
}

/** What the routes of a project answer, of which each is a folder's; else what the process complained of. No other packages are in reach. */
function answersOf (t: Test, node: string, app: Files, packages: Files, args: string[] = []): Promise<any> {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'app-routes-packages-')))
  t.teardown(() => { rmSync(dir, { recursive: true, force: true }) })
  write(dir, { 'package.json': '{ "type": "module" }', 'server.mjs': SERVER, app, ['node_modules']: packages }) // eslint-disable-line no-useless-computed-key
  for (const name of ['fastify-app-routes', 'fastify', 'tsx']) symlinkSync(name === 'fastify-app-routes' ? root : path.join(root, 'node_modules', name), path.join(dir, 'node_modules', name), 'junction')
  return new Promise((resolve) => {
    // The test runner puts its own loader into every child through NODE_OPTIONS, whatever environment the child is given.
    const [command, ...rest] = process.platform === 'win32' ? [node, ...args] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', node, ...args]
    execFile(command!, [...rest, 'server.mjs'], { cwd: dir, timeout: 60_000 }, (_error, stdout, stderr) => {
      const line = stdout.split('\n').find((text) => text.startsWith('{'))
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
      const { a } = await answersOf(t, node!, { a: { 'route.js': "import { found } from 'library'\nexport const GET = () => Response.json(found)\n" } }, { library, scripts })
      t.strictSame(a, ['file', 'directory', 'mjs', 'json', 'json', 'script', 'ERR_MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])
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
      const { a } = await answersOf(t, node!, { a: { 'route.js': "import { found } from 'library'\nexport const GET = () => Response.json(found())\n" } }, { library })
      t.strictSame(a, ['script', true, true, 'undefined', [1, 'own', 'undefined', 'script'], 'none'])
    })

    t.test('cache() of react, where that is missing or older than 19', async (t) => {
      const old = { 'package.json': '{ "name": "react" }', 'index.js': "exports.version = '18.3.1'\nexports.useState = () => {}\n" }
      const recent = { ...old, 'index.js': `${old['index.js']}exports.cache = () => () => 'its own'\n` }
      const optional = { 'package.json': '{}', 'index.js': "exports.cache = (() => { try { return typeof require('react').cache } catch { return 'none' } })()\n" }
      const imported = "import { cache } from 'react'\nimport optional from 'optional'\nconst session = cache(async () => 'session')\nexport const GET = async () => Response.json([await session(), optional.cache])\n"
      const app = {
        js: { 'route.js': imported },
        all: { 'route.js': imported.replace('{ cache }', '* as React').replace('cache(', 'React.cache(') },
        tsx: { 'route.tsx': imported },
        cjs: { 'route.cjs': imported.replaceAll(/import (.+) from (.+)/g, 'const $1 = require($2)').replace('export const GET', 'exports.GET') }
      }
      const all = (answer: unknown): object => Object.fromEntries(Object.keys(app).map((name) => [name, answer]))
      for (const args of [[], ['--import', 'tsx']]) {
        t.strictSame(await answersOf(t, node!, app, { optional }, args), all(['session', 'none']), `missing ${args.join(' ')}`)
        t.strictSame(await answersOf(t, node!, app, { optional, react: old }, args), all(['session', 'undefined']), `older ${args.join(' ')}`)
      }
      t.strictSame(await answersOf(t, node!, app, { optional, react: recent }), all(['its own', 'function']), '19')
      const hooks = { hooks: { 'route.js': "import { cache, useState } from 'react'\nexport const GET = () => Response.json([typeof cache, typeof useState])\n" } }
      t.strictSame(await answersOf(t, node!, hooks, { react: old }), { hooks: ['function', 'function'] })
      t.match(await answersOf(t, node!, { hooks: { 'route.js': "import { useState } from 'react'\nexport const GET = () => Response.json(typeof useState)\n" } }, {}), /Cannot find package 'react'/)
    })
  })
}

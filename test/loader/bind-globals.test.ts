import t from 'tap'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bindModule, bindScript, namesFor } from '../../lib/loader/bind-globals.ts'
import { bindScope } from '../../lib/loader/scope.ts'

const ALL = ['Response', 'Request', 'fetch']

const root = path.resolve(import.meta.dirname, '../..')

t.test('names that an ES module uses freely are bound on its first line: by an import where it imports, else by a variable', async (t) => {
  const source = "import db from './db.js'\nexport async function POST (request) {\n  return fetch(new Request(request))\n}\n"
  const bound = bindModule(source, ALL)
  t.match(bound, /^import \{ Request, fetch \} from 'fastify-app-routes\/globals';import db from/)
  t.equal(bound.split('\n').length, source.split('\n').length, 'lines keep their numbers')
  for (const importing of ['export * from "x"\nfetch(1)', 'export { a } from "x"\nfetch(1)', 'import"x";fetch(1)']) t.match(bindModule(importing, ALL), /^import \{ fetch \} from/, importing)
  for (const used of [
    'class Sub extends Request {}',
    'const copy: Request = new Request(input)',
    'const c = new Request(request as Request)',
    'export async function GET (request: Request, context: Context): Promise<Response> { return new Request(request) }',
    'const list: Array<string | Request> = [new Request(1), Request.name]',
    'if (x instanceof Request) y()',
    '// counts as Request\nnew Request(1)',
    '/**\n * A Request, or so.\n */\nnew Request(1)',
    'const types = { Request, Headers }\nnew Request(1)',
    'const types = [Headers, Request]\nnew Request(1)',
    'const types = { a: [{ Request }], b: Request }\nnew Request(1)',
    'f({ Request }, [Request], { a: Request })',
    'const a = b\nRequest.name',
    'function f ({ request }: { request: Request }) {}',
    'function f () {\n  const copy: Request = new Request(1)\n  return copy\n}',
    'function f () {\n  const [a] = [b as Request, c]\n}',
    'type Context = { request: Request }\nexport const a = 1',
    'class Worker { async Request () {} }\nnew Request(1)'
  ]) t.match(bindModule(used, ALL), /^var \{[^}]*Request[^}]*\} = globalThis/, used)
  t.equal(bindModule("#!/usr/bin/env node\nimport('x', fetch)", ALL), "#!/usr/bin/env node\nimport { fetch } from 'fastify-app-routes/globals';import('x', fetch)")
  t.match(bindModule('#!/usr/bin/env node\r\nawait fetch(1)', ALL), /^#!.*\r\nvar \{ fetch \}/)
})

t.test('a name that an ES module declares itself, or may declare, is left alone', async (t) => {
  for (const source of [
    "import { Request } from 'express'\nnew Request(1)",
    "import type { Request } from 'express'\nnew Request(1)",
    "import {\n  a, // pooled (see docs)\n  Response // ours\n} from 'x'\nnew Response(1)",
    "import { Response, Request as Request } from 'x'\nnew Request(1)",
    "import fetch from 'node-fetch'\nawait fetch('x')",
    'import a from"a";import fetch from"b";fetch(1)',
    "/* c */ import fetch from 'x'\nfetch(1)",
    "import nodeFetch, { fetch } from 'x'\nfetch('x')",
    "import { nodeFetch as fetch } from 'x'\nfetch('x')",
    'import fetch = require("x")\nfetch(1)',
    'class Request {}\nnew Request(1)',
    'class/**/Response{}\nnew Response(1)',
    'export class Response {}\nnew Response(1)',
    'function fetch () {}\nfetch(1)',
    'function *fetch(){}\nfetch(1)',
    'async function fetch () {}\nfetch(1)',
    'const fetch = make()\nfetch(1)',
    'const { fetch } = undici\nfetch(1)',
    'const { a = 1, fetch } = o\nfetch(1)',
    'const {f:fetch}=x;fetch(1)',
    'const [fetch]=x;fetch(1)',
    'const [a, fetch] = x\nfetch(1)',
    'const { get: fetch = 1 } = undici\nfetch(1)',
    "const u = require('undici'), { fetch } = u\nfetch(1)",
    "const { fetch, Agent } = require('undici')\nfetch(1)",
    'let fetch\nfetch = (x) => x\nfetch(1)',
    '({ fetch } = x)\nfetch(1)',
    'fetch = wrap(fetch)',
    'enum Request { A }\nnew Request(1)',
    'export { fetch } from "undici"\nfetch(1)',
    "import * as fetch from 'x'\nfetch.default(1)",
    "import a, * as Response from 'x'\nResponse.json(1)",
    "import {\n  a, // in order to return\n  Response } from 'x'\nResponse.json(1)",
    "import {\n  a, // calls fetch (\n  fetch } from 'x'\nfetch(1)",
    'const { a: { fetch } } = x\nfetch(1)',
    'const { a: [{ fetch }], b } = x\nfetch(1)',
    'const { fetch }: Undici = x\nfetch(1)',
    'for (var { fetch } of x) fetch(1)',
    'const\n  fetch = 1\nfetch(1)',
    'fetch ??= x\nfetch(1)',
    'declare const fetch: unknown\nfetch(1)'
  ]) t.equal(bindModule(source, ALL), source, source)
})

t.test('the words of strings, templates, regular expressions and comments neither declare a name nor stand in the way', async (t) => {
  for (const text of [
    "const s = 'Bad Request'",
    'const s = "<h1>Bad Request</h1>"',
    "const s = ['a', 'Request']",
    "const s = { error: 'Request timeout', title: 'Bad Request' }",
    "const log = () => console.log('Incoming Request:', 1)",
    // eslint-disable-next-line no-template-curly-in-string
    'const s = `Too large a Request of ${a} for a Request, const Request = ${`import ${b} Request`} `',
    'const s = `\n  Request: a\n  class Request {}\n`',
    'const n = 1 // the Request',
    'const n = 1 /* no Request here */',
    '/*\nA Request comment\n*/',
    '/*\n  the Request\n  is here */',
    'const r = /a Request[/"]/',
    "import { a /* a Request */ } from 'x'"
  ]) t.match(bindModule(`${text}\nexport const copy = (request) => new Request(request)\n`, ALL), /^(?:var|import) \{[^}]*Request[^}]*\}/, text)
  for (const source of ["const s = 'the Request here'", '// a Response of old\nexport const a = 1', "const s = 'new Request for'\nclass Request {}\nnew Request(1)", 'const r = /"/, s = "a"\nclass Request {}\nnew Request("b")']) t.equal(bindModule(source, ALL), source, source)
  t.match(bindScript('exports.a = `\nimport x from "y"\n`; fetch(1)', ALL), /^\(function \(fetch\)/, 'words of an ES module')
})

t.test('an ES module that does not use the names keeps its text', async (t) => {
  for (const source of ["client.fetch('x')", 'new Requests()', 'prefetch(1)', 'const init = { fetch: 1 }']) {
    t.equal(bindModule(source, ALL), source, source)
  }
})

t.test('a CommonJS module runs on with its own names, its strictness and its arguments', async (t) => {
  const globals = { Response: class Ours {}, Request: class OurRequest {}, fetch: () => 'ours' }
  const registry = globalThis as any
  const key = Symbol.for('fastify-app-routes.modules')
  const before = registry[key]
  t.teardown(() => { registry[key] = before })
  registry[key] = { globals }
  const run = (source: string): any => {
    const module = { exports: {} as any }
    // eslint-disable-next-line no-new-func -- as Node.js wraps a CommonJS module
    new Function('exports', 'require', 'module', '__filename', '__dirname', bindScript(source, ALL)).call(module.exports, module.exports, () => {}, module, 'f', 'd')
    return module.exports
  }
  t.equal(run('exports.a = fetch()').a, 'ours')
  t.equal(run('const fetch = () => 1; exports.a = fetch()').a, 1)
  t.equal(run('var fetch = () => 2; exports.a = fetch()').a, 2)
  t.equal(run('exports.a = fetch(); function fetch () { return 3 }').a, 3)
  t.equal(run('class Response {}; exports.a = new Response().constructor.name').a, 'Response')
  t.equal(run('let globalThis = 1; exports.a = fetch()').a, 'ours')
  t.equal(run('exports.a = this === exports && arguments[3] + __dirname; fetch').a, 'fd')
  t.equal(run('exports.a = 1; if (fetch) return; exports.a = 2').a, 1, 'an early return')
  t.equal(run("'use strict'\nexports.a = (function () { return this === undefined })(); fetch").a, true)
  t.equal(run("// a licence\n'use client'; 'use strict'\nexports.a = (function () { return this === undefined })(); fetch").a, true)
  t.equal(run('exports.a = (function () { return this === undefined })(); fetch').a, false)
  t.equal(run('#!/usr/bin/env node\nexports.a = fetch() // end').a, 'ours')
  t.equal(bindScript("import x from 'y'\nfetch(x)", ALL).startsWith('import'), true, 'an ES module in disguise')
  for (const source of ['const a=Response;export{a}', '/* a */ export const a = Response', 'function b(){}import{x}from"y";fetch(x)']) t.equal(bindScript(source, ALL), source, 'on one line, too')
  t.equal(bindScript('exports.a = 1', ALL), 'exports.a = 1')
})

t.test('packages keep the ordinary Response; the real Next.js keeps all', async (t) => {
  t.same(namesFor('file:///p/app/route.ts', ALL), ALL)
  t.same(namesFor('/p/node_modules/x/index.js', ALL), ['Request', 'fetch'])
  t.same(namesFor('/p/node_modules/x/index.js', ['Response', 'fetch']), [], 'up to Node.js 22')
  t.same(namesFor('C:\\p\\node_modules\\x\\index.js', ALL), ['Request', 'fetch'])
  t.same(namesFor('/p/node_modules/next/dist/x.js', ALL), [])
  t.same(namesFor('/p/.next/server/x.js', ALL), [])
})

t.test('long texts are looked through', async (t) => {
  const text = 'const value = `' + 'import the const and var of a Response, '.repeat(20_000) + '`\nfetch(1)\n'
  const comments = '/* */'.repeat(5000) + "\nexports.a = fetch('x')"
  t.equal(bindModule(text, ['Response']), text, 'a word of prose is no use')
  t.match(bindModule(text, ['fetch']), /^import \{ fetch \}/)
  t.match(bindScript(comments, ALL), /^\(function \(fetch\)/)
})

const scopeOf = (source: string): string[] => [...(/;var (.*?);/.exec(bindScope(source))?.[1] ?? '').matchAll(/(\w+) = /g)].map(([, name]) => name!)

t.test('names that an ES module takes from the scope of CommonJS become its own, on its first line', async (t) => {
  // eslint-disable-next-line no-template-curly-in-string
  const source = '#!/usr/bin/env node\nexport const text = require("fs").readFileSync(`${__dirname}/x`)\n'
  const bound = bindScope(source)
  t.match(bound, /^#!.*\nimport \{ .* \} from 'node:module';var require = .*, __dirname = import\.meta\.dirname;export const text/)
  t.equal(bound.split('\n').length, source.split('\n').length, 'lines keep their numbers')
  for (const [used, ...expected] of [
    ['if (require.main === module) main()', 'require', 'module'],
    ["path.join(__dirname, 'a')", '__dirname'],
    ['[__dirname]', '__dirname'],
    ['({ __filename })', '__filename'],
    ['const x = a ? __dirname : b', '__dirname'],
    ["// typeof require\nrequire('x') // const require = 1", 'require'],
    ["/* const require = 1 */ require('a')", 'require'],
    ["import x from 'x'\nconst { a } = x\nrequire('y')", 'require'],
    ["declare const require: any\nrequire('x')", 'require'],
    ["const a = 'http://x', b = require('y')", 'require'],
    ["const a = '/**/*.js'\nrequire('b')", 'require'],
    ["const a = ' /**/*.ts'\nconst b = require('b')\nconst c = '*/'", 'require'],
    ["const help = 'const require = ...'\nrequire('b')", 'require'],
    ["import { createRequire as require2 } from 'node:module'\nrequire('x')", 'require'],
    ["import { require as other } from 'x'\nrequire('y')", 'require'],
    ["const { require: other } = x\nrequire('y')", 'require'],
    ["typeof require('x')", 'require'],
    ['module.hot?.accept()', 'module'],
    ['x(require)', 'require']
  ] as string[][]) t.same(scopeOf(used!), expected, used)
})

t.test('a module that declares a name, asks for its type, or only mentions it, is left alone', async (t) => {
  for (const source of [
    "const require = createRequire(import.meta.url)\nrequire('x')",
    "import { createRequire as require } from 'module'\nrequire('x')",
    'const __dirname = path.dirname(fileURLToPath(import.meta.url))\nx(__dirname)',
    "const dir = typeof __dirname === 'undefined' ? a : __dirname",
    "import module from 'node:module'\nmodule.register()",
    "import * as module from 'x'\nmodule.a",
    "import { a, module } from 'x'\nmodule.b",
    "import {\n  a,\n  module // this\n} from 'x'\nmodule.y",
    "import require, { x } from 'y'\nrequire()",
    "const { a, require } = x\nrequire('b')",
    'const { a = 1, require = 2 } = x\nrequire()',
    'const [require] = x\nrequire(1)',
    'function require () {}\nrequire(1)',
    'async function require () {}\nrequire()',
    'function * require () {}\nrequire()',
    'export async function module () {}\nmodule.x',
    'class module {}\nmodule.x',
    'const a = 1, require = x\nrequire(1)',
    'let require\nrequire(1)',
    "a.require('x')",
    'const x = { module: 1, require: 2 }',
    'the module is here',
    "const a = 'from /* on'\nconst __dirname = dirname(file)\nconst b = 'to */'\nx(__dirname)",
    "declare module 'x' {}",
    "// require('x')",
    "const type = 'module'"
  ]) t.equal(bindScope(source), source, source)
})

const ROUTE = `
import { NextRequest } from 'next/server'
import { forward } from '../../forward.ts'
export async function POST (request: Request) {
  const copy = new Request(request, { headers: { 'x-b': '1' } })
  if (copy.url === 'x') return new Response('Bad Request, like a Request', { status: 400 }) // the Request
  return Response.json([await copy.text(), copy.method, copy.headers.get('x-b'), request.bodyUsed, copy instanceof Request, request instanceof Request])
}
export async function PUT (request: Request) {
  const copy = new NextRequest(request)
  return Response.json([await copy.text(), copy.nextUrl.pathname, copy instanceof NextRequest])
}
export async function PATCH (request: Request) {
  class Sub extends Request { get extra () { return 1 } }
  const sub = new Sub(request)
  return Response.json([sub.extra, await sub.json(), sub instanceof Sub])
}
export const DELETE = (request: Request) => forward(request)
import { esm } from 'esm-package'
import cjs from 'cjs-package'
export const GET = async (request: Request) => Response.json([esm(request).url === request.url, cjs(request).headers.get('x-q')])
`
const FORWARD = "import * as Request from './shapes.ts'\nexport const forward = async (request: Request.Shape): Promise<Response> => await fetch(request) // no Response, but what the fetch gives\nexport const failed = [Request.shape, 'Failed to fetch', `no Response`, /Bad Response/]\nexport const helper = (): Response => new Response('h')\n"

const RESPONSES = `
import { helper } from '../../forward.ts'
export async function GET () {
  const native = await fetch('data:text/plain,abc')
  const own = new Response('x')
  class Sub extends Response { extra = 1 }
  return Response.json([
    native instanceof Response, own instanceof Response, own instanceof globalThis.Response, new Sub('y') instanceof Response,
    native instanceof Sub, new Sub('y').extra, Response.name, String(own), await helper().text(), Response.error().type,
    Response.redirect('http://a/b').status, await new Response(own.body, own).text()
  ])
}
export const POST = () => new Response('plain', { headers: { 'x-a': '1' } })
`

const REQUIRING = "const { helper } = require('../../required.mjs')\nexports.GET = () => helper()\n"
const REQUIRED = "export { helper } from './behind.mjs'\n"
const BEHIND = "export const helper = async () => new Response(await (await fetch('data:text/plain,required')).text())\n"

const SERVER = `
import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const { Request: before, fetch: fetchBefore, Response: responseBefore } = globalThis
const upstream = Fastify()
upstream.delete('/a', (request, reply) => reply.send({ up: request.headers['x-q'] }))
const app = Fastify()
await app.register(appRoutes, './app')
const url = await app.listen({ port: 0 })
const answers = []
for (const [method, body] of [['POST', 'x'], ['PUT', 'y'], ['PATCH', '{"a":1}']]) {
  answers.push(await (await fetch(url + '/a', { method, body })).json())
}
const real = globalThis.fetch
globalThis.fetch = async (input) => Response.json([input instanceof Request, input.url === url + '/a', input.headers.get('x-q')])
answers.push(await (await real(url + '/a', { method: 'DELETE', headers: { 'x-q': '7' } })).json())
globalThis.fetch = real
answers.push(await (await fetch(url + '/a', { headers: { 'x-q': '8' } })).json())
answers.push([before === globalThis.Request, fetchBefore === globalThis.fetch, responseBefore === globalThis.Response])
const classes = await fetch(url + '/b')
answers.push([classes.headers.get('content-length') !== null, await classes.json()])
const plain = await fetch(url + '/b', { method: 'POST' })
answers.push([plain.headers.get('content-length'), plain.headers.get('content-type'), plain.headers.get('x-a'), await plain.text()])
for (const path of ['/c', '/d']) {
  const required = await fetch(url + path)
  answers.push([required.headers.get('content-length'), await required.text()])
}
await app.close()
answers.push(fetchBefore === globalThis.fetch)
console.log(JSON.stringify(answers))
`

for (const [name, bin] of [[process.version, process.execPath], ...['22', '24', '26'].map((major) => [`v${major}`, process.env[`NODE_${major}`]])] as Array<[string, string | undefined]>) {
  t.test(`received requests go into new Request() and fetch(), and a plain Response goes out whole, on Node.js ${name}`, { skip: bin === undefined ? `no such Node.js: NODE_${name.slice(1)} is not set` : false }, async (t) => {
    for (const manifest of ['{}', '{ "type": "module" }']) {
      const project = mkdtempSync(path.join(tmpdir(), 'globals-'))
      t.teardown(() => { rmSync(project, { recursive: true }) })
      mkdirSync(path.join(project, 'app/a'), { recursive: true })
      mkdirSync(path.join(project, 'node_modules'))
      for (const module of ['fastify', 'tsx']) symlinkSync(path.join(root, 'node_modules', module), path.join(project, 'node_modules', module))
      symlinkSync(root, path.join(project, 'node_modules/fastify-app-routes'))
      for (const [name, type, text] of [['esm-package', 'module', 'export const esm = (request) => new Request(request)'], ['cjs-package', 'commonjs', 'module.exports = (request) => new Request(request)']] as const) {
        mkdirSync(path.join(project, 'node_modules', name))
        writeFileSync(path.join(project, 'node_modules', name, 'package.json'), JSON.stringify({ name, type, main: './index.js' }))
        writeFileSync(path.join(project, 'node_modules', name, 'index.js'), text)
      }
      writeFileSync(path.join(project, 'package.json'), manifest)
      writeFileSync(path.join(project, 'app/a/route.ts'), ROUTE)
      mkdirSync(path.join(project, 'app/b'))
      writeFileSync(path.join(project, 'app/b/route.ts'), RESPONSES)
      writeFileSync(path.join(project, 'forward.ts'), FORWARD)
      writeFileSync(path.join(project, 'shapes.ts'), "export type Shape = any\nexport const shape = 'Response'\n")
      mkdirSync(path.join(project, 'app/c'))
      writeFileSync(path.join(project, 'app/c/route.cjs'), REQUIRING)
      writeFileSync(path.join(project, 'required.mjs'), REQUIRED)
      writeFileSync(path.join(project, 'behind.mjs'), BEHIND)
      mkdirSync(path.join(project, 'app/d'))
      writeFileSync(path.join(project, 'app/d/route.cjs'), REQUIRING.replace('required', 'direct'))
      writeFileSync(path.join(project, 'direct.mjs'), BEHIND)
      writeFileSync(path.join(project, 'server.mjs'), SERVER)
      const output = execFileSync(bin!, ['--no-warnings', 'server.mjs'], { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
      t.same(JSON.parse(output), [
        ['x', 'POST', '1', true, true, true],
        ['y', '/a', true],
        [1, { a: 1 }, true],
        [true, true, '7'],
        [true, '8'],
        // fetch() has the cache in front of it, until the server closes.
        [true, false, true],
        [true, [true, true, true, true, false, 1, 'Response', '[object Response]', 'h', 'error', 302, 'x']],
        ['5', 'text/plain;charset=UTF-8', '1', 'plain'],
        ['8', 'required'],
        ['8', 'required'],
        true
      ], `in a package with ${manifest}`)
    }
  })
}

import t from 'tap'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bindGlobals as bind } from '../../lib/loader/bind-globals.ts'

const bindGlobals = (source: string, isModule: boolean): string => bind(source, isModule, ['Request', 'fetch', 'Response'])

const root = path.resolve(import.meta.dirname, '../..')

t.test('names that a module uses freely are bound, on its first line', async (t) => {
  const source = 'export async function POST (request) {\n  return fetch(new Request(request))\n}\n'
  const bound = bindGlobals(source, true)
  t.match(bound, /^const \{ Request, fetch \} = .*;export async function POST/)
  t.equal(bound.split('\n').length, source.split('\n').length, 'lines keep their numbers')
  t.equal(bindGlobals('class Sub extends Request {}', true).startsWith('const { Request }'), true)
})

t.test('a name that the module declares itself, or may declare, is left alone', async (t) => {
  for (const source of [
    "import { Request } from 'express'\nnew Request(1)",
    "import { Response, Request as Request } from 'x'\nnew Request(1)",
    "import fetch from 'node-fetch'\nawait fetch('x')",
    "import nodeFetch, { fetch } from 'x'\nfetch('x')",
    "import { nodeFetch as fetch } from 'x'\nfetch('x')",
    'class Request {}\nnew Request(1)',
    'function fetch () {}\nfetch(1)',
    'async function fetch () {}\nfetch(1)',
    'const fetch = make()\nfetch(1)',
    'const { fetch } = undici\nfetch(1)',
    'const { get: fetch = 1 } = undici\nfetch(1)',
    "const { fetch, Agent } = require('undici')\nfetch(1)",
    'let fetch\nfetch = (x) => x\nfetch(1)',
    'enum Request { A }\nnew Request(1)'
  ]) t.equal(bindGlobals(source, true), source, source)
})

t.test('a module that does not use the names keeps its text', async (t) => {
  for (const source of [
    'export const GET = (request: Request): Promise<Response> => answer(request)',
    "client.fetch('x')",
    'new Requests()',
    'prefetch(1)'
  ]) t.equal(bindGlobals(source, true), source, source)
})

t.test("a CommonJS module stays strict where it says 'use strict'", async (t) => {
  for (const head of ["'use strict'\n", '"use strict";', "// a licence\n/* of\n two */\n'use strict'\n"]) {
    t.match(bindGlobals(`${head}exports.a = () => fetch(1)`, false), /^"use strict";const \{ fetch \}/)
  }
  t.match(bindGlobals('exports.a = () => fetch(1)', false), /^const \{ fetch \}/)
})

const ROUTE = `
import { NextRequest } from 'next/server'
import { forward } from '../../forward.ts'
export async function POST (request: Request) {
  const copy = new Request(request, { headers: { 'x-b': '1' } })
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
`
const FORWARD = "export const forward = (request: Request): Promise<Response> => fetch(request)\nexport const helper = (): Response => new Response('h')\n"

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
answers.push([before === globalThis.Request, fetchBefore === globalThis.fetch, responseBefore === globalThis.Response])
const classes = await fetch(url + '/b')
answers.push([classes.headers.get('content-length') !== null, await classes.json()])
const plain = await fetch(url + '/b', { method: 'POST' })
answers.push([plain.headers.get('content-length'), plain.headers.get('content-type'), plain.headers.get('x-a'), await plain.text()])
await app.close()
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
      writeFileSync(path.join(project, 'package.json'), manifest)
      writeFileSync(path.join(project, 'app/a/route.ts'), ROUTE)
      mkdirSync(path.join(project, 'app/b'))
      writeFileSync(path.join(project, 'app/b/route.ts'), RESPONSES)
      writeFileSync(path.join(project, 'forward.ts'), FORWARD)
      writeFileSync(path.join(project, 'server.mjs'), SERVER)
      const output = execFileSync(bin!, ['--no-warnings', 'server.mjs'], { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
      t.same(JSON.parse(output), [
        ['x', 'POST', '1', true, true, true],
        ['y', '/a', true],
        [1, { a: 1 }, true],
        [true, true, '7'],
        [true, true, true],
        [true, [true, true, true, true, false, 1, 'Response', '[object Response]', 'h', 'error', 302, 'x']],
        ['5', 'text/plain;charset=UTF-8', '1', 'plain']
      ], `in a package with ${manifest}`)
    }
  })
}

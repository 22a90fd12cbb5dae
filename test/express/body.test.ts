/** Bodies that middleware in front of us has consumed, and limits. */
import { appRoutes } from 'fastify-app-routes/express'
import express from 'express'
// @ts-expect-error -- the alias has no declarations of its own
import express4 from 'express4'
import fc from 'fast-check'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { sendHttp1, type Received, type Sent } from '../hosts.ts'

const ROUTES = {
  text: { 'route.ts': 'export const POST = async (r: Request) => new Response(await r.text())' },
  twice: { 'route.ts': 'export const POST = async (r: Request) => { const clone = r.clone(); return Response.json([await r.json(), await clone.json()]) }' },
  stream: { 'route.ts': 'export const POST = async (r: Request) => { let text = ""; for await (const chunk of r.body as any) text += Buffer.from(chunk).toString(); return new Response(text) }' },
  form: { 'route.ts': 'export const POST = async (r: Request) => Response.json([...await r.formData()])' },
  unread: { 'route.ts': 'export const POST = () => new Response("unread")\nexport const GET = POST' },
  limited: { 'route.ts': 'export const config = { bodyLimit: 10 }\nexport const POST = async (r: Request) => new Response(await r.text())' },
  caught: { 'route.ts': 'export const POST = async (r: Request) => { try { return new Response(await r.text()) } catch (error: any) { return Response.json({ code: error.code, status: error.statusCode }, { status: 422 }) } }' },
  headers: { 'route.ts': "export const POST = async (r: Request) => { const got = [r.headers.get('content-length'), r.headers.get('content-encoding'), r.headers.get('x-a')]; return Response.json([...got, new Headers(r.headers).get('content-length'), Buffer.byteLength(await r.text()), r.headers.get('content-length')]) }" },
  count: { 'route.ts': "export const POST = (r: Request) => new Response(r.headers.get('content-length'))" },
  forward: { 'route.ts': "export const POST = async (r: Request) => fetch(r.headers.get('x-up')!, { method: 'POST', headers: r.headers, body: await r.text() })\nexport const PUT = async (r: Request) => fetch(new Request(r.headers.get('x-up')!, r))" },
  wide: { 'route.ts': 'export const config = { bodyLimit: 5_000_000 }\nexport const POST = async (r: Request) => new Response(String((await r.arrayBuffer()).byteLength))' }
}

const FRAMEWORKS = { 'Express 4': express4 as typeof express, 'Express 5': express }

interface Served { send: (request: Sent) => Promise<Received>, url: string, errors: any[] }

async function serve (t: any, framework: typeof express, parsers: any[] = [], options = {}): Promise<Served> {
  const app = framework()
  for (const parser of parsers) app.use(parser)
  app.use(appRoutes({ dir: t.testdirName, ...options }) as any)
  const errors: any[] = []
  app.use((error: any, _req: any, res: any, _next: any) => {
    errors.push(error)
    res.status(error.statusCode ?? 500).json({ code: error.code, message: error.message })
  })
  const server = http.createServer(app)
  server.listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => { server.close(resolve) })
  })
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return { url, errors, send: (request) => sendHttp1(url, request) }
}

const post = (path: string, type: string | undefined, body: string | Buffer): Sent => ({ method: 'POST', path, headers: type === undefined ? {} : { 'content-type': type }, body })
const FORM = 'application/x-www-form-urlencoded'

for (const [name, framework] of Object.entries(FRAMEWORKS)) {
  t.test(name, async (t) => {
    const dir = t.testdir(ROUTES)
    const start = (t: any, parsers: any[] = [], options = {}): Promise<Served> => serve(Object.assign(Object.create(t), { testdirName: dir, teardown: t.teardown.bind(t) }), framework, parsers, options)

    t.test('express.json() has read it: it is written anew', async (t) => {
      const { send } = await start(t, [framework.json({ strict: false })])
      t.equal((await send(post('/text', 'application/json', '{ "a": [1, "ü"] }'))).text, '{"a":[1,"ü"]}')
      t.equal((await send(post('/stream', 'application/json', '{"a":1}'))).text, '{"a":1}')
      t.same((await send(post('/twice', 'application/json; charset=utf-8', '{"a":1}'))).json(), [{ a: 1 }, { a: 1 }])
      for (const value of ['null', '0', 'false', '""', '"text"', '[]', '{}']) {
        t.equal((await send(post('/text', 'application/json', value))).text, value, value)
      }
      await fc.assert(fc.asyncProperty(fc.jsonValue(), async (value) => {
        t.equal((await send(post('/text', 'application/json', JSON.stringify(value)))).text, JSON.stringify(value))
      }), { numRuns: 40 })
    })

    t.test('headers speak of the body that is written anew', async (t) => {
      const { send } = await start(t, [framework.json(), framework.text()])
      const ask = async (type: string, body: string | Buffer, headers = {}): Promise<unknown> => (await send({ method: 'POST', path: '/headers', headers: { 'content-type': type, 'x-a': '1', ...headers }, body })).json()
      t.same(await ask('application/json', '{ "a": 1 }'), ['7', null, '1', '7', 7, '7'])
      t.same(await ask('application/json', '{"a":1}'), ['7', null, '1', '7', 7, '7'])
      t.same(await ask('text/plain', gzipSync('inflated'), { 'content-encoding': 'gzip' }), ['8', null, '1', '8', 8, '8'])
      t.same(await ask('image/png', 'left alone', { 'content-encoding': 'x' }), ['10', 'x', '1', '10', 10, '10'])
    })

    t.test('headers of a body that nobody can write anew are those of the client', async (t) => {
      const { send } = await start(t, [(req: any, _res: any, next: () => void) => {
        req.resume()
        Object.assign(req, { body: { a: 1n }, _body: true })
        next()
      }])
      const answer = await send({ method: 'POST', path: '/count', headers: { 'content-type': 'application/json' }, body: '{ "a": 1 }' })
      t.match([answer.status, answer.text], [200, '10'])
    })

    t.test('a body that is written anew can be sent on with its headers', async (t) => {
      const up = http.createServer((req, res) => { req.pipe(res) }).listen(0, 'localhost')
      await once(up, 'listening')
      t.teardown(() => { up.close(); up.closeAllConnections() })
      const { send } = await start(t, [framework.json(), framework.text()])
      const headers = { 'x-up': `http://localhost:${(up.address() as AddressInfo).port}/` }
      for (const method of ['POST', 'PUT']) {
        t.equal((await send({ method, path: '/forward', headers: { ...headers, 'content-type': 'application/json' }, body: '{ "a": 1 }' })).text, '{"a":1}', method)
        t.equal((await send({ method, path: '/forward', headers: { ...headers, 'content-type': 'text/plain', 'content-encoding': 'gzip' }, body: gzipSync('inflated') })).text, 'inflated', method)
      }
    })

    t.test('express.json() leaves other types alone: the stream itself is read', async (t) => {
      const { send } = await start(t, [framework.json()])
      t.equal((await send(post('/text', 'text/plain', '{ not json'))).text, '{ not json')
      t.equal((await send(post('/text', undefined, 'x'))).text, 'x')
      t.same((await send(post('/form', FORM, 'a=1'))).json(), [['a', '1']])
      t.equal((await send(post('/text', 'application/json', ''))).text, '', 'an empty body is left alone, too')
    })

    t.test('express.urlencoded() has read it: forms are written anew', async (t) => {
      for (const extended of [true, false]) {
        const { send } = await start(t, [framework.urlencoded({ extended })])
        t.same((await send(post('/form', FORM, 'a=1&b=x+y&a=%C3%BC&c='))).json().sort(), [['a', '1'], ['a', 'ü'], ['b', 'x y'], ['c', '']])
        t.equal((await send(post('/text', FORM, 'a=%26%3D'))).text, 'a=%26%3D')
      }
      const { send } = await start(t, [framework.urlencoded({ extended: true })])
      t.same((await send(post('/form', FORM, 'user[name]=ada&user[tags][]=x&user[tags][]=y&list[0][id]=1&list[1][id]=2'))).json(), [
        ['user[name]', 'ada'], ['user[tags]', 'x'], ['user[tags]', 'y'], ['list[0][id]', '1'], ['list[1][id]', '2']
      ])
    })

    t.test('express.raw() and express.text() have read it: every byte is there', async (t) => {
      const bytes = Buffer.from([0, 255, 1, 254])
      const { send } = await start(t, [framework.raw({ type: 'application/octet-stream' }), framework.text({ type: 'text/*' })])
      t.same((await send(post('/text', 'text/plain', 'täxt'))).text, 'täxt')
      t.same((await send(post('/stream', 'text/plain', 'täxt'))).text, 'täxt')
      const raw = await start(t, [framework.raw({ type: 'application/octet-stream' }), (req: any, _res: any, next: any) => {
        req.seen = req.body
        next()
      }])
      t.equal((await raw.send(post('/text', 'application/octet-stream', bytes))).text, bytes.toString('utf8'))
    })

    t.test('express.text() has read JSON: it stays as it was, broken or not', async (t) => {
      const { send } = await start(t, [framework.text({ type: 'application/json' })])
      for (const text of ['{ "a": 1 }', '"text"', '{ broken']) t.equal((await send(post('/text', 'application/json', text))).text, text)
    })

    t.test('rawBody wins over what a parser has made of it', async (t) => {
      const verify = (req: any, _res: any, buffer: Buffer): void => { req.rawBody = buffer }
      const { send } = await start(t, [framework.json({ verify })])
      t.equal((await send(post('/text', 'application/json', '{ "a" : 1.0 }'))).text, '{ "a" : 1.0 }')
      const asText = await start(t, [framework.json({ verify: (req: any, _res, buffer) => { req.rawBody = buffer.toString() } })])
      t.equal((await asText.send(post('/text', 'application/json', '{ "b" : 2 }'))).text, '{ "b" : 2 }')
    })

    t.test('a body that is gone is a clear error for those who read it, and nothing to others', async (t) => {
      const consume = (req: any, _res: any, next: any): void => {
        req.resume()
        req.on('end', next)
      }
      const { send, errors } = await start(t, [consume])
      for (const path of ['/text', '/stream', '/form']) {
        const response = await send(post(path, 'multipart/form-data; boundary=b', '--b--'))
        t.equal(response.status, 500)
        t.equal(response.json().code, 'FAR_ERR_BODY_CONSUMED')
      }
      t.equal(errors.length, 3)
      t.equal((await send(post('/unread', 'text/plain', 'x'))).text, 'unread')
      t.equal((await send({ path: '/unread' })).text, 'unread')
    })

    t.test('a multipart body whose parser leaves fields alone cannot be written anew', async (t) => {
      const { send } = await start(t, [(req: any, _res: any, next: any) => {
        req.resume()
        req.on('end', () => {
          req.body = { field: '1' }
          next()
        })
      }])
      t.equal((await send(post('/form', 'multipart/form-data; boundary=b', '--b--'))).json().code, 'FAR_ERR_BODY_CONSUMED')
    })

    t.test('1 MiB is the limit, unless the options or the route say otherwise', async (t) => {
      const MIB = 1024 * 1024
      const chunked = async (url: string, path: string, size: number): Promise<{ status: number, text: string }> => {
        const response = await fetch(url + path, { method: 'POST', body: new Blob([Buffer.alloc(size)]).stream(), duplex: 'half' } as RequestInit)
        return { status: response.status, text: await response.text() }
      }
      const { send, url } = await start(t)
      t.equal((await send(post('/text', undefined, Buffer.alloc(MIB, 'x')))).status, 200)
      const announced = await send(post('/text', undefined, Buffer.alloc(MIB + 1, 'x')))
      t.same([announced.status, announced.json().code], [413, 'FST_ERR_CTP_BODY_TOO_LARGE'])
      t.equal((await chunked(url, '/text', MIB)).status, 200)
      t.equal((await chunked(url, '/text', MIB + 1)).status, 413)
      t.equal((await chunked(url, '/stream', MIB + 1)).status, 413)
      t.same(await chunked(url, '/caught', MIB + 1), { status: 422, text: '{"code":"FST_ERR_CTP_BODY_TOO_LARGE","status":413}' })
      t.equal((await send(post('/limited', undefined, '0123456789'))).text, '0123456789')
      t.equal((await send(post('/limited', undefined, '0123456789x'))).status, 413)
      t.equal((await send(post('/wide', undefined, Buffer.alloc(2 * MIB)))).text, String(2 * MIB))
      const small = await start(t, [], { bodyLimit: 5 })
      t.equal((await small.send(post('/text', undefined, '12345'))).status, 200)
      t.equal((await small.send(post('/text', undefined, '123456'))).status, 413)
      t.equal((await small.send(post('/limited', undefined, '1234567890'))).status, 200, 'the route wins')
    })

    t.test('100 bodies at once do not mix', async (t) => {
      const { send } = await start(t, [framework.json()])
      const responses = await Promise.all(Array.from({ length: 100 }, (_, i) => send(i % 2 === 0 ? post('/text', 'application/json', `{"n":${i}}`) : post('/text', 'text/plain', `n${i}`))))
      t.same(responses.map((response) => response.text), Array.from({ length: 100 }, (_, i) => i % 2 === 0 ? `{"n":${i}}` : `n${i}`))
    })
  })
}

/** What HTTP demands of whoever takes requests (RFC 9110, RFC 9112), on every host that speaks HTTP/1. */
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { appRoutes } from 'fastify-app-routes/express'
import { appDir, bus } from '../fastify/server.ts'
import { onEveryHost, start, type HostName } from '../hosts.ts'
import { ask, head, Wire } from './wire.ts'

const HTTP1: HostName[] = ['fastify', 'express 4', 'express 5', 'node:http']
bus.ran = bus.hidden = 0
const SHOW = 'async (request: Request) => { bus.ran++; return Response.json([request.url, request.body === null, await request.text()]) }'

const dir = appDir(t, {
  '/text': "export const GET = () => { bus.hidden++; return new Response('hello') }",
  '/show': `export const GET = ${SHOW}\nexport const POST = GET\nexport const PUT = GET\nexport const PATCH = GET\nexport const DELETE = GET\nexport const OPTIONS = GET`,
  '/ignores': "export const POST = () => new Response('ignored')",
  '/half': "export const POST = async (request: Request) => { const reader = request.body!.getReader(); await reader.read(); return new Response('enough') }",
  '/slow': "import { once } from 'node:events'\nexport const GET = async () => { bus.emit('entered'); await once(bus, 'go on'); return new Response('slow') }",
  '/headers': 'export const GET = (request: Request) => Response.json([...request.headers])\nexport const POST = async (request: Request) => { await request.text(); return Response.json([...request.headers]) }',
  '/stream': "export const GET = () => new Response(new Blob(['stream']).stream())",
  '/all/[[...all]]': `export const GET = ${SHOW}\nexport const OPTIONS = GET`
})
const CHUNKED = 'transfer-encoding: chunked'

t.test('pipelined requests are answered in their order (RFC 9112, 9.3.2)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const wire = await Wire.open(host.url)
    const entered = once(bus, 'entered')
    wire.send(head('GET /slow HTTP/1.1') + head('GET /stream HTTP/1.1') + head('HEAD /text HTTP/1.1') + head('POST /show HTTP/1.1', 'content-length: 3') + 'abc' +
      head('POST /ignores HTTP/1.1', 'content-length: 3') + 'abc' + head('POST /half HTTP/1.1', CHUNKED) + '3\r\nabc\r\n0\r\n\r\n' + head('DELETE /text HTTP/1.1') + head('GET /text HTTP/1.1', 'connection: close'))
    await entered
    bus.emit('go on')
    t.equal((await wire.next()).body, 'slow')
    t.equal((await wire.next()).body, 'stream')
    t.same([(await wire.next('HEAD')).status], [200])
    t.match((await wire.next()).body, '"abc"')
    t.equal((await wire.next()).body, 'ignored')
    t.equal((await wire.next()).body, 'enough')
    t.equal((await wire.next()).status, 405)
    t.equal((await wire.next()).body, 'hello')
    t.equal(await wire.rest(), '', 'and nothing else is')
    t.same(host.errors, [])
  }, HTTP1)
})

t.test('Expect: 100-continue (RFC 9110, 10.1.1)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const expectation of ['100-continue', '100-Continue']) {
      const wire = await Wire.open(host.url)
      wire.send(head('POST /show HTTP/1.1', 'content-length: 3', `expect: ${expectation}`))
      const answer = wire.next()
      wire.send('abc')
      t.same((await answer).interim, [100], `${expectation}: the client is told to go on`)
      t.match((await answer).body, '"abc"')
      wire.destroy()
    }
    const unread = await Wire.open(host.url)
    unread.send(head('POST /ignores HTTP/1.1', 'content-length: 3', 'expect: 100-continue'))
    t.equal((await unread.next()).body, 'ignored', 'a handler that does not read answers before the body comes')
    unread.send('abc' + head('GET /text HTTP/1.1', 'connection: close'))
    t.equal((await unread.next()).body, 'hello', 'and the body is no request')

    const refused = await ask(host.url, 'POST /show HTTP/1.1', ['content-length: 99999999', 'expect: 100-continue'])
    t.equal(refused.status, 413, 'a body that is too large is refused before it comes')
    t.equal((await ask(host.url, 'POST /show HTTP/1.1', ['content-length: 3', 'expect: a-miracle'])).status, 417)
    t.same((await ask(host.url, 'POST /show HTTP/1.0', ['content-length: 3', 'expect: 100-continue'], 'abc')).interim, [], 'HTTP/1.0 knows no interim answers')
    t.equal((await ask(host.url, 'GET /text HTTP/1.1', ['expect: 100-continue'])).body, 'hello')
  }, HTTP1)
})

t.test('a server may keep back 100-continue, and a handler that does not read ends the connection', async (t) => {
  const middleware = appRoutes(dir)
  await middleware.ready()
  const server = http.createServer(middleware)
  server.on('checkContinue', (req, res) => {
    if (req.url === '/show') res.writeContinue()
    server.emit('request', req, res)
  })
  await new Promise<void>((resolve) => { server.listen(0, 'localhost', resolve) })
  t.teardown(async () => {
    server.close()
    await middleware.close()
  })
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const wire = await Wire.open(url)
  wire.send(head('POST /ignores HTTP/1.1', 'content-length: 3', 'expect: 100-continue'))
  const answer = await wire.next()
  t.same([answer.interim, answer.body, answer.get('connection')], [[], 'ignored', 'close'])
  t.equal(await wire.rest(), '')
  t.match(await ask(url, 'POST /show HTTP/1.1', ['content-length: 3', 'expect: 100-continue'], 'abc'), { interim: [100], body: /"abc"/ })
})

t.test('a target in absolute form is one of this server, whatever authority it names', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const authority of ['http://x.test', 'HTTP://X.Test:81', 'https://x.test', 'http://[::1]:81', 'http://user@x.test']) {
      const answer = await ask(host.url, `GET ${authority}/show?q=1 HTTP/1.1`, ['host: other.test'])
      t.equal(JSON.parse(answer.body)[0], 'http://other.test/show?q=1', authority)
    }
    t.equal((await ask(host.url, 'GET http://x.test/a//../text?q=1 HTTP/1.1')).get('location'), '/text?q=1', 'redirects stay on the host')
    t.equal((await ask(host.url, 'DELETE http://x.test/text HTTP/1.1')).status, 405)
    t.match((await ask(host.url, 'OPTIONS http://x.test/text HTTP/1.1')).get('allow'), 'GET')
  }, HTTP1)
})

t.test('targets that are no paths belong to no route (RFC 9112, 3.2)', async (t) => {
  const root = appDir(t, { '/[[...all]]': `export const GET = ${SHOW}\nexport const OPTIONS = GET\nexport const POST = GET` })
  onEveryHost(t, { dir: root }, async (t, host) => {
    t.match((await ask(host.url, 'GET /* HTTP/1.1')).body, '/*', 'a path may be a star')
    t.match((await ask(host.url, 'GET http://x.test HTTP/1.1', ['host: other.test'])).body, '"http://other.test/"', 'an absolute target without a path has that of the root')
    t.match((await ask(host.url, 'GET http://x.test?q=1 HTTP/1.1', ['host: other.test'])).body, '"http://other.test/?q=1"')
    const ran = bus.ran
    for (const target of ['OPTIONS *', 'GET *', 'POST *', 'GET ftp://x.test/a', 'GET http:///a', 'GET ws://x.test/', 'GET a', 'GET ?a']) {
      t.ok([400, 404].includes((await ask(host.url, `${target} HTTP/1.1`)).status), target)
    }
    t.equal(bus.ran, ran)
    t.same(host.errors, [])
  }, HTTP1)
  await t.test('fastify http2', async (t) => {
    const host = await start('fastify http2', { dir: root })
    t.teardown(() => host.close())
    t.equal((await host.send({ method: 'OPTIONS', path: '*' })).status, 404)
    t.equal((await host.send({ method: 'OPTIONS', path: '/*' })).status, 200)
  })
})

t.test('a request needs exactly its own Host (RFC 9112, 3.2)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const wire = await Wire.open(host.url)
    wire.send('GET /text HTTP/1.1\r\n\r\n')
    t.equal((await wire.next()).status, 400, 'HTTP/1.1 without one')
    wire.destroy()
    const old = await Wire.open(host.url)
    old.send('GET /show HTTP/1.0\r\n\r\n')
    t.equal(JSON.parse((await old.next()).body)[0], `http://localhost:${new URL(host.url).port}/show`, 'HTTP/1.0 without one')
    for (const bad of ['x.test/path', 'user@x.test', 'x.test?q', 'a b', 'x.test:99999', '']) {
      const { body } = await ask(host.url, 'GET /show HTTP/1.1', [`host: ${bad}`])
      t.equal(JSON.parse(body)[0], `http://localhost:${new URL(host.url).port}/show`, `a Host that is none: ${bad}`)
    }
  }, HTTP1)
})

t.test('no request hides in another (RFC 9112, 6.1, 6.3, 7.1, 11.2)', async (t) => {
  const hidden = head('GET /text HTTP/1.1')
  const smuggled: Array<[what: string, bytes: string]> = [
    ['a length and chunks', head('POST /show HTTP/1.1', 'content-length: 4', CHUNKED) + `0\r\n\r\n${hidden}`],
    ['chunks and a length', head('POST /show HTTP/1.1', CHUNKED, 'content-length: 4') + `0\r\n\r\n${hidden}`],
    ['two lengths', head('POST /show HTTP/1.1', 'content-length: 0', 'content-length: 4') + hidden],
    ['a list of lengths', head('POST /show HTTP/1.1', 'content-length: 0, 4') + hidden],
    ['a signed length', head('POST /show HTTP/1.1', 'content-length: +0') + hidden],
    ['a negative length', head('POST /show HTTP/1.1', 'content-length: -1') + hidden],
    ['a hexadecimal length', head('POST /show HTTP/1.1', 'content-length: 0x0') + hidden],
    ['a length too large for any number', head('POST /show HTTP/1.1', 'content-length: 18446744073709551616') + hidden],
    ['a space before the colon', head('POST /show HTTP/1.1', 'content-length : 0') + hidden],
    ['chunks by another name', head('POST /show HTTP/1.1', 'transfer-encoding: xchunked') + `0\r\n\r\n${hidden}`],
    ['chunks that are not the last coding', head('POST /show HTTP/1.1', 'transfer-encoding: chunked, identity') + `0\r\n\r\n${hidden}`],
    ['chunks twice', head('POST /show HTTP/1.1', CHUNKED, CHUNKED) + `0\r\n\r\n${hidden}`],
    ['no chunk size', head('POST /show HTTP/1.1', CHUNKED) + `zz\r\n${hidden}`],
    ['a chunk longer than it says', head('POST /show HTTP/1.1', CHUNKED) + `3\r\nabcd\r\n0\r\n\r\n${hidden}`],
    ['a folded header', head('POST /show HTTP/1.1', 'content-length: 0', 'x-a: 1\r\n b') + hidden],
    ['a space in a name', head('POST /show HTTP/1.1', 'content-length: 0', 'x a: 1') + hidden],
    ['a control character in a value', head('POST /show HTTP/1.1', 'content-length: 0', 'x-a: \0') + hidden],
    ['a bare carriage return', head('POST /show HTTP/1.1', 'content-length: 0', 'x-a: 1\rx-b: 2') + hidden],
    ['bare line feeds', `POST /show HTTP/1.1\nhost: a\ncontent-length: 0\n\n${hidden}`]
  ]
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [what, bytes] of smuggled) {
      bus.hidden = 0
      const wire = await Wire.open(host.url)
      wire.send(bytes)
      t.equal((await wire.next()).status, 400, what)
      await wire.rest()
      t.equal(bus.hidden, 0, `${what}: the hidden request did not run`)
    }
  }, HTTP1)
})

t.test('chunked bodies: extensions are ignored, trailers are no headers (RFC 9112, 7.1)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const wire = await Wire.open(host.url)
    wire.send(head('POST /show HTTP/1.1', CHUNKED) + '3;name=value\r\nabc\r\nA;x\r\n0123456789\r\n000\r\n\r\n')
    t.equal(JSON.parse((await wire.next()).body)[2], 'abc0123456789')
    wire.send(head('POST /headers HTTP/1.1', CHUNKED, 'trailer: x-late') + '3\r\nabc\r\n0\r\nx-late: 1\r\nhost: evil.test\r\n\r\n' + head('GET /text HTTP/1.1', 'connection: close'))
    const headers = new Headers(JSON.parse((await wire.next()).body))
    t.same([headers.get('host'), headers.get('x-late'), headers.get('trailer')], ['a.test', null, 'x-late'])
    t.equal((await wire.next()).body, 'hello', 'the next request is where it should be')
    t.match((await ask(host.url, 'POST /show HTTP/1.0', [CHUNKED], '3\r\nabc\r\n0\r\n\r\n')).body, '"abc"')
  }, HTTP1)
})

t.test('bodies belong to any method but GET and HEAD, where they are passed over (RFC 9110, 9.3)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [type, ...framing] of [['length', 'content-length: 3', 'abc'], ['chunks', CHUNKED, '3\r\nabc\r\n0\r\n\r\n']] as const) {
      const wire = await Wire.open(host.url)
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET', 'HEAD']) {
        wire.send(head(`${method} /show HTTP/1.1`, framing[0]) + framing[1])
        const { status, body } = await wire.next(method)
        t.equal(status, 200)
        if (method !== 'HEAD') t.same(JSON.parse(body).slice(1), method === 'GET' ? [true, ''] : [false, 'abc'], `${method}, ${type}`)
      }
      wire.destroy()
    }
  }, HTTP1)
})

t.test('an offer to upgrade is passed over by a server that has nothing else (RFC 9110, 7.8)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const offer of [['upgrade: h2c', 'connection: Upgrade, HTTP2-Settings', 'http2-settings: AAMAAABkAAQAAP__'], ['upgrade: websocket', 'connection: Upgrade', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version: 13']]) {
      const wire = await Wire.open(host.url)
      wire.send(head('GET /text HTTP/1.1', ...offer))
      t.match(await wire.next(), { status: 200, body: 'hello' })
      wire.send(head('GET /text HTTP/1.1'))
      t.equal((await wire.next()).body, 'hello', 'the connection goes on as it was')
      wire.destroy()
    }
  }, HTTP1)
})

t.test('headers of the connection are there to be read, and headers of any size up to the server\'s limit', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const { body } = await ask(host.url, 'GET /headers HTTP/1.1', ['te: trailers', 'trailer: x', 'keep-alive: 5', 'x-large: ' + 'x'.repeat(10_000), 'X-Twice: 1', 'x-twice: 2', 'x-empty:', 'x-latin: \xe9'])
    const headers = new Headers(JSON.parse(Buffer.from(body, 'latin1').toString()))
    t.match(Object.fromEntries(headers), { te: 'trailers', trailer: 'x', 'keep-alive': '5', connection: 'close', 'x-twice': '1, 2', 'x-empty': '', 'x-latin': '\xe9' })
    t.equal(headers.get('x-large')!.length, 10_000)
    const wire = await Wire.open(host.url)
    wire.send(head('GET /headers HTTP/1.1', 'x-large: ' + 'x'.repeat(20_000)))
    t.equal((await wire.next()).status, 431)
    t.equal(await wire.rest(), '')
  }, HTTP1)
})

t.test('over HTTP/2, an answer that breaks off is told from one that is complete (RFC 9113, 8.1)', async (t) => {
  const broken = appDir(t, {
    '/breaks': "import { once } from 'node:events'\nexport const GET = () => { let count = 0; return new Response(new ReadableStream({ async pull (c) { if (count++ === 0) return c.enqueue(new Uint8Array(5)); await once(bus, 'go on'); c.error(new Error('secret')) } })) }",
    '/short': "export const GET = () => new Response(new Blob(['hello']).stream(), { headers: { 'content-length': '9' } })",
    '/whole': "export const GET = () => new Response(new Blob(['hello']).stream())"
  })
  const host = await start('fastify http2', { dir: broken })
  const client = http2.connect(host.url)
  t.teardown(async () => {
    client.destroy()
    await host.close()
  })
  for (const path of ['/breaks', '/short']) {
    const stream = client.request({ ':path': path })
    const failed = once(stream, 'error')
    stream.once('data', () => { bus.emit('go on') })
    t.match(await failed, [{ code: 'ERR_HTTP2_STREAM_ERROR' }], path)
  }
  t.equal((await host.send('/whole')).text, 'hello')
})

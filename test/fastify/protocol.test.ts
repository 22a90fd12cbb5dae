import t from 'tap'
import Fastify from 'fastify'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import appRoutes from 'fastify-app-routes'
import { appDir, bus, logged, open, raw, serve, textOf } from './server.ts'
import { within } from '../waiting.ts'

const URL_OF = 'export const GET = (request: Request) => new Response(request.url)'
const ECHO = 'export const POST = async (request: Request) => new Response(await request.text())'

/** A certificate made on the spot, or undefined where openssl is missing. */
function certificate (): { key: Buffer, cert: Buffer } | undefined {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'far-'))
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')]
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=localhost'], { stdio: 'ignore' })
    return { key: fs.readFileSync(key), cert: fs.readFileSync(cert) }
  } catch {
    return undefined
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
}
const tls = certificate()
const skip = tls === undefined && 'openssl is not installed'

t.test('HTTPS', { skip }, async (t) => {
  const { port } = await serve(t, { '/x': URL_OF, '/echo': ECHO }, { server: { https: tls } })
  const get = (options: https.RequestOptions, body?: string): Promise<string> => new Promise((resolve, reject) => {
    https.request({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false, ...options }, (response) => { textOf(response).then(resolve, reject) }).on('error', reject).end(body)
  })
  t.equal(await get({ path: '/x' }), `https://127.0.0.1:${port}/x`)
  t.equal(await get({ path: '/x', headers: { host: 'example.com' } }), 'https://example.com/x')
  t.equal(await get({ path: '/echo', method: 'POST' }, 'secret'), 'secret')
})

t.test('HTTP/2', async (t) => {
  const { server, logs } = logged({ http2: true })
  await server.register(appRoutes, appDir(t, {
    '/x': URL_OF,
    '/host': "export const GET = (request: Request) => Response.json([request.headers.get('host'), [...request.headers.keys()].filter((name) => name.startsWith(':'))])",
    '/echo': 'export const POST = (request: Request) => new Response(request.body)',
    '/text': ECHO,
    '/connection': "export const GET = () => new Response('x', { statusText: 'Fine', headers: { connection: 'close', 'keep-alive': 'timeout=5', 'proxy-connection': 'x', 'transfer-encoding': 'chunked', upgrade: 'h2c', 'x-kept': 'yes' } })",
    '/cookies': "export const GET = () => { const headers = new Headers(); headers.append('set-cookie', 'a=1'); headers.append('set-cookie', 'b=2'); return new Response(null, { headers }) }",
    '/empty': 'export const GET = () => new Response(null, { status: 204 })',
    '/wait': "import { once } from 'node:events'\nexport const GET = async (request: Request) => { const left = once(request.signal, 'abort'); bus.emit('started'); await left; bus.emit('aborted'); return new Response() }",
    '/endless': "export const GET = (request: Request) => { request.signal.addEventListener('abort', () => { bus.emit('aborted') }); return new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(1000)) }, cancel () { bus.emit('cancelled') } })) }",
    '/fail': "export const GET = () => { throw new Error('secret') }"
  }))
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const client = http2.connect(`http://127.0.0.1:${port}`)
  t.teardown(async () => {
    client.destroy()
    await server.close()
  })
  const send = async (headers: http2.OutgoingHttpHeaders, body?: string): Promise<{ headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader, text: string }> => {
    const stream = client.request(headers, { endStream: body === undefined })
    if (body !== undefined) stream.end(body)
    const [received] = await once(stream, 'response')
    return { headers: received, text: await textOf(stream) }
  }

  t.equal((await send({ ':path': '/x?a=1' })).text, `http://127.0.0.1:${port}/x?a=1`)
  t.equal((await send({ ':path': '/x', ':authority': 'example.com' })).text, 'http://example.com/x')
  t.same(JSON.parse((await send({ ':path': '/host', ':authority': 'example.com' })).text), ['example.com', []])
  t.equal((await send({ ':path': '/text', ':method': 'POST' }, 'body')).text, 'body')
  t.equal((await send({ ':path': '/text', ':method': 'POST', 'content-type': 'nonsense' }, 'body')).text, 'body')
  t.equal((await send({ ':path': '/x', ':method': 'HEAD' })).text, '')
  t.equal((await send({ ':path': '/x', ':method': 'DELETE' })).headers[':status'], 405)
  t.equal((await send({ ':path': '/x', ':method': 'OPTIONS' })).headers[':status'], 204)
  t.equal((await send({ ':path': '/x/' })).headers[':status'], 308)
  t.equal((await send({ ':path': '/empty' })).headers[':status'], 204)
  t.same((await send({ ':path': '/cookies' })).headers['set-cookie'], ['a=1', 'b=2'])
  const connection = await send({ ':path': '/connection' })
  t.equal(connection.headers[':status'], 200)
  t.equal(connection.headers['x-kept'], 'yes')
  for (const name of ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']) t.equal(connection.headers[name], undefined, name)
  const fail = await send({ ':path': '/fail' })
  t.equal(fail.headers[':status'], 500)
  t.equal(fail.text, '')

  await t.test('streams both ways at once', async (t) => {
    const stream = client.request({ ':path': '/echo', ':method': 'POST' }, { endStream: false })
    stream.write('one')
    await once(stream, 'response')
    t.equal(String((await once(stream, 'data'))[0]), 'one')
    stream.write('two')
    t.equal(String((await once(stream, 'data'))[0]), 'two')
    stream.end()
    await once(stream, 'end')
  })

  await t.test('a reset by the client aborts the signal', async (t) => {
    const started = once(bus, 'started')
    const aborted = once(bus, 'aborted')
    const stream = client.request({ ':path': '/wait' })
    stream.on('error', () => {})
    await started
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await within(15_000, aborted, 'the signal is aborted')
  })

  await t.test('a reset in the midst of a stream cancels it', async (t) => {
    const cancelled = once(bus, 'cancelled')
    const aborted = once(bus, 'aborted')
    const stream = client.request({ ':path': '/endless' })
    stream.on('error', () => {})
    await once(stream, 'data')
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await within(15_000, cancelled, 'the source is cancelled')
    await within(15_000, aborted, 'the signal is aborted')
  })

  t.same(logs.filter(({ level, route }) => level >= 50 && route?.file !== 'fail/route.ts'), [])
})

t.test('HTTP/2 over TLS with HTTP/1 allowed serves both', { skip }, async (t) => {
  const { server } = logged({ http2: true, https: { ...tls, allowHTTP1: true } })
  await server.register(appRoutes, appDir(t, { '/x': URL_OF }))
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const client = http2.connect(`https://localhost:${port}`, { rejectUnauthorized: false, lookup: (_host, _options, done: any) => { done(null, [{ address: '127.0.0.1', family: 4 }]) } } as http2.SecureClientSessionOptions)
  t.teardown(async () => {
    client.destroy()
    await server.close()
  })
  t.equal(await textOf(client.request({ ':path': '/x' }) as AsyncIterable<Buffer>), `https://localhost:${port}/x`)
  const text = await new Promise((resolve, reject) => { https.get({ host: '127.0.0.1', port, path: '/x', rejectUnauthorized: false, agent: false, ALPNProtocols: ['http/1.1'] } as https.RequestOptions, (response) => { textOf(response).then(resolve, reject) }).on('error', reject) })
  t.equal(text, `https://127.0.0.1:${port}/x`)
})

t.test('request.url follows the Host header, and under trustProxy the forwarded ones', async (t) => {
  const forwarded = { host: 'inner.test', 'x-forwarded-host': 'outer.test', 'x-forwarded-proto': 'https', 'x-forwarded-for': '9.9.9.9' }
  const plain = await serve(t, { '/x': URL_OF })
  t.equal((await plain.send({ path: '/x?q=1', headers: { host: 'shop.test:8080' } })).text, 'http://shop.test:8080/x?q=1')
  t.equal((await plain.send({ path: '/x', headers: forwarded })).text, 'http://inner.test/x')
  const trusting = await serve(t, { '/x': URL_OF, '/ip': "import { hostRequest } from 'fastify-app-routes'\nexport const GET = () => new Response(hostRequest().request.ip)" }, { server: { trustProxy: true } })
  t.equal((await trusting.send({ path: '/x', headers: forwarded })).text, 'https://outer.test/x')
  t.equal((await trusting.send({ path: '/ip', headers: forwarded })).text, '9.9.9.9')
  t.equal((await trusting.send({ path: '/x', headers: { host: 'inner.test', 'x-forwarded-host': 'evil.test/path?' } })).status, 200)
  t.match((await trusting.send({ path: '/x', headers: { host: 'inner.test', 'x-forwarded-host': 'evil.test/path?' } })).text, /^http:\/\/(?:localhost|inner\.test)(?::\d+)?\/x$/)
  t.match((await trusting.send({ path: '/x', headers: { host: 'inner.test', 'x-forwarded-proto': 'javascript' } })).text, /^https?:\/\/inner\.test\/x$/, 'an unknown scheme is none')
})

t.test('odd Host headers never move the path or the authority', async (t) => {
  const { port } = await serve(t, { '/x': "export const GET = (request: Request) => { const url = new URL(request.url); return new Response('[' + [url.host, url.pathname, url.username].join(' ') + ']') }" })
  for (const host of ['evil.com/path', 'a b', 'user@host', 'evil.com?x', 'evil.com#x', 'a\\b', 'evil.com:99999999', '[::1', 'a,b']) {
    const answer = await raw(port, `GET /x HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
    t.match(answer, new RegExp(`\\[localhost:${port} /x \\]`), host)
  }
  t.match(await raw(port, 'GET /x HTTP/1.0\r\n\r\n'), new RegExp(`\\[localhost:${port} /x \\]`), 'no Host under HTTP/1.0')
  t.match(await raw(port, 'GET /x HTTP/1.1\r\nhost: [::1]:8080\r\nconnection: close\r\n\r\n'), /\[\[::1\]:8080 \/x \]/)
  t.match(await raw(port, 'GET /x HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n'), new RegExp(`\\[localhost:${port} /x \\]`), 'an empty Host')
  t.match(await raw(port, 'GET http://absolute.test/x HTTP/1.1\r\nhost: other.test\r\nconnection: close\r\n\r\n'), /\[other\.test \/x \]/, 'a target in absolute form')
})

t.test('a server on an IPv6 address', async (t) => {
  const { server } = logged()
  t.teardown(() => server.close())
  await server.register(appRoutes, appDir(t, { '/x': URL_OF }))
  try {
    await server.listen({ port: 0, host: '::1' })
  } catch {
    t.comment('no IPv6 here')
    return
  }
  const { port } = server.server.address() as AddressInfo
  t.equal(await (await fetch(`http://[::1]:${port}/x`)).text(), `http://[::1]:${port}/x`)
})

t.test('inject() gives requests a URL too', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(appRoutes, appDir(t, { '/x': URL_OF, '/echo': ECHO }))
  t.equal((await server.inject('/x')).body, 'http://localhost/x')
  t.equal((await server.inject({ url: '/x', headers: { host: 'a.test' } })).body, 'http://a.test/x')
  t.equal((await server.inject({ method: 'POST', url: '/echo', payload: { a: 1 } })).body, '{"a":1}')
  t.equal((await server.inject({ method: 'POST', url: '/echo' })).body, '')
})

t.test('body limits', async (t) => {
  const routes = {
    '/text': `bus.ran = 0\n${ECHO.replace('=> new', '=> { bus.ran++; return new')} }`,
    '/caught': "export const POST = async (request: Request) => { try { await request.text() } catch (error: any) { return Response.json([error.code, error.statusCode], { status: 422 }) } return new Response('fine') }",
    '/stream': "export const POST = async (request: Request) => { let length = 0; try { for await (const chunk of request.body as any) length += chunk.length } catch (error: any) { return new Response(error.code) } return new Response('fine ' + length) }",
    '/rethrown': 'export const POST = async (request: Request) => { for await (const chunk of request.body as any) ; return new Response() }',
    '/big': `export const config = { bodyLimit: 100 }\n${ECHO}`,
    '/ignored': "export const POST = () => new Response('never looked')"
  }
  const limits: Array<[string, Record<string, unknown>, Record<string, unknown>]> = [
    ['the server\'s', { bodyLimit: 20 }, {}],
    ['the plugin\'s', { bodyLimit: 5 }, { bodyLimit: 20 }]
  ]
  for (const [whose, serverOptions, options] of limits) {
    await t.test(`${whose} limit`, async (t) => {
      const { send, port, errors } = await serve(t, routes, { server: serverOptions, options })
      const post = (path: string, size: number): ReturnType<typeof send> => send({ method: 'POST', path, body: 'x'.repeat(size) })
      const chunked = (path: string, ...parts: number[]): Promise<string> => raw(port, `POST ${path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n`, ...parts.map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`), '0\r\n\r\n')
      t.equal((await post('/text', 20)).text, 'x'.repeat(20), 'exactly the limit')
      const ran = bus.ran
      const refused = await post('/text', 21)
      t.equal(refused.status, 413)
      t.match(refused.json(), { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 })
      t.equal(bus.ran, ran, 'the handler did not run')
      t.equal((await post('/ignored', 21)).status, 413, 'also where the handler would not look')
      t.match(await chunked('/text', 10, 10), /^HTTP\/1\.1 200 /)
      t.match(await chunked('/text', 10, 11), /^HTTP\/1\.1 413 [\s\S]*FST_ERR_CTP_BODY_TOO_LARGE/)
      t.match(await chunked('/rethrown', 10, 11), /^HTTP\/1\.1 413 /)
      t.match(await chunked('/caught', 10, 11), /^HTTP\/1\.1 422 [\s\S]*\["FST_ERR_CTP_BODY_TOO_LARGE",413\]/)
      t.match(await chunked('/stream', 10, 11), /FST_ERR_CTP_BODY_TOO_LARGE/)
      t.match(await chunked('/stream', 10, 10), /fine 20/)
      t.equal((await post('/big', 100)).status, 200, 'config.bodyLimit of a route wins')
      t.equal((await post('/big', 101)).status, 413)
      t.match(await chunked('/big', 50, 51), /^HTTP\/1\.1 413 /)
      t.same(errors(), [])
    })
  }
  await t.test('a 413 goes through the host\'s error handler', async (t) => {
    const { send } = await serve(t, routes, { server: { bodyLimit: 20 }, before: (server) => { server.setErrorHandler((error: any, _request, reply) => { reply.code(error.statusCode).send({ own: error.code }) }) } })
    const response = await send({ method: 'POST', path: '/text', body: 'x'.repeat(21) })
    t.equal(response.status, 413)
    t.same(response.json(), { own: 'FST_ERR_CTP_BODY_TOO_LARGE' })
  })
  await t.test('a connection is usable after a small refused body', async (t) => {
    const { port } = await serve(t, routes, { server: { bodyLimit: 20 } })
    t.match(await raw(port, `POST /text HTTP/1.1\r\nhost: a\r\ncontent-length: 21\r\nconnection: close\r\n\r\n${'x'.repeat(21)}`), /^HTTP\/1\.1 413 /)
  })
  await t.test('inject()', async (t) => {
    const { server } = await serve(t, routes, { server: { bodyLimit: 20 } })
    t.equal((await server.inject({ method: 'POST', url: '/text', payload: 'x'.repeat(21) })).statusCode, 413)
    t.equal((await server.inject({ method: 'POST', url: '/text', payload: 'x'.repeat(20) })).statusCode, 200)
  })
})

t.test('content types that Fastify would refuse reach the handler as they are', async (t) => {
  const show = "async (request: Request) => Response.json([request.headers.get('content-type'), await request.text()])"
  const { send } = await serve(t, { '/x': `export const POST = ${show}\nexport const PUT = POST\nexport const PATCH = POST\nexport const DELETE = POST\nexport const OPTIONS = POST` })
  for (const type of ['nonsense', 'text', '/', 'application/json; charset', 'application/json;', ';', 'a b/c', 'application/vnd.x+json; a="b"', 'TEXT/PLAIN', 'x/y, z/w']) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const response = await send({ method, path: '/x', body: 'body', headers: { 'content-type': type } })
      t.equal(response.status, 200, `${method} ${type}`)
      t.same(response.json(), [type, 'body'], `${method} ${type}`)
    }
  }
  t.same((await send({ method: 'POST', path: '/x', body: 'body' })).json(), [null, 'body'], 'none at all')
  t.same((await send({ method: 'POST', path: '/x', body: 'body', headers: { 'content-type': '' } })).json()[1], 'body', 'an empty one')
  t.same((await send({ method: 'POST', path: '/x' })).json(), [null, ''], 'no body')
  t.same((await send({ method: 'POST', path: '/x', headers: { 'content-length': '0', 'content-type': 'application/json' } })).json(), ['application/json', ''], 'an empty JSON body')
})

t.test('hooks that run later see an odd content type again by the time the handler runs', async (t) => {
  const { send } = await serve(t, { '/x': "import { hostRequest } from 'fastify-app-routes'\nexport const POST = () => Response.json(hostRequest().request.headers['content-type'])" })
  t.equal((await send({ method: 'POST', path: '/x', body: 'b', headers: { 'content-type': 'nonsense' } })).json(), 'nonsense')
})

t.test('GET and HEAD have no body whatever was sent, DELETE has what was sent', async (t) => {
  const show = 'async (request: Request) => Response.json([request.body === null, await request.text()])'
  const { send, port } = await serve(t, { '/x': `export const GET = ${show}\nexport const DELETE = ${show}`, '/next': "export const GET = () => new Response('the next one')" })
  t.same((await send({ path: '/x', body: 'body' })).json(), [true, ''])
  t.equal((await send({ method: 'HEAD', path: '/x', body: 'body' })).status, 200)
  t.match(await raw(port, 'GET /x HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbodyGET /next HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /the next one/)
  t.match(await raw(port, 'GET /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\nGET /next HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), /the next one/)
  t.same((await send({ method: 'DELETE', path: '/x', body: 'body' })).json(), [false, 'body'])
  t.same((await send({ method: 'DELETE', path: '/x', body: '{"a":1}', headers: { 'content-type': 'application/json' } })).json(), [false, '{"a":1}'])
  t.equal((await send({ method: 'DELETE', path: '/x' })).json()[1], '')
  t.equal((await send({ method: 'DELETE', path: '/x', headers: { 'content-type': 'application/json' } })).json()[1], '', 'a type without a body')
})

t.test('a server that gives requests without a body a stream that has ended', async (t) => {
  const readers = 'const read = { text: (r) => r.text(), form: (r) => r.formData().catch(({ name }) => name), stream: async ({ body }) => { let length = 0; for await (const chunk of body ?? []) length += chunk.length; return length } }'
  // Older versions of Node.js pass over the option.
  const { send } = await serve(t, {
    '/read/[how]': `${readers}\nexport const POST = async (request, { params }) => Response.json(await read[(await params).how](request))`,
    '/x': ECHO.replace('POST', 'GET')
  }, { server: { http: { optimizeEmptyRequests: true } as http.ServerOptions } })
  for (const [how, expected] of [['text', ''], ['form', 'TypeError'], ['stream', 0]] as const) {
    t.same((await send({ path: `/read/${how}`, method: 'POST' })).json(), expected, how)
    t.same((await send({ path: `/read/${how}`, method: 'POST', headers: { 'content-type': 'text/plain' } })).json(), expected, `${how}, with a type`)
  }
  t.equal((await send({ path: '/x' })).text, '')
  t.equal((await send({ path: '/read/text', method: 'POST', body: 'abc' })).json(), 'abc')
})

t.test('Expect: 100-continue', async (t) => {
  const { url } = await serve(t, { '/x': ECHO })
  const { hostname, port } = new URL(url)
  const request = http.request({ hostname, port, path: '/x', method: 'POST', headers: { expect: '100-continue', 'content-length': 4 }, agent: false })
  request.flushHeaders()
  await once(request, 'continue')
  request.end('body')
  const [response] = await once(request, 'response')
  t.equal(await textOf(response), 'body')
})

t.test('one keep-alive connection carries requests of all kinds', async (t) => {
  const { url } = await serve(t, { '/echo': ECHO, '/url': URL_OF, '/stream': "export const GET = () => new Response(new Blob(['stream']).stream())", '/fail': 'export const GET = () => { throw new Error() }' })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => { agent.destroy() })
  const seen = new Set<number | undefined>()
  for (let round = 0; round < 3; round++) {
    for (const [sent, text] of [[{ path: '/echo', method: 'POST', body: 'abc' }, 'abc'], [{ path: '/url' }, url + '/url'], [{ path: '/stream' }, 'stream'], [{ path: '/fail' }, ''], [{ path: '/url', method: 'PUT', body: 'unread' }, ''], [{ path: '/url' }, url + '/url']] as const) {
      const { response } = await open(url, sent, agent)
      seen.add(response.socket.localPort)
      t.equal(await textOf(response), text)
    }
  }
  t.equal(seen.size, 1, 'on one connection')
})

t.test('header names and values arrive as they were sent', async (t) => {
  const { port } = await serve(t, { '/x': "export const GET = (request: Request) => Response.json([request.headers.get('x-twice'), request.headers.get('cookie'), request.headers.get('x-empty')])" })
  t.match(await raw(port, 'GET /x HTTP/1.1\r\nhost: a\r\nX-Twice: 1\r\nx-twice: 2\r\ncookie: a=1\r\ncookie: b=2\r\nx-empty:\r\nconnection: close\r\n\r\n'), /\["1, 2","a=1; b=2",""\]/)
})

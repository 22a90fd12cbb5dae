/** Another server behind the directory. */
import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { HOSTS, onEveryHost, start, type HostName } from '../hosts.ts'
import { until, within } from '../waiting.ts'
import { listenAt } from './listen.ts'

const dir = t.testdir({
  own: { 'route.js': 'export const GET = () => new Response("own")' },
  passed: {
    'route.js': `
    import { NextResponse } from 'next/server'
    export const POST = () => NextResponse.next({ headers: { 'x-route': 'passed', 'set-cookie': 'route=1' } })`
  }
})

const listen = (t: any, server: net.Server): Promise<string> => listenAt('http://127.0.0.1', t, server)

const legacyServer = (t: any, listener: RequestListener): Promise<string> => listen(t, http.createServer(listener))

async function textOf (req: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

t.test('requests and answers', async (t) => {
  let connections = 0
  const server = http.createServer((req, res) => {
    if (req.url!.startsWith('/base/gone')) return res.writeHead(204, { 'x-a': 'b' }).end()
    if (req.url!.startsWith('/base/gzip')) return res.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' }).end(gzipSync('zipped'))
    void textOf(req).then((body) => {
      res.statusCode = 418
      res.setHeader('set-cookie', ['legacy=1', 'legacy=2'])
      res.setHeader('x-utf8', Buffer.from('é').toString('latin1'))
      res.setHeader('x-hop', 'no')
      res.setHeader('connection', 'x-hop')
      res.setHeader('content-type', 'application/json')
      res.end(Buffer.from(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body })))
    })
  })
  server.on('connection', () => { connections++ })
  const upstream = await listen(t, server)
  const { host: authority } = new URL(upstream)

  onEveryHost(t, { dir, fallback: { upstream: upstream + '/base/' } }, async (t, host) => {
    t.equal((await host.send('/own')).text, 'own')

    const { status, headers, json } = await host.send({
      method: 'POST',
      path: '/x/%2F?a=1&b',
      headers: { cookie: 'c=1', 'x-own': '2', forwarded: 'for=6.6.6.6', 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' },
      body: 'hello'
    })
    t.equal(status, 418)
    t.equal(headers['x-hop'], undefined)
    t.equal(Buffer.from(headers['x-utf8'] as string, 'latin1').toString(), 'é')
    t.same(headers['set-cookie'], ['legacy=1', 'legacy=2'])
    const seen = json()
    t.equal(seen.method, 'POST')
    t.equal(seen.url, '/base/x/%2F?a=1&b')
    t.equal(seen.body, 'hello')
    t.match(seen.headers, { host: authority, cookie: 'c=1', 'x-own': '2', 'x-forwarded-proto': 'http', via: /^1\.1 app-routes-/ })
    t.notMatch(JSON.stringify(seen.headers), /6\.6\.6\.6|evil/, 'what anybody can say is not passed on')
    if (host.url !== '') t.equal(seen.headers['x-forwarded-host'], new URL(host.url).host)

    const passed = await host.send({ method: 'POST', path: '/passed', headers: { 'transfer-encoding': 'chunked' }.constructor === Object && host.name !== 'fastify http2' ? { 'x-own': '3' } : {}, body: 'unread' })
    t.equal(passed.status, 418)
    t.equal(passed.json().body, 'unread')
    t.equal(passed.headers['x-route'], 'passed')
    t.same((passed.headers['set-cookie'] as string[]).sort(), ['legacy=1', 'legacy=2', 'route=1'])

    const gone = await host.send('/gone')
    t.equal(gone.status, 204)
    t.equal(gone.headers['x-a'], 'b')
    const head = await host.send({ method: 'HEAD', path: '/head' })
    t.equal(head.status, 418)
    t.equal(head.text, '')
    const zipped = await host.send('/gzip')
    t.equal(zipped.headers['content-encoding'], 'gzip')
    t.same(zipped.body, gzipSync('zipped'), 'bytes stay as they are')

    if (host.name.includes('http2') || host.name.includes('inject')) return
    const dots = await host.send('/x/../../secret')
    t.equal(dots.status, 308, 'dot segments never reach the upstream')
    t.equal(dots.headers.location, '/secret')
    const absolute = await host.send('http://evil.example/absolute')
    t.equal(absolute.json().url, '/base/absolute', 'no target leads away from the upstream')
  })
  t.test('connections are kept', async (t) => { t.ok(connections > 0 && connections < 25, String(connections)) })
})

t.test('headers that an upstream repeats', async (t) => {
  const upstream = await legacyServer(t, (_req, res) => {
    res.writeHead(401, [
      'Link', '</a>; rel=preload', 'vary', 'link', 'LINK', '</b>; rel=preload', 'WWW-Authenticate', 'Negotiate', 'WWW-Authenticate', 'Basic realm="x"',
      'Content-Security-Policy', "default-src 'self'", 'Content-Security-Policy', "script-src 'none'", 'Cache-Control', 'private', 'Cache-Control', 'no-store',
      'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'Content-Type', 'text/plain', 'Content-Type', 'text/html', 'ETag', '"a"', 'ETag', '"b"'
    ])
    res.end('x')
  })
  for (const options of [{ fallback: { upstream } }, { rewrites: [{ source: '/:path*', destination: `${upstream}/:path*` }], proxyScope: 'host' as const }]) {
    onEveryHost(t, { dir, ...options }, async (t, host) => {
      t.match(await host.send('/x'), {
        status: 401,
        headers: {
          link: '</a>; rel=preload, </b>; rel=preload',
          vary: 'link',
          'www-authenticate': 'Negotiate, Basic realm="x"',
          'content-security-policy': "default-src 'self', script-src 'none'",
          'cache-control': 'private, no-store',
          'set-cookie': ['a=1', 'b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
          'content-type': 'text/plain',
          etag: '"a"'
        }
      })
    })
  }
})

t.test('streams both ways, and a client that leaves ends the request', async (t) => {
  for (const name of ['fastify', 'express 5', 'node:http'] as HostName[]) {
    let left!: Promise<unknown>
    const upstream = await legacyServer(t, (req, res) => {
      left = once(res, 'close')
      res.flushHeaders()
      req.on('data', (chunk: Buffer) => { res.write(`echo ${chunk}`) })
    })
    const host = await start(name, { dir, fallback: { upstream } })
    t.teardown(() => host.close())
    const req = http.request(`${host.url}/echo`, { method: 'POST', agent: false })
    req.on('error', () => {})
    req.flushHeaders()
    req.write('one')
    const [res] = await once(req, 'response') as [IncomingMessage]
    t.equal(String((await once(res, 'data'))[0]), 'echo one')
    req.write('two')
    t.equal(String((await once(res, 'data'))[0]), 'echo two')
    req.destroy()
    await within(15_000, left, `${name}: the upstream is told`)
    t.same(host.errors, [], 'that is no error')
  }
})

t.test('an upload goes no faster than the upstream reads it', async (t) => {
  const SIZE = 64 * 1024 * 1024
  for (const name of ['fastify', 'fastify http2', 'express 5'] as HostName[]) {
    let read!: () => void
    const reading = new Promise<void>((resolve) => { read = resolve })
    const upstream = await legacyServer(t, (req, res) => {
      void reading.then(async () => {
        let length = 0
        for await (const chunk of req) length += (chunk as Buffer).length
        res.end(String(length))
      })
    })
    const host = await start(name, { dir, fallback: { upstream } })
    t.teardown(() => host.close())
    let left = 0
    const source = Readable.from((function * () {
      for (const piece = Buffer.alloc(64 * 1024); left < SIZE; left += piece.length) yield piece
    })())
    const answer = upload(host.url, name.endsWith('http2'), source)
    await until(() => left > 0)
    for (let before = -1; before !== left;) {
      before = left
      await sleep(200)
    }
    t.ok(left < SIZE / 2, `${name}: ${left} bytes have left the client while nobody read`)
    read()
    t.equal(await answer, String(SIZE), 'then all of it arrives')
  }
})

async function upload (url: string, isHttp2: boolean, source: Readable): Promise<string> {
  if (!isHttp2) return await (await fetch(url + '/upload', { method: 'POST', body: Readable.toWeb(source) as ReadableStream, duplex: 'half' } as RequestInit)).text()
  const session = http2.connect(url)
  const stream = session.request({ ':method': 'POST', ':path': '/upload' })
  source.pipe(stream)
  try {
    return await textOf(stream)
  } finally {
    session.close()
  }
}

t.test('an upstream that gives no sound answer', async (t) => {
  const closed = await legacyServer(t, () => {})
  const spare = net.createServer()
  const gone = await listen(t, spare)
  spare.close()
  await once(spare, 'close')
  const garbage = await listen(t, net.createServer((socket) => {
    socket.on('error', () => {})
    socket.end('I am no HTTP server\r\n\r\n')
  }))
  const silent = await listen(t, net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => { socket.destroy() })
  }))
  const odd = await listen(t, net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => { socket.end('HTTP/1.1 200 OK\r\nx-bad: a\x01b\r\ncontent-length: 2\r\n\r\nok') })
  }))
  const cases = [
    { what: 'down', upstream: gone, status: 502, code: 'FAR_ERR_UPSTREAM' },
    { what: 'garbage', upstream: garbage, status: 502, code: 'FAR_ERR_UPSTREAM' },
    { what: 'closes', upstream: silent, status: 502, code: 'FAR_ERR_UPSTREAM' },
    { what: 'a header that cannot be sent', upstream: odd, status: 502, code: 'FAR_ERR_UPSTREAM' },
    { what: 'slow', upstream: closed, status: 504, code: 'FAR_ERR_UPSTREAM_TIMEOUT' }
  ]
  for (const name of HOSTS) {
    for (const { what, upstream, status, code } of cases) {
      const host = await start(name, { dir, fallback: { upstream, timeout: 100 } })
      const answer = await host.send({ method: 'POST', path: '/old?secret=1', body: 'x'.repeat(100_000) })
      t.equal(answer.status, status, `${name}: ${what}`)
      t.equal(host.errors.length, 1, 'told once')
      const [entry] = host.errors
      t.equal(entry.err?.code ?? entry.code, code)
      if (entry.msg !== undefined) {
        t.ok(entry.msg.includes(`POST /old, upstream ${upstream}`), entry.msg)
        t.notOk(JSON.stringify(entry).includes('secret'), 'no query in the log')
        t.notOk(answer.text.includes('127.0.0.1'), 'no address for the client')
      }
      t.equal((await host.send('/own')).text, 'own', 'the server keeps serving')
      await host.close()
    }
  }
})

t.test('an answer that breaks off', async (t) => {
  const upstream = await legacyServer(t, (req, res) => {
    res.writeHead(200, { 'content-length': 100 })
    res.write('the beginning')
    if (req.url === '/reset') setImmediate(() => { req.socket.resetAndDestroy() })
  })
  for (const name of ['fastify', 'fastify http2', 'express 4', 'express 5', 'node:http'] as HostName[]) {
    const host = await start(name, { dir, fallback: { upstream, idleTimeout: 500 } })
    t.teardown(() => host.close())
    for (const path of ['/reset', '/stops']) {
      const answer = await host.send(path).catch((error: Error) => error)
      t.ok(answer instanceof Error || answer.status === 502, `${name} ${path}: no answer that looks complete`)
    }
    t.equal((await host.send('/own')).text, 'own', 'the server keeps serving')
  }
})

t.test('an upstream that is ourselves', async (t) => {
  for (const name of ['fastify', 'express 5'] as HostName[]) {
    const probe = net.createServer()
    const url = await listen(t, probe)
    probe.close()
    await once(probe, 'close')
    const port = Number(new URL(url).port)
    if (name === 'fastify') {
      const lines: any[] = []
      const fastify = Fastify({ logger: { level: 'error', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } } })
      await fastify.register(appRoutes, { dir, fallback: { upstream: url } })
      await fastify.listen({ port, host: '127.0.0.1' })
      t.teardown(() => fastify.close())
      const response = await fetch(`${url}/nothing`)
      t.equal(response.status, 508)
      t.equal(lines.length, 1)
      t.equal(lines[0].err.code, 'FAR_ERR_UPSTREAM_LOOP')
      t.equal(await (await fetch(`${url}/own`)).text(), 'own')
    } else {
      const middleware = expressRoutes({ dir, fallback: { upstream: url } })
      const server = http.createServer(middleware).listen(port, '127.0.0.1')
      await once(server, 'listening')
      t.teardown(async () => {
        server.close()
        server.closeAllConnections()
        await middleware.close()
      })
      t.equal((await fetch(`${url}/nothing`)).status, 508)
      t.equal(await (await fetch(`${url}/own`)).text(), 'own')
    }
  }
})

t.test('options that cannot be are told', async (t) => {
  const start = (fallback: unknown) => () => expressRoutes({ dir, fallback: fallback as never })
  t.throws(start({ upstream: 'legacy:3000' }), { code: 'FAR_ERR_OPTION', message: "The option `fallback.upstream` must be an http: or https: URL without query, as 'http://legacy:3000', not 'legacy:3000'." })
  t.throws(start({ upstream: 'http://legacy', timeOut: 1 }), { code: 'FAR_ERR_OPTION', message: /Unknown option `fallback\.timeOut`\. Did you mean `fallback\.timeout`\?/ })
  t.throws(start({ upstream: 'http://legacy', timeout: 0 }), { code: 'FAR_ERR_OPTION', message: /`fallback\.timeout` must be a positive whole number/ })
  t.throws(start('http://legacy'), { code: 'FAR_ERR_OPTION', message: /`fallback` must be a \(req, res\) handler/ })
})

t.test('Fastify: the server keeps what is its own', async (t) => {
  const upstream = await legacyServer(t, (_req, res) => { res.end('upstream') })
  const fastify = Fastify()
  await fastify.register(appRoutes, { dir, fallback: { upstream }, prefix: '/api' })
  fastify.addHook('onSend', async (_request, reply) => { reply.header('x-hook', 'seen') })
  fastify.get('/api/later/*', async () => 'host wildcard')
  fastify.post('/api/later', async () => 'host post')
  t.teardown(() => fastify.close())
  t.equal((await fastify.inject('/api/later/x')).body, 'host wildcard')
  t.equal((await fastify.inject({ method: 'POST', url: '/api/later' })).body, 'host post')
  const below = await fastify.inject('/api/elsewhere')
  t.equal(below.body, 'upstream')
  t.equal(below.headers['x-hook'], 'seen', 'hooks see the answer')
  t.equal((await fastify.inject('/elsewhere')).statusCode, 404, 'nothing outside the prefix')
  t.equal((await fastify.inject({ method: 'DELETE', url: '/api/own' })).body, 'upstream', 'verbs that the file lacks')
})

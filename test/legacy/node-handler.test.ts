import t from 'tap'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { fromNodeHandler } from 'fastify-app-routes/legacy'
import { HOSTS, onEveryHost, sendHttp1, start, type HostName } from '../hosts.ts'

/** Old handlers behind real hosts: an application of each Express, inside each host. */

const VERBS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS'
const SOCKETS = HOSTS.filter((name) => name !== 'fastify inject' && name !== 'fastify http2')

/** What the tests watch from inside handlers. */
const seen: Record<string, any> = (globalThis as any).legacySeen = {}

const application = (express: string): string => `
  import express from '${express}'
  import session from 'express-session'
  import multer from 'multer'
  import compression from 'compression'
  import passport from 'passport'
  import { fromNodeHandler } from 'fastify-app-routes/legacy'

  const app = express()
  app.set('trust proxy', false)
  app.get('/shop/json/:id', (req, res) => { res.json({ params: req.params, query: req.query, url: req.originalUrl, protocol: req.protocol, ip: typeof req.ip, secure: req.secure, address: typeof req.socket.remoteAddress }) })
  app.get('/shop/cookies', (req, res) => { res.cookie('a', '1').cookie('b', '2', { httpOnly: true }).send('set') })
  app.get('/shop/text', (req, res) => { res.set('x-own', 'ünï').status(203).send('täxt') })
  app.get('/shop/empty', (req, res) => { res.status(204).end() })
  app.get('/shop/redirect', (req, res) => { res.redirect(303, '/elsewhere') })
  app.get('/shop/stream', (req, res) => { res.type('text/plain'); res.write('one '); setImmediate(() => { res.write('two '); setImmediate(() => { res.end('three') }) }) })
  app.get('/shop/big', (req, res) => { res.send(Buffer.alloc(3_000_000, 'x')) })
  app.get('/shop/fails', () => { throw new Error('secret of the shop') })
  app.get('/shop/teapot', (req, res, next) => { next(Object.assign(new Error('short and stout'), { statusCode: 418 })) })
  app.post('/shop/json', express.json(), (req, res) => { res.status(201).json({ got: req.body }) })
  app.post('/shop/form', express.urlencoded({ extended: true }), (req, res) => { res.json(req.body) })
  app.post('/shop/upload', multer().single('file'), (req, res) => { res.json({ name: req.file.originalname, bytes: req.file.size, field: req.body.field }) })
  app.post('/shop/echo', (req, res) => { res.type(req.get('content-type') ?? 'text/plain'); req.pipe(res) })
  app.post('/shop/unread', (req, res) => { res.send('not read') })
  app.use('/shop/gzip', compression({ threshold: 0 }), (req, res) => { res.type('text/plain').send('x'.repeat(2000)) })
  app.use('/shop/visits', session({ secret: 's', resave: false, saveUninitialized: true }), (req, res) => { req.session.visits = (req.session.visits ?? 0) + 1; res.json(req.session.visits) })
  passport.use('header', { name: 'header', authenticate (req) { const user = req.get('x-user'); user ? this.success({ user }) : this.fail('Basic') } })
  app.use('/shop/user', passport.initialize(), passport.authenticate('header', { session: false }), (req, res) => { res.json(req.user) })
  export const { ${VERBS} } = fromNodeHandler(app)
`

const boundary = 'b0undary'
const multipart = `--${boundary}\r\ncontent-disposition: form-data; name="field"\r\n\r\nvalue\r\n--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\nfile content\r\n--${boundary}--\r\n`

for (const express of ['express', 'express4']) {
  t.test(`an application of ${express}`, async (t) => {
    const dir = t.testdir({ shop: { '[[...rest]]': { 'route.mjs': application(express) } } })
    onEveryHost(t, { dir }, async (t, { name, send, errors }) => {
      const json = (await send('/shop/json/5%2F6?a=1&a=2')).json()
      t.same(json, { params: { id: '5/6' }, query: { a: ['1', '2'] }, url: '/shop/json/5%2F6?a=1&a=2', protocol: 'http', ip: 'string', secure: false, address: 'string' })

      t.same((await send('/shop/cookies')).headers['set-cookie'], ['a=1; Path=/', 'b=2; Path=/; HttpOnly'], 'each cookie on its own')
      const text = await send('/shop/text')
      t.match(text, { status: 203, text: 'täxt', headers: { 'content-type': /text\/html; charset=utf-8/i, 'content-length': '5', etag: /^W\// } })
      t.match(await send({ path: '/shop/text', headers: { 'if-none-match': text.headers.etag as string } }), { status: 304, text: '' })
      t.match(await send({ path: '/shop/text', method: 'HEAD' }), { status: 203, text: '', headers: { 'content-length': '5' } })
      t.match(await send('/shop/empty'), { status: 204, text: '' })
      t.match(await send('/shop/redirect'), { status: 303, headers: { location: '/elsewhere' } })
      t.equal((await send('/shop/stream')).text, 'one two three')
      t.equal((await send('/shop/big')).body.length, 3_000_000)

      t.match(await send({ path: '/shop/json', method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }), { status: 201, text: '{"got":{"a":1}}' })
      t.same((await send({ path: '/shop/form', method: 'POST', body: 'a[b]=1&c=2', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).json(), { a: { b: '1' }, c: '2' })
      t.same((await send({ path: '/shop/upload', method: 'POST', body: multipart, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } })).json(), { name: 'a.txt', bytes: 12, field: 'value' })
      const bytes = Buffer.alloc(500_000, 7)
      t.ok((await send({ path: '/shop/echo', method: 'POST', body: bytes, headers: { 'content-type': 'application/octet-stream' } })).body.equals(bytes))
      t.equal((await send({ path: '/shop/unread', method: 'POST', body: 'never read' })).text, 'not read')

      const zipped = await send({ path: '/shop/gzip', headers: { 'accept-encoding': 'gzip' } })
      t.match(zipped, { headers: { 'content-encoding': 'gzip', vary: /accept-encoding/i } })
      t.ok(zipped.body.length < 200)
      const first = await send('/shop/visits')
      t.equal(first.text, '1')
      const cookie = [first.headers['set-cookie']].flat()[0]!.split(';')[0]!
      t.equal((await send({ path: '/shop/visits', headers: { cookie } })).text, '2', 'a session lasts')
      t.same((await send({ path: '/shop/user', headers: { 'x-user': 'ada' } })).json(), { user: 'ada' })
      t.match(await send('/shop/user'), { status: 401, headers: { 'www-authenticate': /Basic/ } })

      t.match(await send('/shop/nothing/here'), { status: 404, text: '' })
      t.same(errors, [])
      const malformed = await send({ path: '/shop/json', method: 'POST', body: '{"a"', headers: { 'content-type': 'application/json' } })
      t.equal(malformed.status, 400, 'the status of a parser counts')
      t.equal((await send('/shop/teapot')).status, 418)
      errors.splice(0)
      const failed = await send('/shop/fails')
      t.equal(failed.status, 500)
      t.notMatch(failed.text, 'secret')
      t.match(errors, [name.startsWith('fastify') ? { err: { message: 'secret of the shop' }, route: { file: 'shop/[[...rest]]/route.mjs' } } : { message: 'secret of the shop', appRoute: { file: 'shop/[[...rest]]/route.mjs' } }])
    })
  })
}

t.test('a handler that stands alone has what Express gives, the parameters of the route file, and cookies', async (t) => {
  const dir = t.testdir({
    users: {
      '[id]': {
        '[...rest]': {
          'route.mjs': `
      import { fromNodeHandler } from 'fastify-app-routes/legacy'
      export const GET = fromNodeHandler((req, res) => { res.status(200).json({ params: req.params, query: req.query, cookies: req.cookies, url: req.url, base: req.baseUrl, agent: req.get('User-Agent') }) })
    `
        }
      }
    },
    chain: {
      '[id]': {
        'route.mjs': `
      import express from 'express'
      import { fromNodeHandler } from 'fastify-app-routes/legacy'
      const guard = (req, res, next) => req.get('x-key') ? next() : next(Object.assign(new Error('no key'), { status: 403 }))
      const explain = (error, req, res, next) => error.status === 403 ? res.status(403).json({ error: error.message }) : next(error)
      export const { POST } = fromNodeHandler(guard, express.json(), async (req, res) => { res.json({ id: req.params.id, body: req.body }) }, explain)
    `
      }
    },
    router: {
      '[[...rest]]': {
        'route.mjs': `
      import { Router } from 'express'
      import { fromNodeHandler } from 'fastify-app-routes/legacy'
      const router = Router()
      router.get('/mounted/router/:name', (req, res) => { res.json({ name: req.params.name, ip: typeof req.ip }) })
      export const { GET } = fromNodeHandler(router)
    `
      }
    },
    connect: {
      '[[...rest]]': {
        'route.mjs': `
      import connect from 'connect'
      import { fromNodeHandler } from 'fastify-app-routes/legacy'
      export const { GET } = fromNodeHandler(connect().use('/mounted/connect', (req, res) => { res.setHeader('x-url', req.url); res.end(req.originalUrl) }))
    `
      }
    }
  })
  onEveryHost(t, { dir, prefix: '/mounted' }, async (t, { send }) => {
    t.same((await send({ path: '/mounted/users/7/a/b?x=1&y=2&y=3', headers: { cookie: 'a=1; b="2"; a=3', 'user-agent': 'test' } })).json(), {
      params: { id: '7', rest: ['a', 'b'] }, query: { x: '1', y: ['2', '3'] }, cookies: { a: '1', b: '2' }, url: '/mounted/users/7/a/b?x=1&y=2&y=3', base: '', agent: 'test'
    })
    const headers = { 'content-type': 'application/json' }
    t.same((await send({ path: '/mounted/chain/7', method: 'POST', body: '[1]', headers: { ...headers, 'x-key': 'k' } })).json(), { id: '7', body: [1] })
    t.match(await send({ path: '/mounted/chain/7', method: 'POST', body: '[1]', headers }), { status: 403, text: '{"error":"no key"}' })
    t.same((await send('/mounted/router/ada')).json(), { name: 'ada', ip: 'string' })
    t.match(await send('/mounted/connect/deep?q'), { text: '/mounted/connect/deep?q', headers: { 'x-url': '/deep?q' } })
    t.equal((await send('/mounted/router')).status, 404)
  }, HOSTS.filter((name) => name !== 'node:http'))
})

t.test('what the middleware of an Express host has put on the request is there', async (t) => {
  const dir = t.testdir({
    'route.mjs': `
    import { fromNodeHandler } from 'fastify-app-routes/legacy'
    export const { GET, POST } = fromNodeHandler((req, res) => { res.json({ user: req.user, body: req.body, files: req.file?.originalname, locals: res.locals.name, spaces: true }) })
  `
  })
  const { default: multer } = await import('multer')
  const { default: express } = await import('express')
  onEveryHost(t, {
    dir,
    express: (app) => {
      app.set('json spaces', 1)
      app.use(express.json(), multer().single('file'), (req: any, res, next) => {
        req.user = 'ada'
        res.locals.name = 'shop'
        next()
      })
    }
  }, async (t, { send }) => {
    const parsed = await send({ path: '/', method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } })
    t.same(parsed.json(), { user: 'ada', body: { a: 1 }, locals: 'shop', spaces: true })
    t.match(parsed.text, /\n /, 'the settings of the application of the host hold')
    t.match((await send({ path: '/', method: 'POST', body: multipart, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } })).json(), { body: { field: 'value' }, files: 'a.txt' })
  }, ['express 4', 'express 5'])
})

// The endless stream lets the event loop turn: Node.js 26 takes what is written to a lost connection without end, before it
// looks at the connection again.
const misbehaving = `
  import { fromNodeHandler } from 'fastify-app-routes/legacy'
  const seen = globalThis.legacySeen
  const handlers = {
    'throws-early': () => { throw new Error('early') },
    'rejects': async () => { throw new Error('rejected') },
    'throws-string': () => { throw 'a string' },
    'throws-begun': (req, res) => { res.write('partial'); throw new Error('begun') },
    'throws-streaming': async (req, res) => { res.write('partial'); await new Promise((resolve) => setImmediate(resolve)); throw new Error('streaming') },
    'throws-ended': (req, res) => { res.end('complete'); throw new Error('ended') },
    'writes-after-end': (req, res) => { res.end('complete'); res.write('more') },
    'destroys': (req, res) => { res.destroy() },
    'hangs-up': (req, res) => { res.write('partial'); setImmediate(() => { req.socket.destroy() }) },
    'odd-status': (req, res) => { res.writeHead(700); res.end() },
    'odd-header': (req, res) => { res.setHeader('x-a', 'a\\nb') },
    'next-late': (req, res, next) => { res.end('complete'); next(new Error('next')) },
    'expects-length': (req, res) => { res.setHeader('content-length', 3); res.write('too much'); setImmediate(() => res.end()) },
    'reads': (req, res) => { let n = 0; req.on('data', (chunk) => { n += chunk.length }); req.on('end', () => { res.end(String(n)) }) },
    'reads-carefully': (req, res, next) => { req.on('error', next); req.resume(); req.on('end', () => { res.end('read') }) },
    'chunks-by-hand': (req, res) => { res.writeHead(200, { 'Transfer-Encoding': 'chunked', Trailer: 'x-t', 'X-A': ['1', '2'] }); res.write('a'); res.addTrailers({ 'x-t': '1' }); res.end('b') },
    'informs': (req, res) => { res.writeContinue(); res.writeEarlyHints({ link: '</a>; rel=preload' }); res.end('informed') },
    'flushes': (req, res) => { res.flushHeaders(); setImmediate(() => { res.end('flushed') }) },
    'never-ends': (req, res) => { seen.started?.(); req.on('aborted', () => { seen.aborted = true }); res.on('close', () => seen.closed?.({ finished: res.writableFinished, ended: res.writableEnded })) },
    'streams-for-ever': (req, res) => { seen.written = 0; const write = () => { while (res.write(Buffer.alloc(16384))) seen.written++; seen.paused?.(); res.once('drain', () => setImmediate(write)) }; write(); res.on('close', () => seen.closed?.({ finished: res.writableFinished })) }
  }
  export const { GET, POST } = fromNodeHandler((req, res, next) => handlers[req.params.what](req, res, next))
`

t.test('handlers that misbehave get a clear answer, and the server goes on', async (t) => {
  const dir = t.testdir({ '[what]': { 'route.mjs': misbehaving } })
  const messages = (errors: any[]): string[] => errors.map((error) => error.err?.message ?? error.message)
  const logged: any[] = []
  t.capture(console, 'error', (message: string, error: Error) => { logged.push(error) })
  onEveryHost(t, { dir }, async (t, { name, send, errors }) => {
    for (const [what, message] of [['throws-early', 'early'], ['rejects', 'rejected'], ['throws-begun', 'begun'], ['destroys', /before its answer was complete/], ['odd-status', /status/], ['odd-header', /Invalid character/], ['throws-string', /not an Error/]] as const) {
      errors.splice(0)
      t.equal((await send(`/${what}`)).status, 500, what)
      t.match(messages(errors), [message], `${what} is logged`)
    }
    for (const [what, message] of [['throws-ended', 'ended'], ['writes-after-end', 'write after end'], ['next-late', 'next']] as const) {
      errors.splice(0)
      logged.splice(0)
      t.match(await send(`/${what}`), { status: 200, text: 'complete' }, what)
      t.match(messages(name.startsWith('fastify') ? errors : logged), [message], `${what} is logged`)
    }
    if ((SOCKETS as string[]).includes(name)) {
      for (const what of ['throws-streaming', 'hangs-up']) await t.rejects(send(`/${what}`), `${what}: the answer is cut off`)
    }
    t.match(await send('/chunks-by-hand'), { status: 200, text: 'ab', headers: { 'x-a': '1, 2' } })
    t.equal((await send('/informs')).text, 'informed')
    t.equal((await send('/flushes')).text, 'flushed')
    t.equal((await send('/throws-early')).status, 500, 'the server still serves')
  })
})

t.test('what is set before a handler fails is in the answer of whoever answers then', async (t) => {
  const root = t.testdir({
    app: {
      chain: {
        'route.mjs': `
      import { fromNodeHandler } from 'fastify-app-routes/legacy'
      const cors = (req, res, next) => { res.setHeader('Access-Control-Allow-Origin', '*'); res.setHeader('Vary', 'Origin'); res.setHeader('X-List', ['a', 'b']); next() }
      const fails = (req, res) => {
        res.setHeader('Set-Cookie', ['a=1', 'b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT'])
        for (const [name, value] of [['Content-Type', 'image/png'], ['Content-Length', '5'], ['Content-Encoding', 'gzip'], ['ETag', '"x"'], ['Transfer-Encoding', 'chunked'], ['Connection', 'close'], ['Content-Security-Policy-Report-Only', "default-src 'self'"], ['X-Host', 'not its own']]) res.setHeader(name, value)
        throw Object.assign(new Error('bad'), { status: 422 })
      }
      export const GET = fromNodeHandler(cors, fails)
      export const POST = fromNodeHandler(cors, (req, res, next) => { res.setHeader('Set-Cookie', 'a=1'); next(new Error('first')); next(new Error('second')) })
      export const PUT = fromNodeHandler(cors, (req, res, next) => { res.setHeader('ETag', '"x"'); next() })
    `
      }
    },
    pages: { api: { 'fails.mjs': 'export default async (req, res) => { res.setHeader("Access-Control-Allow-Origin", "*"); res.setHeader("Set-Cookie", "a=1"); await null; res.status(201).setHeader("Content-Type", "image/png"); throw new Error("secret") }' } }
  })
  const options = { dir: path.join(root, 'app'), pagesDir: path.join(root, 'pages') }
  const body = { error: 'told by the host' }
  for (const own of [false, true]) {
    t.test(own ? 'an error handler of the host' : 'none', async (t) => {
      onEveryHost(t, {
        ...options,
        fastify: (server) => {
          server.addHook('onRequest', async (_request, reply) => { reply.header('x-host', 'of the host').header('vary', 'accept').header('set-cookie', 'host=1') })
          if (own) server.setErrorHandler((error: any, _request, reply) => reply.code(error.status ?? 500).header('set-cookie', 'late=1').send(body))
        },
        express: (app) => { app.use((_req, res, next) => { res.set({ 'x-host': 'of the host', vary: 'accept', 'set-cookie': 'host=1' }); next() }) },
        expressAfter: (app) => { if (own) app.use((error: any, _req: any, res: any, _next: any) => { res.status(error.status ?? 500).append('set-cookie', 'late=1').json(body) }) }
      }, async (t, { name, send }) => {
        const isFastify = name.startsWith('fastify')
        const { status, text, headers } = await send('/chain')
        t.equal(status, isFastify || own ? 422 : 500)
        if (own) t.same(JSON.parse(text), body)
        t.match(headers, { 'access-control-allow-origin': '*', 'x-list': 'a, b', 'content-security-policy-report-only': "default-src 'self'" })
        for (const [gone, value] of [['etag', '"x"'], ['content-encoding', 'gzip'], ['content-type', 'image/png'], ['content-length', '5']] as const) t.not(headers[gone], value, `${gone} speaks of another body`)
        const cookies = [headers['set-cookie']].flat()
        for (const cookie of ['a=1', 'b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT']) t.equal(cookies.filter((sent) => sent === cookie).length, 1, cookie)
        if (name !== 'node:http') {
          t.ok(cookies.includes('host=1'))
          if (own) t.ok(cookies.includes('late=1'))
          t.match(headers, { 'x-host': 'of the host', vary: /^accept, origin$/i })
        }
        const twice = await send({ path: '/chain', method: 'POST' })
        t.equal(twice.status, 500)
        t.equal([twice.headers['set-cookie']].flat().filter((sent) => sent === 'a=1').length, 1)
        t.match(await send({ path: '/chain', method: 'PUT' }), { status: 404, headers: { 'access-control-allow-origin': '*', etag: undefined } })

        const api = await send('/api/fails')
        t.match(api, { status: 500, headers: { 'access-control-allow-origin': '*' } })
        t.ok([api.headers['set-cookie']].flat().includes('a=1'))
        t.notMatch(api.headers['content-type'] ?? '', 'image/png')
        if (isFastify && !own) t.equal(api.text, 'Internal Server Error')
      }, own ? HOSTS.filter((name) => name !== 'node:http') : HOSTS)
    })
  }
})

t.test('bodies that are too large', async (t) => {
  const dir = t.testdir({
    '[what]': { 'route.mjs': misbehaving },
    parsed: {
      'route.mjs': `
    import express from 'express'
    import { fromNodeHandler } from 'fastify-app-routes/legacy'
    export const { POST } = fromNodeHandler(express.json(), (req, res) => { res.json(req.body) })
  `
    }
  })
  onEveryHost(t, { dir, bodyLimit: 1000 }, async (t, { send, url }) => {
    t.equal((await send({ path: '/reads', method: 'POST', body: 'x'.repeat(1001) })).status, 413, 'announced')
    for (const path of ['/reads-carefully', '/parsed']) {
      const request = http.request(url + path, { method: 'POST', headers: { 'transfer-encoding': 'chunked', 'content-type': 'application/json' } })
      request.end(JSON.stringify('x'.repeat(5000)))
      const [response] = await once(request, 'response') as [http.IncomingMessage]
      response.resume()
      t.equal(response.statusCode, 413, `${path}: growing`)
    }
    t.equal((await send({ path: '/reads', method: 'POST', body: 'x'.repeat(1000) })).text, '1000')
  }, SOCKETS)
})

t.test('a client that leaves ends what an old handler does', async (t) => {
  const dir = t.testdir({ '[what]': { 'route.mjs': misbehaving } })
  onEveryHost(t, { dir }, async (t, { url, errors, send }) => {
    const { port } = new URL(url)
    const visit = async (path: string, until: string): Promise<any> => {
      const reached = new Promise((resolve) => { seen[until] = resolve })
      const closed = new Promise((resolve) => { seen.closed = resolve })
      const socket = net.connect(Number(port), 'localhost')
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      await reached
      socket.destroy()
      return await closed
    }
    seen.aborted = false
    t.same(await visit('/never-ends', 'started'), { finished: false, ended: false }, 'before it has answered')
    t.ok(seen.aborted)
    t.same(await visit('/streams-for-ever', 'paused'), { finished: false }, 'while it streams')
    t.ok(seen.written < 2000, `it waits for the client: ${seen.written} writes`)
    t.same(errors, [])
    t.equal((await send('/flushes')).text, 'flushed')
  }, SOCKETS)
})

t.test('a closing server cuts old streams off after its time-out', async (t) => {
  const dir = t.testdir({ '[what]': { 'route.mjs': misbehaving } })
  for (const name of ['fastify', 'express 5'] as HostName[]) {
    const host = await start(name, { dir, closeTimeout: 50 })
    const closed = new Promise((resolve) => { seen.closed = resolve })
    const paused = new Promise((resolve) => { seen.paused = resolve })
    const answer = sendHttp1(host.url, '/streams-for-ever')
    answer.catch(() => {})
    await paused
    await Promise.all([host.close(), t.rejects(answer, `${name}: the client sees that it is not complete`)])
    t.same(await closed, { finished: false })
  }
})

t.test('outside any server: a route handler like others', async (t) => {
  const handler = fromNodeHandler((req, res) => { res.end(`${req.method} ${req.url} ${req.socket.remoteAddress}`) })
  t.equal(handler.GET, handler.POST)
  t.equal(await (await handler(new Request('http://localhost/a?b'))).text(), 'GET /a?b undefined')
  t.equal(await (await fromNodeHandler((req, res) => { req.pipe(res) })(new Request('http://localhost/', { method: 'POST', body: 'sent' }))).text(), 'sent')
  const gone = AbortSignal.abort(new Error('left before'))
  await t.rejects(fromNodeHandler(() => {})(new Request('http://localhost/', { signal: gone })), { message: 'left before' })
  t.throws(() => fromNodeHandler({} as never), /takes functions/)
})

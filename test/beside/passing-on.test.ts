/** A route handler that returns `NextResponse.next()`, and what the host has for its request. */
// @ts-expect-error -- has no declarations
import compression from 'compression'
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
// @ts-expect-error -- has no declarations
import session from 'express-session'
// @ts-expect-error -- has no declarations
import express4 from 'express4'
import helmet from 'helmet'
import multer from 'multer'
import t from 'tap'
import { HOSTS, onEveryHost, start, type HostName, type StartOptions } from '../hosts.ts'

const routes = {
  flagged: {
    'route.js': `
      import { NextResponse } from 'next/server'
      import { cookies } from 'next/headers'
      export async function GET (request) {
        if (request.nextUrl.searchParams.has('new')) return Response.json({ from: 'new' })
        const jar = await cookies()
        jar.set('jar', '1')
        const headers = new Headers(request.headers)
        headers.set('x-user', 'Ada')
        headers.delete('x-gone')
        const response = NextResponse.next({ request: { headers }, headers: { 'x-route': 'passed', vary: 'cookie', 'content-type': 'text/never' } })
        response.cookies.set('response', '2')
        return response
      }
      export const POST = () => NextResponse.next()
      export async function PUT (request) {
        await request.text()
        return NextResponse.next()
      }
      export async function PATCH (request) {
        request.clone()
        return NextResponse.next()
      }`
  }
}

const dir = t.testdir(routes)

/** What stands behind the directory in Express and node:http, and is the fallback in Fastify. */
const legacy = express()
legacy.get('/flagged', (req, res) => {
  res.cookie('legacy', '3')
  res.vary('origin')
  res.json({ from: 'legacy', user: req.headers['x-user'], gone: req.headers['x-gone'] ?? null, kept: req.headers['x-kept'], raw: req.rawHeaders.includes('x-user') && req.rawHeaders.includes('Ada'), forwarded: req.headers['x-forwarded-proto'] ?? null })
})
legacy.post('/flagged', express.json(), (req, res) => { res.status(201).json(req.body) })

const options: StartOptions = { dir, fallback: legacy }

onEveryHost(t, options, async (t, host) => {
  const moved = await host.send('/flagged?new')
  t.same(moved.json(), { from: 'new' }, 'what the handler answers is the answer')

  const { status, headers, json } = await host.send({ path: '/flagged', headers: { 'x-gone': '1', 'x-kept': '2' } })
  t.equal(status, 200)
  t.same(json(), { from: 'legacy', user: 'Ada', gone: null, kept: '2', raw: true, forwarded: null }, 'the next one sees the changed request')
  t.equal(headers['x-route'], 'passed')
  t.equal(headers['content-type'], 'application/json; charset=utf-8')
  t.equal(String(headers.vary).toLowerCase(), 'cookie, origin')
  t.same((headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).sort(), ['jar=1', 'legacy=3', 'response=2'])
  t.notOk(Object.keys(headers).some((name) => name.startsWith('x-middleware')))

  const posted = await host.send({ method: 'POST', path: '/flagged', headers: { 'content-type': 'application/json' }, body: '{"a":1}' })
  t.equal(posted.status, 201)
  t.same(posted.json(), { a: 1 }, 'the body has not been read')

  for (const [count, method] of ['PUT', 'PATCH'].entries()) {
    const lost = await host.send({ method, path: '/flagged', body: 'x' })
    t.equal(lost.status, 500, `${method}: a body that was read cannot be passed on`)
    t.match(host.errors[count].message ?? host.errors[count].err.message, /read the request body/)
  }
})

t.test('an Express application over HTTP/2', async (t) => {
  const files = t.testdir({ 'a.txt': 'a static file' })
  for (const [version, make] of [['4', express4], ['5', express]] as Array<[string, typeof express]>) {
    const app = make()
    app.use(compression({ threshold: 0 }), helmet(), session({ secret: 's', resave: false, saveUninitialized: true }))
    app.use('/static', express.static(files))
    app.get('/about', (req, res) => { res.cookie('a', '1').json({ host: req.get('host'), hostname: req.hostname, protocol: req.protocol, ip: req.ip, query: req.query, session: typeof (req as any).session }) })
    app.post('/json', express.json(), (req, res) => { res.status(201).json(req.body) })
    app.post('/upload', multer().single('file'), (req, res) => { res.json({ size: req.file?.size }) })
    app.get('/stream', (_req, res) => {
      res.write('one,')
      setImmediate(() => { res.end('two') })
    })
    app.get('/redirect', (_req, res) => { res.redirect('/about') })
    app.get('/error', () => { throw Object.assign(new Error('no such thing'), { status: 404 }) })
    const host = await start('fastify http2', { dir, fallback: app })
    t.teardown(() => host.close())
    const authority = new URL(host.url).host

    const about = await host.send('/about?q=1')
    t.same(about.json(), { host: authority, hostname: 'localhost', protocol: 'http', ip: about.json().ip, query: { q: '1' }, session: 'object' }, `Express ${version}`)
    t.match((about.headers['set-cookie'] as string[]).sort(), [/^a=1/, /^connect\.sid=/])
    t.ok(about.headers['content-security-policy'], 'helmet')
    const posted = await host.send({ method: 'POST', path: '/json', headers: { 'content-type': 'application/json' }, body: '{"a":1}' })
    t.equal(posted.status, 201)
    t.same(posted.json(), { a: 1 }, 'a body without a length')
    t.equal((await host.send({ method: 'POST', path: '/json', headers: { 'content-type': 'application/json' }, body: '{"a' })).status, 400)
    const form = `--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n${'y'.repeat(200_000)}\r\n--x--\r\n`
    t.same((await host.send({ method: 'POST', path: '/upload', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: form })).json(), { size: 200_000 })
    t.equal((await host.send('/stream')).text, 'one,two')
    t.equal((await host.send({ path: '/about', headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'], 'gzip')
    t.equal((await host.send('/static/a.txt')).text, 'a static file')
    t.equal((await host.send({ path: '/static/a.txt', headers: { range: 'bytes=2-7' } })).text, 'static')
    t.equal((await host.send({ method: 'HEAD', path: '/static/a.txt' })).headers['content-length'], '13')
    t.equal((await host.send('/redirect')).headers.location, '/about')
    t.equal((await host.send('/error')).status, 404)
    t.match((await host.send('/nothing')).json(), { message: 'Route GET:/nothing not found' }, 'what it leaves is the host\'s again')
  }
})

type FailingHandler = (req: IncomingMessage, res: ServerResponse, next: () => void) => unknown

const FAILING: Record<string, FailingHandler> = {
  throws: () => { throw new Error('at once') },
  rejects: async () => { throw new Error('later') },
  'throws-begun': (_req, res) => {
    res.writeHead(200).write('begun')
    throw new Error('in the midst')
  },
  'throws-ended': (_req, res) => {
    res.end('complete')
    throw new Error('at last')
  },
  'writes-ended': (_req, res) => {
    res.end('complete')
    for (const text of ['more', 'and more']) res.write(text)
  },
  'ends-twice': (_req, res, next) => {
    res.end('complete')
    next()
  }
}

const failing: FailingHandler = (req, res, next) => FAILING[req.url!.slice(1)]!(req, res, next)

t.test('a fallback that misbehaves is told of, and the server keeps serving', async (t) => {
  const logged: string[] = []
  t.capture(console, 'error', (_message: string, error: Error) => { logged.push(error.message) })
  onEveryHost(t, { dir, fallback: failing }, async (t, { name, send, errors }) => {
    const told = (): string[] => [...errors.splice(0).map((error) => error.err?.message ?? error.message), ...logged.splice(0)]
    for (const [what, message] of [['throws', 'at once'], ['rejects', 'later']]) {
      t.equal((await send(`/${what}`)).status, 500, what)
      t.same(told(), [message])
    }
    await t.rejects(send('/throws-begun'), 'an answer that is not complete does not look so')
    t.same(told(), ['in the midst'])
    t.match(await send('/throws-ended'), { status: 200, text: 'complete' })
    t.same(told(), ['at last'])
    t.match(await send('/ends-twice'), { status: 200, text: 'complete' })
    t.same(told(), [])
    // What inject() has in place of a response takes no notice.
    if (name !== 'fastify inject') {
      t.match(await send('/writes-ended'), { status: 200, text: 'complete' })
      t.same(told(), ['write after end'], 'once')
    }
    t.equal((await send('/flagged?new')).status, 200)
  }, HOSTS.filter((name) => name !== 'fastify http2'))
  t.test('over HTTP/2 a complete answer stays one', async (t) => {
    const host = await start('fastify http2', { dir, fallback: failing })
    t.teardown(() => host.close())
    t.match(await host.send('/throws-ended'), { status: 200, text: 'complete' })
    t.equal(host.errors.length, 1)
  })
})

t.test('a fallback that never answers ends with the time-out of its connection, and the server keeps serving', async (t) => {
  const host = await start('fastify', { dir, fastifyOptions: { connectionTimeout: 200 }, fallback: () => {} })
  t.teardown(() => host.close())
  await t.rejects(host.send('/never'), { code: 'ECONNRESET' })
  t.equal((await host.send('/flagged?new')).status, 200)
})

t.test('a closing server cuts off what a fallback streams for ever, and waits for the rest', async (t) => {
  for (const name of ['fastify', 'express 5', 'node:http'] as HostName[]) {
    const answers: ServerResponse[] = []
    const both = new EventEmitter()
    const host = await start(name, {
      dir,
      closeTimeout: 50,
      fallback: (req: IncomingMessage, res: ServerResponse) => {
        if (req.url === '/stream') res.write('data: 1\n\n')
        answers.push(res)
        if (answers.length === 2) both.emit('here')
      }
    })
    const here = once(both, 'here')
    const slow = host.send('/slow')
    const stream = t.rejects(host.send('/stream'), `${name}: the stream is cut off`)
    await here
    const closed = host.close()
    await stream
    answers.find(({ req }) => req.url === '/slow')!.end('answered')
    t.equal((await slow).text, 'answered')
    await closed
  }
})

t.test('without a fallback, in Fastify the 404 handler answers', async (t) => {
  for (const name of HOSTS.filter((name) => name.startsWith('fastify'))) {
    const host = await start(name, {
      dir,
      fastify: (server) => {
        server.setNotFoundHandler(async (request, reply) => await reply.header('set-cookie', 'own=1').code(404).send({ nothing: request.url, user: request.headers['x-user'] }))
      }
    })
    t.teardown(() => host.close())
    const { status, json, headers } = await host.send('/flagged')
    t.equal(status, 404)
    t.same(json(), { nothing: '/flagged', user: 'Ada' })
    t.equal(headers['x-route'], 'passed')
    t.same((headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).sort(), ['jar=1', 'own=1', 'response=2'])
    const { status: byDefault } = await host.send({ method: 'POST', path: '/flagged', body: 'x' })
    t.equal(byDefault, 404)
  }
})

t.test('in Express the next handler answers, and the final one keeps the cookies', async (t) => {
  for (const name of ['express 4', 'express 5'] as const) {
    const host = await start(name, { dir, expressAfter: (app) => { app.get('/flagged', (req, res) => { res.writeHead(202, ['set-cookie', 'a=1', 'Vary', 'accept']).end(req.get('x-user')) }) } })
    t.teardown(() => host.close())
    const { status, text, headers } = await host.send('/flagged')
    t.equal(status, 202)
    t.equal(text, 'Ada')
    t.same((headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).sort(), ['a=1', 'jar=1', 'response=2'], 'writeHead() does not take cookies away')
    t.equal(String(headers.vary).toLowerCase(), 'accept, cookie')

    const bare = await start(name, { dir })
    t.teardown(() => bare.close())
    const nothing = await bare.send('/flagged')
    t.equal(nothing.status, 404)
    t.equal((nothing.headers['set-cookie'] as string[]).length, 2, 'Express starts its 404 anew, the cookies stay')
  }
})

t.test('strict keeps the error of Next.js', async (t) => {
  for (const name of ['fastify', 'express 5'] as const) {
    const host = await start(name, { dir, strict: true, fallback: legacy })
    t.teardown(() => host.close())
    t.equal((await host.send('/flagged')).status, 500)
    t.match(JSON.stringify(host.errors[0].message ?? host.errors[0].err.message), /NextResponse\.next\(\) was used in the route handler/)
  }
})

t.test('paths that a route of Fastify takes, and Next.js would not, go to the fallback', async (t) => {
  const dir = t.testdir({ '[...rest]': { 'route.js': 'export const GET = () => new Response("file")' } })
  onEveryHost(t, { dir, fallback: (req: IncomingMessage, res: ServerResponse) => { res.end(`old ${req.url}`) } }, async (t, host) => {
    t.equal((await host.send('/x')).text, 'file')
    t.equal((await host.send('/')).text, 'old /', 'a catch-all needs a segment')
  })
})

/** The middleware beside others, in Express 4 and 5, Connect, and a plain node:http server. */
import fastifyRoutes from 'fastify-app-routes'
import { appRoutes, hostRequest } from 'fastify-app-routes/express'
// @ts-expect-error -- it has no declarations
import compression from 'compression'
import connect from 'connect'
import express from 'express'
// @ts-expect-error -- it has no declarations
import session from 'express-session'
// @ts-expect-error -- the alias has no declarations of its own
import express4 from 'express4'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import helmet from 'helmet'
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { sendHttp1, type Received, type Sent } from '../hosts.ts'

type App = RequestListener & { use: (...args: any[]) => any, set: (name: string, value: unknown) => any, get: any, put: any, all: any, post: any }

const FRAMEWORKS: Record<string, () => App> = {
  'Express 4': () => express4() as App,
  'Express 5': () => express() as unknown as App,
  Connect: () => connect() as unknown as App
}
const EXPRESS = ['Express 4', 'Express 5']

/** What route files hand to a test, and what it hands to them. */
const shared = ((globalThis as any)[Symbol.for('test.shared')] = {} as Record<string, any>)
shared.hostRequest = hostRequest
const SHARED = "const shared = (globalThis as any)[Symbol.for('test.shared')]\n"

const ECHO = `
export const GET = (r: Request) => Response.json({ url: r.url, path: (r as any).nextUrl.pathname })
export const POST = async (r: Request) => Response.json({ text: await r.text(), type: r.headers.get('content-type') })
`
const THROW = SHARED + 'export const GET = () => { throw shared.thrown }\nexport const POST = GET\n'

async function listen (t: any, listener: RequestListener): Promise<{ url: string, server: http.Server, send: (request: Sent | string) => Promise<Received> }> {
  const server = http.createServer(listener)
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  t.teardown(async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => { server.close(resolve) })
  })
  return { url, server, send: (request) => sendHttp1(url, request) }
}

/** An Express error handler that tells what it got. */
const report = (error: any, _req: any, res: any, _next: any): void => {
  res.statusCode = error.statusCode ?? 500
  res.end(JSON.stringify({ name: error.name, code: error.code, message: error.message }))
}

for (const [name, make] of Object.entries(FRAMEWORKS)) {
  t.test(`${name}: beside other middleware`, async (t) => {
    const dir = t.testdir({
      echo: { 'route.ts': ECHO },
      legacy: { 'route.ts': 'export const GET = () => new Response("ours")' },
      items: { '[id]': { 'route.ts': 'export const GET = async (_: Request, { params }: any) => Response.json(await params)\nexport const POST = () => new Response(null, { status: 204 })' } },
      throw: { 'route.ts': THROW }
    })

    t.test('at the root, what matches is answered and what does not goes on untouched', async (t) => {
      const app = make()
      const seen: unknown[] = []
      app.use(appRoutes(dir))
      app.use('/other', (req: IncomingMessage, res: ServerResponse) => {
        const chunks: Buffer[] = []
        req.on('data', (chunk: Buffer) => chunks.push(chunk))
        req.on('end', () => {
          seen.push([req.url, Buffer.concat(chunks).toString()])
          res.end('legacy')
        })
      })
      const { send, url } = await listen(t, app)
      t.same((await send('/echo?a=1')).json(), { url: url + '/echo?a=1', path: '/echo' })
      t.same((await send('/items/a%2Fb')).json(), { id: 'a/b' })
      t.equal((await send({ method: 'POST', path: '/other/x//y/?q=%20', body: 'unread' })).text, 'legacy')
      t.same(seen, [['/x//y/?q=%20', 'unread']])
      t.equal((await send('/nope')).status, 404)
    })

    t.test('under a prefix, the prefix is part of the URL', async (t) => {
      const app = make()
      app.use('/api/v1', appRoutes({ dir }))
      app.use('/api/v1', (req: IncomingMessage, res: ServerResponse) => { res.end(`next ${req.url}`) })
      const { send, url } = await listen(t, app)
      t.same((await send('/api/v1/echo?a=1')).json(), { url: url + '/api/v1/echo?a=1', path: '/api/v1/echo' })
      t.same((await send('/api/v1/items/7')).json(), { id: '7' })
      t.equal((await send('/echo')).status, 404)
      t.equal((await send('/api/v1/nope?x')).text, 'next /nope?x')
      const slash = await send('/api/v1/echo/?a=1')
      t.same([slash.status, slash.headers.location], [308, '/api/v1/echo?a=1'])
      const missing = await send({ method: 'DELETE', path: '/api/v1/items/7' })
      t.same([missing.status, missing.headers.allow], [405, 'GET, HEAD, OPTIONS, POST'])
    })

    t.test('a path that an earlier middleware rewrote is what routing and handler see', async (t) => {
      const app = make()
      app.use((req: IncomingMessage, _res: ServerResponse, next: () => void) => {
        req.url = req.url!.replace(/^\/old/, '/echo')
        next()
      })
      app.use(appRoutes(dir))
      const { send, url } = await listen(t, app)
      t.same((await send('/old?a=1')).json(), { url: url + '/echo?a=1', path: '/echo' })
    })

    t.test('what a handler throws goes to next() once, always as an error', async (t) => {
      const app = make()
      let errors: any[] = []
      let passed = 0
      app.use(appRoutes(dir))
      app.use((_req: any, res: any) => {
        passed++
        res.end('passed on')
      })
      app.use((error: any, _req: any, res: any, _next: any) => {
        errors.push(error)
        res.statusCode = 500
        res.end()
      })
      const { send } = await listen(t, app)
      const error = new Error('mine')
      for (const thrown of [error, 'route', 'router', 'text', undefined, null, 0, false, '', { status: 418 }, Symbol('s')]) {
        shared.thrown = thrown
        errors = []
        t.equal((await send('/throw')).status, 500)
        t.equal(errors.length, 1, String(thrown))
        t.ok(errors[0] instanceof Error)
        if (thrown === error) t.equal(errors[0], error)
        else {
          t.equal(errors[0].code, 'FAR_ERR_THROWN_VALUE')
          t.equal(errors[0].cause, thrown)
        }
      }
      t.equal(passed, 0)
    })

    t.test('unhandledMethod: next leaves other verbs, OPTIONS and slashes to what comes after', async (t) => {
      const app = make()
      app.use(appRoutes({ dir, unhandledMethod: 'next' }))
      app.use((req: IncomingMessage, res: ServerResponse) => { res.end(`${req.method} ${req.url}`) })
      const { send } = await listen(t, app)
      t.equal((await send({ method: 'PUT', path: '/echo' })).text, 'PUT /echo')
      t.equal((await send({ method: 'OPTIONS', path: '/echo' })).text, 'OPTIONS /echo')
      t.equal((await send('/echo/')).text, 'GET /echo/')
      t.equal((await send('//echo')).text, 'GET //echo')
      t.equal((await send('/legacy')).text, 'ours')
    })

    t.test('a request that comes before the directory is loaded waits', async (t) => {
      shared.loading = new Promise((resolve) => { shared.goOn = resolve })
      const slow = t.testdir({ slow: { 'route.mjs': "await globalThis[Symbol.for('test.shared')].loading\nexport const GET = () => new Response('slow')" } })
      const middleware = appRoutes(slow)
      const app = make()
      const arrived = new Promise<void>((resolve) => {
        app.use((_req: unknown, _res: unknown, next: () => void) => {
          next()
          resolve()
        })
      })
      app.use(middleware)
      const { send } = await listen(t, app)
      const response = send('/slow')
      await arrived
      shared.goOn()
      t.equal((await response).text, 'slow')
      await middleware.ready()
    })

    t.test('a directory that cannot be loaded is told on the console, unless ready() is awaited', async (t) => {
      const dir = t.testdir({ broken: { 'route.ts': 'throw new Error("at load")' } })
      const told = t.capture(console, 'error')
      await appRoutes(dir).ready().catch(() => {})
      t.same(told(), [])
      appRoutes(dir)
      const { send } = await listen(t, make().use(appRoutes(dir)))
      await send('/')
      t.match(told(), [{ args: [/^The app directory was not loaded/, { code: 'FAR_ERR_APP_DIRECTORY' }] }, {}])
    })

    t.test('a directory that cannot be loaded rejects ready(), and fails each request', async (t) => {
      const broken = t.testdir({ a: { 'route.ts': 'throw new Error("top level")' } })
      const middleware = appRoutes(broken)
      const app = make()
      app.use(middleware)
      app.use(report)
      const { send } = await listen(t, app)
      for (let i = 0; i < 2; i++) {
        const response = await send('/a')
        t.equal(response.status, 500)
        t.equal(response.json().code, 'FAR_ERR_APP_DIRECTORY')
      }
      await t.rejects(middleware.ready(), { code: 'FAR_ERR_APP_DIRECTORY' })
      await middleware.close()
    })
  })
}

for (const name of EXPRESS) {
  const make = FRAMEWORKS[name]!
  t.test(`${name}: its own features`, async (t) => {
    const dir = t.testdir({
      echo: { 'route.ts': ECHO },
      item: { 'route.ts': 'export const GET = () => new Response("item")' },
      throw: { 'route.ts': THROW },
      host: { 'route.ts': SHARED + 'export const GET = async () => {\n  await null\n  const { req, res } = shared.hostRequest()\n  res.setHeader("x-from-host", "1")\n  return Response.json({ user: res.locals.user, store: shared.storage?.getStore(), params: req.params, hasBody: "body" in req })\n}' }
    })

    t.test('nested routers add up to the URL', async (t) => {
      const { Router } = (name === 'Express 4' ? express4 : express) as typeof express
      const app = make()
      const outer = Router()
      const inner = Router()
      app.use('/a', outer)
      outer.use('/:b', inner)
      inner.use('/c', appRoutes(dir) as any)
      const { send, url } = await listen(t, app)
      t.same((await send('/a/b%20b/c/echo?x')).json(), { url: url + '/a/b%20b/c/echo?x', path: '/a/b%20b/c/echo' })
    })

    t.test('a router before and after keeps its requests', async (t) => {
      const app = make()
      app.get('/item', (_req: any, res: any) => { res.send('before') })
      app.use(appRoutes({ dir, unhandledMethod: 'next' }))
      app.put('/item', (_req: any, res: any) => { res.send('put after') })
      app.get('/later', (_req: any, res: any) => { res.send('get after') })
      const { send } = await listen(t, app)
      t.equal((await send('/item')).text, 'before')
      t.equal((await send({ method: 'PUT', path: '/item' })).text, 'put after')
      t.equal((await send('/later')).text, 'get after')
    })

    t.test("Express's own error handler answers", async (t) => {
      const app = make()
      app.set('env', 'test')
      app.use(appRoutes(dir))
      const { send } = await listen(t, app)
      shared.thrown = Object.assign(new Error('teapot'), { status: 418 })
      t.equal((await send('/throw')).status, 418)
      shared.thrown = new Error('plain')
      t.equal((await send('/throw')).status, 500)
      t.equal((await send({ method: 'POST', path: '/echo', body: Buffer.alloc(2 ** 20 + 1) })).status, 413)
    })

    t.test('trust proxy decides what the URL is', async (t) => {
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'shop.test, inner.test', 'x-forwarded-for': '1.2.3.4' }
      const urlWith = async (trust: unknown, headers: Record<string, string> = forwarded): Promise<string> => {
        const app = make()
        if (trust !== undefined) app.set('trust proxy', trust)
        app.use(appRoutes(dir))
        const { send } = await listen(t, app)
        return (await send({ path: '/echo', headers: { host: 'own.test:81', ...headers } })).json().url
      }
      t.equal(await urlWith(undefined), 'http://own.test:81/echo')
      t.equal(await urlWith(false), 'http://own.test:81/echo')
      t.equal(await urlWith(true), 'https://shop.test/echo')
      t.equal(await urlWith(1), 'https://shop.test/echo')
      t.equal(await urlWith('loopback'), 'https://shop.test/echo')
      t.equal(await urlWith('10.0.0.1'), 'http://own.test:81/echo')
      t.equal(await urlWith(() => true), 'https://shop.test/echo')
      t.equal(await urlWith(() => false), 'http://own.test:81/echo')
      t.equal(await urlWith(true, { 'x-forwarded-host': 'evil.test/path?' }).then((url) => new URL(url).pathname), '/echo', 'a forwarded host cannot move the path')
      t.equal(await urlWith(undefined, { host: 'a.test/x' }).then((url) => new URL(url).pathname), '/echo')
    })

    t.test('hostRequest() reaches req, res and locals; values of a storage stay visible', async (t) => {
      const storage = shared.storage = new AsyncLocalStorage<string>()
      const app = make()
      app.use((_req: any, res: any, next: () => void) => {
        res.locals.user = 'ada'
        storage.run('entered', next)
      })
      app.use('/:tenant', appRoutes(dir))
      const { send } = await listen(t, app)
      const responses = await Promise.all(Array.from({ length: 100 }, (_, i) => send(`/t${i}/host`)))
      for (const response of responses) {
        t.equal(response.headers['x-from-host'], '1')
        t.match(response.json(), { user: 'ada', store: 'entered' })
      }
      t.equal(responses[42]!.json().params.tenant, 't42')
    })
  })
}

t.test("hostRequest() of the other host's face is refused", async (t) => {
  const { hostRequest: fastifyRequest } = await import('fastify-app-routes')
  shared.fastifyRequest = fastifyRequest
  const dir = t.testdir({ 'route.ts': SHARED + 'export const GET = () => { shared.fastifyRequest() }' })
  const app = express()
  app.use(appRoutes(dir) as any)
  app.use(report)
  const { send } = await listen(t, app)
  t.equal((await send('/')).json().code, 'FAR_ERR_WRONG_HOST')
  t.throws(() => hostRequest(), { code: 'FAR_ERR_OUTSIDE_REQUEST' })
})

t.test('a plain node:http server', async (t) => {
  const dir = t.testdir({ echo: { 'route.ts': ECHO }, throw: { 'route.ts': THROW } })

  t.test('without next, answers 404 and empty errors itself', async (t) => {
    const { send, url } = await listen(t, appRoutes(dir) as RequestListener)
    t.same((await send('/echo')).json(), { url: url + '/echo', path: '/echo' })
    const missing = await send('/nope')
    t.same([missing.status, missing.text], [404, ''])
    shared.thrown = new Error('secret')
    const failed = await send('/throw')
    t.same([failed.status, failed.text], [500, ''])
    t.equal((await send({ method: 'POST', path: '/echo', body: Buffer.alloc(2 ** 20 + 1) })).status, 413)
  })

  t.test('with next, hears of what is not ours, and of errors', async (t) => {
    const middleware = appRoutes(dir)
    const calls: unknown[][] = []
    const { send } = await listen(t, (req, res) => {
      middleware(req, res, (...args) => {
        calls.push(args)
        res.end('next')
      })
    })
    const error = shared.thrown = new Error('x')
    t.equal((await send('/nope')).text, 'next')
    t.equal((await send('/throw')).text, 'next')
    t.same(calls.map((args) => args[0] ?? 'nothing'), ['nothing', error])
  })
})

t.test('a directory that fails is no unhandled rejection, whoever listens', async (t) => {
  const dir = t.testdir({ app: { 'route.js': 'throw new Error("broken")' }, 'package.json': '{"type":"module"}' })
  const script = `
    import { appRoutes } from ${JSON.stringify(pathToFileURL(path.resolve('dist/express.js')).href)}
    process.on('unhandledRejection', () => { console.log('UNHANDLED') })
    const middleware = appRoutes(${JSON.stringify(dir + '/app')})
    const seen = []
    middleware({ url: '/', method: 'GET', headers: {} }, {}, (error) => { seen.push(error.code) })
    await new Promise((resolve) => setImmediate(resolve))
    await middleware.ready().catch((error) => { seen.push(error.code) })
    middleware({ url: '/', method: 'GET', headers: {} }, {}, (error) => { seen.push(error.code) })
    await middleware.close()
    await new Promise((resolve) => setImmediate(resolve))
    console.log(seen.join())
  `
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  t.equal(stdout.trim(), 'FAR_ERR_APP_DIRECTORY,FAR_ERR_APP_DIRECTORY,FAR_ERR_APP_DIRECTORY', stderr)
  t.equal(status, 0, 'and nothing keeps the process alive')
})

t.test('headers that others have set', async (t) => {
  const dir = t.testdir({
    'route.ts': 'export const GET = () => new Response("x", { headers: [["set-cookie", "c=3"], ["set-cookie", "d=4"], ["vary", "Accept, Cookie"], ["x-both", "ours"], ["x-frame-options", "DENY"]] })',
    stream: { 'route.ts': 'export const GET = () => new Response(new Blob(["x"]).stream(), { headers: [["set-cookie", "c=3"], ["set-cookie", "d=4"]] })' },
    empty: { 'route.ts': 'export const GET = () => new Response(null, { status: 204, headers: [["set-cookie", "c=3"], ["set-cookie", "d=4"]] })' },
    plain: { 'route.ts': 'export const GET = () => new Response("x")' }
  })
  for (const name of EXPRESS) {
    t.test(name, async (t) => {
      const app = FRAMEWORKS[name]!()
      app.use(helmet())
      app.use((_req: any, res: any, next: () => void) => {
        res.cookie('a', '1')
        res.append('set-cookie', 'b=2')
        res.vary('Origin')
        res.vary('cookie')
        res.set('x-both', 'theirs')
        res.set('x-theirs', '1')
        next()
      })
      app.use(appRoutes(dir))
      const { send } = await listen(t, app)
      const { headers } = await send('/')
      t.same(headers['set-cookie'], ['a=1; Path=/', 'b=2', 'c=3', 'd=4'])
      t.equal(headers.vary, 'Origin, cookie, Accept')
      t.match(headers, { 'x-both': 'ours', 'x-theirs': '1', 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
      t.equal((await send('/stream')).headers['set-cookie']!.length, 4)
      t.equal((await send('/empty')).headers['set-cookie']!.length, 4)
      t.same((await send('/plain')).headers['set-cookie'], ['a=1; Path=/', 'b=2'])
    })
  }
})

t.test('compression', async (t) => {
  const dir = t.testdir({
    json: { 'route.ts': 'export const GET = () => Response.json({ text: "a".repeat(5000) })' },
    events: { 'route.ts': SHARED + 'export const GET = () => new Response(new ReadableStream({ start (c) { shared.controller = c; c.enqueue(new TextEncoder().encode("data: 1\\n\\n")) } }), { headers: { "content-type": "text/event-stream" } })' },
    large: { 'route.ts': 'import { randomBytes } from "node:crypto"\nconst chunk = randomBytes(65536)\nexport const GET = () => { let left = 40; return new Response(new ReadableStream({ pull (c) { left-- > 0 ? c.enqueue(new Uint8Array(chunk)) : c.close() } })) }' }
  })
  for (const name of EXPRESS) {
    t.test(name, async (t) => {
      const app = FRAMEWORKS[name]!()
      app.use(compression({ filter: () => true }))
      app.use(appRoutes(dir))
      const { send, url } = await listen(t, app)
      const json = await send({ path: '/json', headers: { 'accept-encoding': 'gzip' } })
      t.equal(json.headers['content-encoding'], 'gzip')
      t.equal(json.headers['content-length'], undefined)
      t.ok(json.body.length < 1000)
      t.equal((await (await fetch(url + '/json')).json() as { text: string }).text.length, 5000)

      const warnings: Error[] = []
      const onWarning = (warning: Error): void => { warnings.push(warning) }
      process.on('warning', onWarning)
      t.equal((await (await fetch(url + '/large')).arrayBuffer()).byteLength, 40 * 65536)
      await new Promise(setImmediate)
      process.off('warning', onWarning)
      t.same(warnings, [], 'no listener is left for each wait')

      // fetch() asks for compression and undoes it.
      const response = await fetch(url + '/events')
      t.equal(response.headers.get('content-encoding') !== null, true)
      const reader = response.body!.getReader()
      const decoder = new TextDecoder()
      t.equal(decoder.decode((await reader.read()).value), 'data: 1\n\n')
      shared.controller.enqueue(new TextEncoder().encode('data: 2\n\n'))
      t.equal(decoder.decode((await reader.read()).value), 'data: 2\n\n')
      shared.controller.close()
      t.equal((await reader.read()).done, true)
    })
  }
})

t.test('a file name that is not in ASCII goes out as it does in Fastify', async (t) => {
  const dir = t.testdir({ 'route.ts': 'export const GET = () => new Response("x".repeat(2000), { headers: { "content-disposition": "attachment; filename=\\"\\u00fc.txt\\"" } })' })
  const disposition = ({ headers }: Received): string => Buffer.from(headers['content-disposition'] as string, 'latin1').toString()
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(fastifyRoutes, { dir })
  t.equal(disposition(await sendHttp1(await fastify.listen({ port: 0 }), '/')), 'attachment; filename="\u00fc.txt"')
  for (const name of EXPRESS) {
    t.test(name, async (t) => {
      const app = FRAMEWORKS[name]!()
      app.use('/packed', compression())
      app.use('/session', session({ secret: 's', resave: true, saveUninitialized: true }))
      for (const path of ['/plain', '/packed', '/session']) app.use(path, appRoutes(dir))
      const { send } = await listen(t, app)
      const answers = await Promise.all(['/plain', '/packed', '/session'].map((path) => send({ path, headers: { 'accept-encoding': 'gzip' } })))
      for (const answer of answers) t.equal(disposition(answer), 'attachment; filename="\u00fc.txt"')
      t.same(answers.map(({ headers }) => [headers['content-length'], headers['content-encoding']]), [['2000', undefined], [undefined, 'gzip'], ['2000', undefined]])
      t.match(answers[2]!.headers['set-cookie'], [/^connect\.sid=/])
    })
  }
})

t.test('streams, clients that leave, and closing', async (t) => {
  const dir = t.testdir({
    endless: {
      'route.ts': SHARED + `export const GET = (r: Request) => {
        shared.signal = r.signal
        return new Response(new ReadableStream({
          start (c) { c.enqueue(new TextEncoder().encode('x')) },
          cancel () { shared.cancelled() }
        }))
      }`
    },
    polite: {
      'route.ts': SHARED + `export const GET = (r: Request) => new Response(new ReadableStream({
        start (c) {
          c.enqueue(new TextEncoder().encode('first'))
          r.signal.addEventListener('abort', () => { c.enqueue(new TextEncoder().encode(' last')); c.close() })
        }
      }))`
    },
    waiting: { 'route.ts': SHARED + 'export const GET = async (r: Request) => { shared.entered(r); await shared.release; return new Response("done") }' },
    after: { 'route.ts': SHARED + "import { after } from 'next/server'\nexport const GET = () => { after(async () => { await shared.release; shared.ran = true }); return new Response('answered') }" },
    fails: { 'route.ts': 'export const GET = () => new Response(new ReadableStream({ start (c) { c.error(new RangeError("early")) } }))' },
    fails2: { 'route.ts': 'export const GET = () => new Response(new ReadableStream({ pull (c) { if (this.n) c.error(new RangeError("late")); else { this.n = 1; c.enqueue(new TextEncoder().encode("x")) } } } as any))' },
    unread: { 'route.ts': 'export const POST = () => new Response("unread")' },
    part: { 'route.ts': 'export const POST = async (r: Request) => { const reader = r.body!.getReader(); const { value } = await reader.read(); return new Response(String(value!.length > 0)) }' },
    touched: { 'route.ts': 'export const POST = async (r: Request) => new Response(String(r.body!.locked))' },
    cancelled: { 'route.ts': 'export const POST = async (r: Request) => { await r.body!.cancel(); return new Response("cancelled") }' }
  })
  const serve = async (t: any, options = {}): Promise<Awaited<ReturnType<typeof listen>> & { errors: unknown[], middleware: ReturnType<typeof appRoutes> }> => {
    const middleware = appRoutes({ dir, ...options })
    await middleware.ready()
    const errors: unknown[] = []
    const app = express()
    app.use(middleware as any)
    app.use((error: any, _req: any, res: any, _next: any) => {
      errors.push(error)
      res.status(500).end(error.message)
    })
    return { ...await listen(t, app), errors, middleware }
  }

  t.test('a client that leaves aborts the signal and cancels the stream, without a word to next()', async (t) => {
    const { url, errors, middleware } = await serve(t)
    const cancelled = new Promise<void>((resolve) => { shared.cancelled = resolve })
    const controller = new AbortController()
    const response = await fetch(url + '/endless', { signal: controller.signal })
    await response.body!.getReader().read()
    t.equal(shared.signal.aborted, false)
    controller.abort()
    await cancelled
    if (!shared.signal.aborted) await once(shared.signal, 'abort')
    t.ok(shared.signal.aborted)
    await middleware.close()
    t.same(errors, [])
  })

  t.test('a client that leaves before the answer aborts the signal, and the late answer harms nobody', async (t) => {
    const { url, errors, middleware } = await serve(t)
    const entered = new Promise<Request>((resolve) => { shared.entered = resolve })
    shared.release = new Promise((resolve) => { shared.goOn = resolve })
    const controller = new AbortController()
    const response = fetch(url + '/waiting', { signal: controller.signal })
    const { signal } = await entered
    controller.abort()
    await t.rejects(response, { name: 'AbortError' })
    if (!signal.aborted) await once(signal, 'abort')
    t.equal(signal.reason.name, 'AbortError')
    shared.goOn()
    await middleware.close()
    t.same(errors, [])
  })

  t.test('a stream that fails before its first byte goes to next(), later it cuts the answer', async (t) => {
    const { send, errors } = await serve(t)
    const early = await send('/fails')
    t.same([early.status, early.text], [500, 'early'])
    t.match(errors, [{ name: 'RangeError' }])
    await t.rejects(send('/fails2'), { code: 'ECONNRESET' })
    t.equal(errors.length, 1)
  })

  t.test('a stream that fails before its first byte is answered by an error handler that takes its time', async (t) => {
    const app = express()
    app.use(appRoutes({ dir }) as any)
    app.use((error: any, _req: any, res: any, _next: any) => { setTimeout(() => { res.status(503).end(error.message) }, 50) })
    const { send } = await listen(t, app)
    const answer = await send('/fails')
    t.same([answer.status, answer.text], [503, 'early'])
  })

  t.test('close() waits for handlers', async (t) => {
    const { send, middleware } = await serve(t)
    const entered = new Promise((resolve) => { shared.entered = resolve })
    shared.release = new Promise((resolve) => { shared.goOn = resolve })
    const response = send('/waiting')
    await entered
    let closed = false
    const closing = middleware.close().then(() => { closed = true })
    await new Promise(setImmediate)
    t.equal(closed, false)
    shared.goOn()
    t.equal((await response).text, 'done')
    await closing
  })

  t.test('close() waits for after() tasks', async (t) => {
    const { send, middleware } = await serve(t)
    shared.ran = false
    shared.release = new Promise((resolve) => { shared.goOn = resolve })
    t.equal((await send('/after')).text, 'answered')
    const closing = middleware.close()
    await new Promise(setImmediate)
    t.equal(shared.ran, false)
    shared.goOn()
    await closing
    t.equal(shared.ran, true)
  })

  t.test('close() aborts the signals of streams at once, and lets them end', async (t) => {
    const { url, middleware } = await serve(t)
    const response = await fetch(url + '/polite')
    const text = response.text()
    await middleware.close()
    t.equal(await text, 'first last')
  })

  t.test('close() cancels streams after closeTimeout', async (t) => {
    const { url, middleware } = await serve(t, { closeTimeout: 10 })
    const cancelled = new Promise<void>((resolve) => { shared.cancelled = resolve })
    const response = await fetch(url + '/endless')
    const reader = response.body!.getReader()
    await reader.read()
    const cut = t.rejects(reader.read())
    await middleware.close()
    t.ok(shared.signal.aborted)
    await cancelled
    await cut
  })

  for (const route of ['unread', 'part', 'touched', 'cancelled']) {
    t.test(`a body left over (${route}) does not block the connection`, async (t) => {
      const { url } = await serve(t)
      const socket = net.connect(Number(new URL(url).port), 'localhost')
      t.teardown(() => socket.destroy())
      await once(socket, 'connect')
      const body = Buffer.alloc(600_000, 'x')
      socket.write(`POST /${route} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`)
      socket.write(body)
      socket.write('POST /unread HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      let text = ''
      socket.on('data', (chunk: Buffer) => { text += chunk.toString() })
      await once(socket, 'end')
      t.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 2)
      t.match(text, /unread(?:\r\n0\r\n\r\n)?$/)
    })
  }

  t.test('HEAD runs GET, and drops a body without leaving it open', async (t) => {
    const { send, middleware } = await serve(t)
    const cancelled = new Promise<void>((resolve) => { shared.cancelled = resolve })
    const response = await send({ method: 'HEAD', path: '/endless' })
    t.same([response.status, response.text], [200, ''])
    await cancelled
    await middleware.close()
  })
})

t.test('registered with Fastify, the middleware and what makes it name the other entry', async (t) => {
  const dir = t.testdir({ 'route.ts': 'export const GET = () => new Response()' })
  const middleware = appRoutes(dir)
  t.teardown(() => middleware.close())
  const error = { code: 'FAR_ERR_WRONG_HOST', message: /^This appRoutes is the Express middleware\. For Fastify, import it from fastify-app-routes:/ }
  const server = Fastify()
  for (const plugin of [appRoutes, middleware]) t.throws(() => server.register(plugin as unknown as FastifyPluginAsync), error)
  await server.close()
  t.throws(() => appRoutes({ dir, prefix: '/api' } as object as { dir: string }), { code: 'FAR_ERR_OPTION', message: /`prefix`\. It is Fastify's\. In Express, mount the directory at a path: app\.use\('\/api'/ })
})

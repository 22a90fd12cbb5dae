/** Old code answers, and the new handler is compared with it. */
import { EventEmitter, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import express from 'express'
import Fastify from 'fastify'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { onEveryHost, start, type HostName } from '../hosts.ts'

const dir = t.testdir({
  users: {
    '[id]': {
      'route.js': `
    import { cookies } from 'next/headers'
    export async function GET (request, { params }) {
      const { id } = await params
      if (id === 'throws') throw new Error('not yet')
      if (id === 'cookie') (await cookies()).set('session', 'new secret')
      if (id === 'missing') return new Response(null, { status: 404 })
      return Response.json({ id, name: 'Ada', items: [{ n: 1, at: 'now' }, { n: 3, at: 'now' }], token: 'new secret' }, { headers: { 'x-own': 'new' } })
    }
    export const POST = () => Response.json({ from: 'new' })`
    }
  },
  endless: {
    '[kind]': {
      'route.js': `
    import { after } from 'next/server'
    export async function GET (request, { params }) {
      after(() => { globalThis.afterEndless.push('after') })
      request.signal.addEventListener('abort', () => { globalThis.afterEndless.push(request.signal.reason.name) })
      const { kind } = await params
      if (kind === 'obeys') await new Promise((resolve, reject) => { request.signal.addEventListener('abort', () => { reject(new Error('stopped')) }) })
      if (kind === 'handler') await new Promise(() => {})
      return new Response(new ReadableStream({ cancel () { globalThis.afterEndless.push('cancelled') } }))
    }`
    }
  },
  same: { 'route.js': 'export const GET = (request) => Response.json({ a: 1, q: request.headers.get("x-q") })' }
})

const legacy = express()
legacy.set('etag', false)
legacy.disable('x-powered-by')
legacy.get('/users/cookie', (_req, res) => { res.cookie('session', 'old secret').json({ id: 'cookie', name: 'Ada', items: [{ n: 1 }, { n: 3 }], token: 'old secret' }) })
legacy.get('/users/:id', (req, res) => { res.set('x-own', 'old').json({ id: req.params.id, name: 'Grace', items: [{ n: 1, at: 'then' }, { n: 2, at: 'then' }], token: 'old secret' }) })
legacy.get('/same', (req, res) => {
  const q = req.headers['x-q'] ?? null
  req.headers['x-q'] = 'changed by old code'
  res.json({ a: 1, q })
})

const plain = (_req: unknown, res: ServerResponse): void => { res.end('plain') }

const reports = new EventEmitter()
const next = async (): Promise<any> => (await once(reports, 'report'))[0]
const onDifference = (report: unknown): void => { reports.emit('report', report) }
const shadow = {
  '/users/[id]': { handler: legacy, ignore: ['$.items[*].at'], mask: ['$.token', 'x-key'], onDifference },
  '/same': { handler: legacy, onDifference }
}
const HTTP1: HostName[] = ['fastify', 'fastify inject', 'express 4', 'express 5', 'node:http']

onEveryHost(t, { dir, shadow }, async (t, host) => {
  const report = next()
  const answer = await host.send({ path: '/users/7?secret=1', headers: { authorization: 'Bearer secret', cookie: 'c=secret', 'x-key': 'secret', 'x-shown': 'yes' } })
  t.equal(answer.json().name, 'Grace', 'the client gets the old answer')
  t.equal(answer.headers['x-own'], 'old')
  const { differences, diff, requestHeaders, ...rest } = await report
  t.same(rest, { route: '/users/[id]', method: 'GET', path: '/users/7' })
  t.same(differences, [
    { where: 'header x-own', old: 'old', new: 'new' },
    { where: '$.name', old: 'Grace', new: 'Ada' },
    { where: '$.items[1].n', old: 2, new: 3 },
    { where: '$.token', old: '[masked]', new: '[masked]' }
  ])
  t.match(diff, '$.name\n- "Grace"\n+ "Ada"\n$.items[1].n\n- 2\n+ 3')
  t.match(requestHeaders, { authorization: '[masked]', cookie: '[masked]', 'x-key': '[masked]', 'x-shown': 'yes' })
  t.notMatch(JSON.stringify([differences, diff, requestHeaders, rest]), /secret/, 'no secrets')

  const cookie = next()
  t.match((await host.send('/users/cookie')).headers['set-cookie'], /old/)
  t.match((await cookie).differences, [{ where: 'header x-own', new: 'new' }, { where: 'header set-cookie', old: '[masked]', new: '[masked]' }].reverse())

  const missing = next()
  t.equal((await host.send('/users/missing')).status, 200)
  t.match((await missing).differences[0], { where: 'status', old: 200, new: 404 })

  const failed = next()
  t.equal((await host.send('/users/throws')).status, 200)
  t.match((await failed).diff, /not yet/)

  // The same answer is no news: the next report is that of the next difference.
  const second = next()
  t.same((await host.send({ path: '/same', headers: { 'x-q': '1' } })).json(), { a: 1, q: '1' })
  await host.send({ method: 'HEAD', path: '/users/8' })
  t.match(await second, { method: 'HEAD', differences: [{ where: 'header x-own' }] })

  t.same((await host.send({ method: 'POST', path: '/users/7' })).json(), { from: 'new' }, 'other verbs are the route file\'s')
}, HTTP1)

t.test('sample: 0 runs the new handler never, and the fallback is the old code', async (t) => {
  for (const name of HTTP1) {
    const host = await start(name, { dir, fallback: legacy, shadow: { '/users/[id]': { sample: 0, onDifference: () => { t.fail('compared') } } } })
    t.equal((await host.send('/users/7')).json().name, 'Grace')
    await host.close()
  }
})

t.test('a new handler that never ends', async (t) => {
  const seen = globalThis as unknown as { afterEndless: string[] }
  // inject() has no server that would.
  const alive = setInterval(() => {}, 60_000)
  t.teardown(() => { clearInterval(alive) })
  for (const name of HTTP1) {
    seen.afterEndless = []
    const host = await start(name, { dir, closeTimeout: 100, shadow: { '/endless/[kind]': { handler: plain, timeout: 50, onDifference } } })
    for (const kind of ['handler', 'stream']) {
      const report = next()
      t.equal((await host.send(`/endless/${kind}`)).text, 'plain')
      t.same((await report).differences, [{ where: 'status', old: 200, new: 504 }, { where: 'header x-failed', new: 'endless/[kind]/route.js: no answer within 50 ms' }], `${name}: it is cut after its time, and reported`)
    }
    await host.close()
    // To inject(), an answer that is out is a client that has left.
    const reason = name === 'fastify inject' ? 'AbortError' : 'TimeoutError'
    t.same(seen.afterEndless.sort(), [reason, reason, 'after', 'after', 'cancelled'], `${name}: its signal is aborted, its stream cancelled, and after() runs`)

    seen.afterEndless = []
    const closing = await start(name, { dir, closeTimeout: 100, shadow: { '/endless/[kind]': { handler: plain, onDifference } } })
    const stopped = next()
    for (const kind of ['handler', 'stream', 'obeys']) await closing.send(`/endless/${kind}`)
    await closing.close()
    t.same((await stopped).path, '/endless/obeys', 'one that obeys its signal ends before, and is compared')
    t.same(seen.afterEndless.sort(), ['AbortError', 'AbortError', 'AbortError', 'after', 'after', 'after', 'cancelled'], `${name}: a closing server waits for closeTimeout alone`)
  }
})

t.test('an upstream as old code, compressed, and hooks of the host', async (t) => {
  const old = Fastify()
  await old.register(import('@fastify/compress'), { threshold: 0 })
  old.get('/same', async () => ({ a: 2, q: null }))
  const upstream = await old.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => old.close())
  const host = await start('fastify', { dir, shadow: { '/same': { upstream, ignore: ['vary'], onDifference } }, fastify: (server) => { server.addHook('onRequest', async (_request, reply) => { reply.header('x-host', 'on both') }) } })
  t.teardown(() => host.close())
  const report = next()
  const { headers } = await host.send({ path: '/same', headers: { 'accept-encoding': 'gzip' } })
  t.equal(headers['content-encoding'], 'gzip')
  t.same((await report).differences, [{ where: '$.a', old: 2, new: 1 }])
})

t.test('options that cannot be are told', async (t) => {
  const reject = async (shadow: any, message: RegExp): Promise<void> => {
    const fastify = Fastify()
    fastify.register(appRoutes, { dir, shadow })
    await t.rejects(Promise.resolve(fastify.ready()), { code: 'FAR_ERR_OPTION', message })
  }
  await reject({ '/nothing': { handler: legacy } }, /`shadow\['\/nothing'\]` is for no route with GET or HEAD/)
  await reject({ '/same': {} }, /needs a `handler` or an `upstream`/)
  await reject({ '/same': { handler: legacy, sample: 2 } }, /`shadow\['\/same'\]\.sample` must be a number from 0 to 1, not 2/)
  await reject({ '/same': { handler: legacy, timeout: 0 } }, /`shadow\['\/same'\]\.timeout` must be a positive whole number of milliseconds/)
  await reject({ '/same': { handler: legacy, ignore: ['$.a..b'] } }, /\.ignore` must be an array/)
  await reject({ '/same': { handler: legacy, samples: 1 } }, /Unknown option `shadow\['\/same'\]\.samples`\. Did you mean `shadow\['\/same'\]\.sample`\?/)
  await t.rejects(expressRoutes({ dir, shadow: { '/other': {} } }).ready(), { code: 'FAR_ERR_OPTION' })
})

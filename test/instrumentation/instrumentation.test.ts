/** `instrumentation.ts`: `register()` and `onRequestError()`, with what real Next.js 16.4 was seen to give them. */
import Fastify from 'fastify'
import { mkdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import t from 'tap'
import { onEveryHost, start, type HostName } from '../hosts.ts'

/** What the files of the tests tell. */
const log: any[] = (globalThis as any).instrumentationLog = []
t.beforeEach(() => { log.length = 0 })

const REGISTER = "export async function register () { await null; globalThis.instrumentationLog.push('register ' + process.env.NEXT_RUNTIME) }\n"
const REPORT = `export const onRequestError = async (error, request, context) => {
  await null
  globalThis.instrumentationLog.push({ error, request, context })
}
`
const ROUTE = "globalThis.instrumentationLog.push('route ' + process.env.NEXT_RUNTIME)\nexport const GET = () => new Response()"

t.test('register() runs once, before any route file is loaded, and is waited for', async (t) => {
  const dir = t.testdir({ 'instrumentation.ts': REGISTER, app: { 'route.js': ROUTE, x: { 'route.js': ROUTE } } }) + '/app'
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(appRoutes, dir)
  await fastify.register(appRoutes, { dir, prefix: '/again' })
  t.same(log, ['register nodejs', 'route nodejs', 'route nodejs'])
  const middleware = expressRoutes(dir)
  await middleware.ready()
  await middleware.close()
  t.equal(log.length, 3, 'nor for a second server of the process')
})

t.test('NEXT_RUNTIME is there as long as the server, and left alone where it is set', async (t) => {
  const dir = t.testdir({ 'route.js': 'export const GET = () => new Response(process.env.NEXT_RUNTIME)' })
  t.equal(process.env.NEXT_RUNTIME, undefined)
  const host = await start('fastify', { dir })
  const other = await start('express 5', { dir })
  t.equal((await host.send('/')).text, 'nodejs')
  await host.close()
  t.equal((await other.send('/')).text, 'nodejs')
  await other.close()
  t.equal(process.env.NEXT_RUNTIME, undefined)
  process.env.NEXT_RUNTIME = 'edge'
  t.teardown(() => { delete process.env.NEXT_RUNTIME })
  const third = await start('node:http', { dir })
  t.equal((await third.send('/')).text, 'edge')
  await third.close()
  t.equal(process.env.NEXT_RUNTIME, 'edge')
})

t.test('AsyncLocalStorage is a global as long as the server, unless it is one already', async (t) => {
  const globals = globalThis as { AsyncLocalStorage?: unknown }
  const dir = t.testdir({ 'route.js': 'const storage = new globalThis.AsyncLocalStorage()\nexport const GET = () => storage.run(1, () => Response.json(storage.getStore()))' })
  for (const kind of ['fastify', 'express 5'] as const) {
    const host = await start(kind, { dir })
    t.equal((await host.send('/')).text, '1')
    t.notOk(Object.keys(globalThis).includes('AsyncLocalStorage'))
    await host.close()
    t.notOk('AsyncLocalStorage' in globals)
  }
  const own = globals.AsyncLocalStorage = class {}
  t.teardown(() => { delete globals.AsyncLocalStorage })
  await (await start('fastify', { dir: t.testdir() })).close()
  t.equal(globals.AsyncLocalStorage, own)
})

t.test('the file is beside the app directory, or above a src folder', async (t) => {
  const file = (name: string): string => `export const register = () => { globalThis.instrumentationLog.push(${JSON.stringify(name)}) }`
  const layouts: Array<[files: Record<string, string>, dir: string, expected: string[]]> = [
    [{ 'instrumentation.js': file('js'), 'instrumentation.ts': file('ts') }, 'app', ['ts']],
    [{ 'instrumentation.mjs': file('mjs') }, 'routes', ['mjs']],
    [{ 'instrumentation.cjs': "exports.register = () => { globalThis.instrumentationLog.push('cjs') }" }, 'app', ['cjs']],
    [{ 'package.json': '{}', 'instrumentation.js': "module.exports = { register () { globalThis.instrumentationLog.push('commonjs') } }" }, 'app', ['commonjs']],
    [{ 'instrumentation.js': "function register () { globalThis.instrumentationLog.push('list') }\nexport { register }" }, 'app', ['list']],
    [{ 'instrumentation.js': "export * from './other.js'", 'other.js': file('star') }, 'app', ['star']],
    [{ 'src/instrumentation.js': file('src'), 'instrumentation.js': file('root') }, 'src/app', ['src']],
    [{ 'instrumentation.js': file('above src') }, 'src/app', ['above src']],
    [{ 'instrumentation.js': file('two above') }, 'lib/app', []],
    [{ 'app/instrumentation.js': file('inside') }, 'app', []],
    // What OpenTelemetry's guides call so is set up by `--import`.
    [{ 'instrumentation.mjs': "globalThis.instrumentationLog.push('evaluated')\nconst provider = { register () {} }\nprovider.register()\nexport const sdk = 1" }, 'app', []]
  ]
  const root = t.testdir()
  for (const [index, [files, dir, expected]] of layouts.entries()) {
    const project = path.join(root, String(index))
    for (const [name, text] of Object.entries({ ...files, [`${dir}/route.js`]: 'export const GET = () => new Response()' })) {
      mkdirSync(path.dirname(path.join(project, name)), { recursive: true })
      writeFileSync(path.join(project, name), text)
    }
    log.length = 0
    await (await start('fastify inject', { dir: path.join(project, dir) })).close()
    t.same(log, expected, JSON.stringify(files))
  }
})

t.test('the option names another file, or none', async (t) => {
  const root = t.testdir({
    'instrumentation.js': "export const register = () => { globalThis.instrumentationLog.push('found') }",
    'mine.ts': "export default { register: () => { globalThis.instrumentationLog.push('mine') } }",
    app: { 'route.js': 'export const GET = () => new Response()' }
  })
  const dir = path.join(root, 'app')
  for (const instrumentation of [path.join(root, 'mine.ts'), pathToFileURL(path.join(root, 'mine.ts')), false] as const) {
    await (await start('fastify inject', { dir, instrumentation })).close()
  }
  t.same(log, ['mine'])
  const refuses = async (instrumentation: any, message: RegExp): Promise<void> => {
    await t.rejects(async () => { await Fastify().register(appRoutes, { dir, instrumentation }) }, { code: 'FAR_ERR_OPTION', message })
  }
  await refuses(path.join(root, 'none.js'), /The option `instrumentation` names .*none\.js, which does not exist/)
  await refuses(true, /The option `instrumentation` must be a path, a file: URL, or false, not true/)
})

t.test('a file that fails keeps the server from starting, and may succeed later', async (t) => {
  const dir = t.testdir({
    load: { 'instrumentation.js': "throw new Error('at load')\nexport function register () {}", app: {} },
    register: { 'instrumentation.js': "export const register = async () => { globalThis.instrumentationLog.push('tried'); if (globalThis.instrumentationLog.length < 3) throw new Error('no exporter') }", app: {} },
    kind: { 'instrumentation.js': 'export const onRequestError = 1', app: {} }
  })
  for (const [name, message] of [['load', /^An error occurred while loading instrumentation hook: at load \(.*instrumentation\.js\)\. Correct the file, or/], ['register', /hook: no exporter/], ['kind', /`onRequestError` is exported, and is not a function/]] as const) {
    await t.rejects(async () => { await Fastify().register(appRoutes, `${dir}/${name}/app`) }, { code: 'FAR_ERR_INSTRUMENTATION', message })
  }
  const middleware = expressRoutes(`${dir}/register/app`)
  await t.rejects(middleware.ready(), { code: 'FAR_ERR_INSTRUMENTATION' })
  t.equal(process.env.NEXT_RUNTIME, undefined, 'what is in the process was taken back')
  await (await start('fastify inject', { dir: `${dir}/register/app` })).close()
  t.same(log, ['tried', 'tried', 'tried'])
})

const FAILING = {
  'instrumentation.js': REPORT,
  app: {
    api: { '[id]': { '(group)': { throws: { 'route.js': "export const GET = () => { throw new Error('boom') }\nexport const POST = async () => { throw 'text' }" } } } },
    nothing: { 'route.js': 'export const GET = () => {}' },
    redirects: { 'route.js': "import { redirect } from 'next/navigation'\nexport const GET = () => redirect('/x')" },
    missing: { 'route.js': "import { notFound } from 'next/navigation'\nexport const GET = async () => notFound()" },
    status: { 'route.js': "export const GET = () => new Response('x', { status: 503 })" },
    fine: { 'route.js': "import { after } from 'next/server'\nexport const GET = () => { after(() => { throw new Error('after') }); return new Response('fine') }" },
    large: { 'route.js': 'export const config = { bodyLimit: 5 }\nexport const POST = async (request) => new Response(await request.text())' },
    kept: { 'route.js': "export const revalidate = 60\nexport const GET = () => { throw new Error('kept') }" },
    'icon.js': "export default () => { throw new Error('icon') }"
  }
}

const seen = (): unknown[] => log.map(({ error, request: { path, method }, context }) => [error?.message ?? error, method, path, context])
const context = (routePath: string, routerKind = 'App Router', revalidateReason?: string): object => ({ routerKind, routePath, routeType: 'route', revalidateReason })
const keptContext = (routePath: string): object => context(routePath, 'App Router', 'stale')

t.test('onRequestError() is told of each failed request, before the client is answered', async (t) => {
  const dir = t.testdir(FAILING) + '/app'
  onEveryHost(t, { dir }, async (t, host) => {
    log.length = 0
    const answer = await host.send({ path: '/api/7/throws?x=1', headers: { 'x-own': 'yes' } })
    t.equal(answer.status, 500)
    t.same(seen(), [['boom', 'GET', '/api/7/throws?x=1', context('/api/[id]/throws')]])
    t.match(log[0].request.headers, { 'x-own': 'yes' })
    t.notOk(Object.keys(log[0].request.headers).some((name) => name.startsWith(':')))
    t.same(Object.keys(log[0].context), ['routerKind', 'routePath', 'routeType', 'revalidateReason'])
    log.length = 0
    await host.send({ path: '/api/7/throws', method: 'POST', body: 'x' })
    await host.send('/icon')
    await host.send('/kept')
    t.same(seen(), [['text', 'POST', '/api/7/throws', context('/api/[id]/throws')], ['icon', 'GET', '/icon', keptContext('/icon')], ['kept', 'GET', '/kept', keptContext('/kept')]])
    log.length = 0
    await host.send('/nothing')
    t.match(seen(), [[/^No response is returned from route handler 'nothing\/route\.js'/, 'GET', '/nothing', context('/nothing')]])
    log.length = 0
    for (const url of ['/redirects', '/missing', '/status', '/fine', '/none']) await host.send(url)
    for (const method of ['DELETE', 'OPTIONS']) await host.send({ path: '/nothing', method })
    t.equal((await host.send({ path: '/large', method: 'POST', body: 'much too large' })).status, 413)
    t.same(seen(), [], 'what is no failure of a handler is not told')
  })
})

t.test('streams that fail are told, those that nobody waits for are not', async (t) => {
  const dir = t.testdir({
    'instrumentation.js': REPORT,
    app: {
      early: { 'route.js': "export const GET = () => new Response(new ReadableStream({ pull (c) { c.error(new Error('early')) } }))" },
      late: { 'route.js': "let n = 0\nexport const GET = () => new Response(new ReadableStream({ async pull (c) { await null; if (n++ % 2) c.error(new Error('late')); else c.enqueue(new Uint8Array(5)) } }))" },
      endless: { 'route.js': 'export const GET = () => new Response(new ReadableStream({ async pull (c) { await new Promise(setImmediate); c.enqueue(new Uint8Array(5)) } }))' }
    }
  }) + '/app'
  onEveryHost(t, { dir }, async (t, host) => {
    log.length = 0
    t.equal((await host.send('/early')).status, 500)
    await host.send('/late').catch(() => {})
    await new Promise<void>((resolve) => {
      const request = http.get(host.url + '/endless', (response) => { response.once('data', () => { request.destroy() }) })
      request.on('close', resolve).on('error', () => {})
    })
    t.same(seen(), [['early', 'GET', '/early', context('/early')], ['late', 'GET', '/late', context('/late')]])
  }, ['fastify', 'express 4', 'express 5', 'node:http'])
})

t.test('an error of onRequestError() is logged, and changes nothing', async (t) => {
  const dir = t.testdir({
    'instrumentation.js': "export function onRequestError () { throw new Error('hook') }",
    app: { 'route.js': "export const GET = () => { throw new Error('boom') }" }
  }) + '/app'
  const host = await start('fastify', { dir })
  t.teardown(() => host.close())
  t.match(await host.send('/'), { status: 500, text: '' })
  t.match(host.errors, [{ msg: 'Error in instrumentation.onRequestError', err: { message: 'hook' } }, { err: { message: 'boom' } }])
})

t.test("the host's error handler gets its turn afterwards; close() waits", async (t) => {
  const dir = t.testdir({
    'instrumentation.js': `export async function onRequestError (error) {
      globalThis.instrumentationLog.push('begun')
      await globalThis.instrumentationLog.released
      globalThis.instrumentationLog.push('told')
    }`,
    app: { 'route.js': "export const GET = () => { throw new Error('boom') }" }
  }) + '/app'
  for (const name of ['fastify', 'express 5'] as HostName[]) {
    log.length = 0
    let release!: () => void
    ;(log as any).released = new Promise<void>((resolve) => { release = resolve })
    const host = await start(name, { dir, fastify: (server) => { server.setErrorHandler((error, _request, reply) => { log.push('handler'); reply.code(418).send((error as Error).message) }) } })
    const answer = host.send('/')
    while (log.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const closed = host.close().then(() => { log.push('closed') })
    release()
    t.equal((await answer).status, name === 'fastify' ? 418 : 500)
    await closed
    t.same(log, ['begun', 'told', ...(name === 'fastify' ? ['handler'] : []), 'closed'])
  }
})

t.test('handlers under pages/api are told of as those of the Pages Router', async (t) => {
  const root = t.testdir({
    'instrumentation.js': REPORT,
    app: {},
    pages: { api: { '[id].js': "export default (req, res) => { if (req.query.id === 'fine') return res.json({}); throw new Error('api') }" } }
  })
  const host = await start('fastify', { dir: root + '/app', pagesDir: root + '/pages' })
  t.teardown(() => host.close())
  await host.send('/api/fine')
  t.equal((await host.send('/api/1?a')).status, 500)
  t.same(seen(), [['api', 'GET', '/api/1?a', context('/api/[id]', 'Pages Router')]])
})

t.test('a handler in the shadow of old code is not told of', async (t) => {
  const dir = t.testdir({ 'instrumentation.js': REPORT, app: { 'route.js': "export const GET = () => { throw new Error('boom') }" } }) + '/app'
  const reports: unknown[] = []
  const host = await start('fastify', { dir, shadow: { '/': { handler: (_req: any, res: any) => res.end('old'), onDifference: (report: unknown) => { reports.push(report) } } } } as any)
  t.equal((await host.send('/')).text, 'old')
  await host.close()
  t.equal(reports.length, 1)
  t.same(log, [])
})

t.test('an onRequestError() that fails where no request is harms nothing', async (t) => {
  const root = t.testdir({
    'instrumentation.js': 'export const onRequestError = () => { throw new Error("reporter") }',
    app: { ahead: { 'route.js': 'export const dynamic = "force-static"\nexport const GET = () => { throw new Error("ahead") }' } }
  })
  const logged: string[] = []
  const server = Fastify({ logger: { level: 'error', stream: { write (line: string) { logged.push(JSON.parse(line).err?.message) } } } })
  t.teardown(() => server.close())
  await server.register(appRoutes, { dir: `${root}/app` })
  await server.ready()
  for (const end = Date.now() + 5000; !(logged.includes('reporter') && logged.includes('ahead')) && Date.now() < end;) await new Promise((resolve) => { setTimeout(resolve, 20) })
  t.ok(logged.includes('reporter') && logged.includes('ahead'), logged.join())
  t.equal((await server.inject('/ahead')).statusCode, 500)
})

/** What `revalidatePath()` reaches, however a path is spelled and wherever the directory is mounted. */
import t from 'tap'
import { start, type HostName, type Received, type RunningHost, type StartOptions } from '../hosts.ts'

const route = 'let made = 0\nexport const dynamic = "force-static"\nexport const GET = () => new Response(String(++made))'
const looking = 'import { unstable_cache } from "next/cache"\nlet made = 0\nconst f = unstable_cache(async () => ++made, ["f"])\nexport const GET = async (request) => new Response(request.headers.get("x-a") ?? String(await f()))'
const dir = t.testdir({
  'route.js': route,
  p: { 'route.js': route },
  u: { '[id]': { 'route.js': route } },
  ü: { 'route.js': route },
  data: { '[id]': { 'route.js': looking } }
})

async function serve (t: any, name: HostName, options: Partial<StartOptions> = {}): Promise<RunningHost> {
  const host = await start(name, { dir, cache: { prerender: 'lazy' }, ...options })
  t.teardown(() => host.close())
  return host
}

const state = ({ headers }: Received): unknown => headers['x-nextjs-cache']
const handle = (host: RunningHost): NonNullable<RunningHost['middleware']>['cache'] => host.fastify?.appRoutes ?? host.middleware!.cache

/** Whether what was made by a request is dropped by a call. */
async function drops (host: RunningHost, requested: string, ...call: [string, ('page' | 'layout')?]): Promise<boolean> {
  await host.send(requested)
  const before = await host.send(requested)
  if (!requested.includes('data') && state(before) !== 'HIT') throw new Error(`${requested}: ${before.status} ${String(state(before))}`)
  await handle(host).revalidatePath(...call)
  return (await host.send(requested)).text !== before.text
}

t.test('however it is spelled', async (t) => {
  for (const name of ['fastify', 'express 5'] as const) {
    const host = await serve(t, name)
    const same = [['/u/%C3%BC', '/u/ü'], ['/u/%C3%BC', '/u/%c3%bc'], ['/u/%c3%bc', '/u/%C3%BC'], ['/u/h%65llo', '/u/hello'], ['/u/hello', '/u/h%65llo'], ['/u/a%2fb', '/u/a%2Fb'], ['/u/a%20b', '/u/a b'], ['/u/@me,too', '/u/@me,too'], ['/u/@me,too', '/u/%40me%2ctoo'], ['/%C3%BC', '/ü'], ['/', '/'], ['/p', '/p/']]
    for (const [requested, dropped] of same) t.equal(await drops(host, requested!, dropped!), true, `${name}: ${requested} by ${dropped}`)
    for (const [requested, dropped] of [['/u/a%2fb', '/u/a/b'], ['/u/a', '/u/A'], ['/p', '/']]) t.equal(await drops(host, requested!, dropped!), false, `${requested} by ${dropped}`)
    t.equal(await drops(host, '/%C3%BC', '/ü', 'page'), true)
    t.equal(await drops(host, '/%C3%BC', '/%c3%bc', 'layout'), true)
    t.equal(await drops(host, '/data/%C3%BC', '/data/ü'), true, 'what was computed, too')
    t.equal(await drops(host, '/u/1', '/u/%zz'), false, 'what is no path is no error')
  }
})

t.test('with a slash at the end', async (t) => {
  for (const name of ['fastify', 'express 5'] as const) {
    for (const options of [{ trailingSlash: true }, { trailingSlash: 'ignore' }, { skipTrailingSlashRedirect: true }, { trailingSlash: true, basePath: '/docs' }] as const) {
      // Fastify's own router has to take them.
      const host = await serve(t, name, { ...options, fastifyOptions: { routerOptions: { ignoreTrailingSlash: true } } })
      const base = 'basePath' in options ? options.basePath : ''
      for (const path of ['/p', '/p/', `${base}/p`, `${base}/p/`]) t.equal(await drops(host, `${base}/p/`, path), true, `${name} ${JSON.stringify(options)} ${path}`)
      t.equal(await drops(host, `${base}/u/1/`, '/u/[id]', 'page'), true)
      t.equal(await drops(host, `${base}/u/1/`, `${base}/u/[id]/`, 'page'), true)
    }
  }
})

t.test('with what stands in front, and without', async (t) => {
  const ways: Array<[HostName, Partial<StartOptions>, string]> = [
    ['fastify', { prefix: '/api/v1' }, '/api/v1'], ['express 5', { prefix: '/api/v1' }, '/api/v1'], ['express 4', { prefix: '/api/v1' }, '/api/v1'],
    ['fastify', { basePath: '/api/v1' }, '/api/v1'], ['express 5', { basePath: '/api/v1', prefix: '/api/v1' }, '/api/v1'], ['node:http', { basePath: '/api/v1' }, '/api/v1'],
    ['fastify', { prefix: '/:tenant' }, '/alice'], ['fastify', { prefix: '/api/v1', cache: { prerender: 'startup' } }, '/api/v1']
  ]
  for (const [name, options, base] of ways) {
    const host = await serve(t, name, options)
    for (const front of ['', base]) {
      const is = async (isDropped: boolean, requested: string, ...call: [string, ('page' | 'layout')?]): Promise<void> => {
        t.equal(await drops(host, base + requested, ...call), isDropped, `${name} ${JSON.stringify(options)}: ${base}${requested} by ${call.join()}`)
      }
      await is(true, '/u/1', `${front}/u/1`)
      await is(true, '/u/1', `${front}/u/[id]`, 'page')
      await is(true, '/u/1', `${front}/u`, 'layout')
      await is(true, '/u/1', `${front}/u/[id]`, 'layout')
      await is(true, '/u/1', front === '' ? '/' : front, 'layout')
      await is(true, '/data/1', `${front}/data/[id]`, 'page')
      await is(false, '/u/1', `${front}/p`, 'layout')
      await is(false, '/u/1', `${front}/u`, 'page')
      await is(true, '', front === '' ? '/' : front)
      await is(true, '', front === '' ? '/' : front, 'page')
      await is(false, '', `${front}/u`, 'layout')
    }
  }
})

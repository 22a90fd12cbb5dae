/** What handlers fetch and compute, as it is kept. */
/* eslint no-template-curly-in-string: 'off' -- files are written here */
import Fastify from 'fastify'
import t from 'tap'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import appRoutes, { type CacheMessage } from 'fastify-app-routes'
import { origin, type Origin } from './origin.ts'
import { start, type HostName, type RunningHost, type StartOptions } from '../hosts.ts'
import { until } from './redis-server.ts'

const NEXT = 'import { revalidateTag, unstable_cache, unstable_noStore } from "next/cache"\nimport { cookies, draftMode, headers } from "next/headers"\nimport { connection } from "next/server"\n'

/** A handler is the text of one of `get`'s expressions; `url` is of the origin. */
async function serve (t: any, name: HostName, handlers: Record<string, string>, from: Origin, options: Partial<StartOptions> = {}): Promise<RunningHost> {
  const files = Object.fromEntries(Object.entries(handlers).map(([key, text]) => [key, {
    'route.js': `${NEXT}const url = ${JSON.stringify(from.url)}\nconst text = async (...args) => (await fetch(...args)).text()\n${text.includes('GET') ? text : `export const GET = async (request) => new Response(String(await (${text})))`}`
  }]))
  const host = await start(name, { dir: t.testdir(files), cache: { prerender: 'lazy' }, ...options })
  t.teardown(() => host.close())
  return host
}

const get = async (host: RunningHost, path: string): Promise<string> => (await host.send(path)).text

for (const name of ['fastify', 'node:http'] as const) {
  t.test(`fetch: ${name}`, async (t) => {
    const from = await origin(t)
    const host = await serve(t, name, {
      plain: 'text(`${url}/a`)',
      forced: 'text(`${url}/a`, { cache: "force-cache" })',
      other: 'text(`${url}/a`, { cache: "force-cache", headers: { "x-a": request.headers.get("x-a") ?? "" } })',
      timed: 'text(`${url}/timed`, { next: { revalidate: 0.1 } })',
      tagged: 'text(`${url}/tagged`, { cache: "force-cache", next: { tags: ["t"] } })',
      drop: '(revalidateTag("t", { expire: 0 }), "dropped")',
      write: 'text(`${url}/tagged`, { cache: "force-cache", next: { tags: ["t"] } }).then(async (before) => { revalidateTag("t", "max"); return (before !== await text(`${url}/tagged`, { cache: "force-cache", next: { tags: ["t"] } })) })',
      head: 'fetch(`${url}/head`, { method: "HEAD", cache: "force-cache" }).then(async (r) => r.headers.get("x-count") + await r.text())',
      bytes: 'fetch(`${url}/bytes`, { cache: "force-cache" }).then(async (r) => [...await r.bytes?.() ?? new Uint8Array(await r.arrayBuffer())].join())',
      failed: 'text(`${url}/status/500`, { cache: "force-cache" })',
      large: 'text(`${url}/large`, { cache: "force-cache" }).then(({ length }) => length)',
      moved: 'fetch(`${url}/moved`, { cache: "force-cache" }).then(async (r) => new URL(r.url).pathname + await r.text() + r.headers.get("x-count"))',
      posted: 'text(new Request(`${url}/p`, { method: "POST", body: request.nextUrl.search }), { cache: "force-cache" })',
      slow: 'text(`${url}/slow`, { cache: "force-cache" })',
      often: 'text(`${url}/slow?often`, { next: { revalidate: 0.2 } })',
      both: 'text(`${url}/both`, { cache: "no-store", next: { revalidate: 60 } })',
      draft: 'draftMode().then((mode) => mode.enable())'
    }, from)

    t.not(await get(host, '/plain'), await get(host, '/plain'), '16 keeps nothing unless it is asked to')
    const forced = await get(host, '/forced')
    t.equal(await get(host, '/forced'), forced)
    const other = await get(host, '/other')
    t.not(other, forced, 'headers make another one')
    t.equal(await get(host, '/other'), other)
    t.not((await host.send({ path: '/other', headers: { 'x-a': '1' } })).text, other)

    const timed = await get(host, '/timed')
    t.equal(await get(host, '/timed'), timed)
    await sleep(110)
    t.equal(await get(host, '/timed'), timed, 'stale once more')
    await until(async () => await get(host, '/timed') !== timed)

    const tagged = await get(host, '/tagged')
    t.equal(await get(host, '/tagged'), tagged)
    await get(host, '/drop')
    t.not(await get(host, '/tagged'), tagged)

    t.equal(await get(host, '/write'), 'true', 'whoever has invalidated something does not see it any more, stale or not')

    const head = await get(host, '/head')
    t.equal(await get(host, '/head'), head)

    t.equal(await get(host, '/bytes'), Array.from({ length: 256 }, (_, index) => index).join())
    t.equal(await get(host, '/bytes'), Array.from({ length: 256 }, (_, index) => index).join())
    t.equal(from.seen.filter(({ url }) => url === '/bytes').length, 1)

    t.not(await get(host, '/failed'), await get(host, '/failed'), 'what is no success is not kept')
    for (const size of ['3145728', '3145728']) t.equal(await get(host, '/large'), size)
    t.equal(from.seen.filter(({ url }) => url === '/large').length, 2, 'nor what is large')

    const moved = await get(host, '/moved')
    t.match(moved, /^\/there\d+/)
    t.equal(await get(host, '/moved'), moved, 'url and headers come with it')

    const posted = await get(host, '/posted?a')
    t.equal(await get(host, '/posted?a'), posted)
    t.not(await get(host, '/posted?b'), posted)
    t.same(from.bodies.filter((body) => body.startsWith('?')), ['?a', '?b'])

    t.equal(new Set(await Promise.all(Array.from({ length: 10 }, () => get(host, '/slow')))).size, 1)
    t.equal(from.seen.filter(({ url }) => url === '/slow').length, 1, 'one fetches, the others wait')
    const often = async (): Promise<string[]> => [...new Set(await Promise.all(Array.from({ length: 10 }, () => get(host, '/often'))))]
    const [before, ...others] = await often()
    t.same(others, [])
    await sleep(210)
    t.same(await often(), [before])
    await until(async () => await get(host, '/often') !== before)
    t.equal(from.seen.filter(({ url }) => url === '/slow?often').length, 2, 'one fetches what is stale')

    t.equal((await host.send('/both')).status, 200, 'a contradiction is a warning')

    const cookie = String((await host.send('/draft')).headers['set-cookie']).split(';')[0]!
    t.not((await host.send({ path: '/forced', headers: { cookie } })).text, forced, 'a draft is fresh')
    t.equal(await get(host, '/forced'), forced)

    from.fail = true
    t.equal(await get(host, '/forced'), forced)
    await sleep(110)
    t.equal((await host.send('/timed')).status, 200, 'stale, where there is nothing new')
    t.equal((await host.send('/plain')).status, 500)
    from.fail = false
  })
}

t.test('what never ends is not waited for by all who come later', async (t) => {
  let isHanging = true
  let count = 0
  const server = http.createServer((req, res) => {
    count++
    if (!isHanging) res.end(String(count))
    else if (req.url === '/left') res.write('its beginning')
  }).listen(0)
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const from: Origin = { url: `http://localhost:${(server.address() as AddressInfo).port}`, seen: [], bodies: [], fail: false }
  const host = await serve(t, 'fastify', {
    fetched: 'text(`${url}/fetched`, { cache: "force-cache" })',
    signal: 'text(`${url}/fetched`, { cache: "force-cache", signal: AbortSignal.timeout(100) }).catch(({ name }) => name)',
    request: 'text(new Request(`${url}/fetched`, { signal: AbortSignal.abort() }), { cache: "force-cache" }).catch(({ name }) => name)',
    left: 'text(`${url}/left`, { cache: "force-cache", signal: AbortSignal.timeout(100) }).catch(({ name }) => name)',
    computed: 'let made = 0\nconst f = unstable_cache(async () => { if (++made === 1) await new Promise(() => {}); return made }, ["hangs"])\nexport const GET = async () => new Response(String(await f()))',
    inTurn: 'let made = 0\nconst f = unstable_cache(async () => { const own = ++made; if (own === 1) await new Promise((r) => { globalThis.endFirst = r }); return own }, ["turn"], { tags: ["turn"] })\nexport const GET = async () => new Response(String(await f()))'
  }, from)
  const slow = { fetched: get(host, '/fetched').catch(String), computed: get(host, '/computed').catch(String) }
  await until(() => count === 1)
  const started = performance.now()
  t.equal(await get(host, '/signal'), 'TimeoutError', 'whoever waits for another is ended by his own signal')
  t.equal(await get(host, '/request'), 'AbortError')
  t.ok(performance.now() - started < 2000)
  t.equal(await get(host, '/left'), 'TimeoutError')
  await sleep(20)
  t.same(host.errors, [], 'to give up is no error')

  isHanging = false
  const later = await Promise.all(['/fetched', '/computed'].map((path) => get(host, path)))
  t.equal(later[1], '2', 'after 10 s whoever waits makes it himself')
  t.equal(await get(host, '/fetched'), later[0], '... for all')
  t.equal(await get(host, '/computed'), '2')

  const first = get(host, '/inTurn')
  await until(() => 'endFirst' in globalThis)
  await host.fastify!.appRoutes.revalidateTag('turn')
  t.equal(await get(host, '/inTurn'), '2', 'nobody waits for what was begun before an invalidation')
  ;(globalThis as unknown as { endFirst: () => void }).endFirst()
  t.equal(await first, '1')
  server.closeAllConnections()
  await slow.fetched
  // The one that never ends holds up the server otherwise.
  host.fastify!.server.closeAllConnections()
})

t.test('fetch: by major, and by what was looked at before', async (t) => {
  const from = await origin(t)
  const handlers = {
    plain: 'text(`${url}/plain`)',
    looked: 'export const GET = async (request) => { request.headers.get("x-a"); return new Response(await text(`${url}/looked`)) }',
    fresh: 'export const fetchCache = "force-no-store"\nexport const GET = async () => new Response(await text(`${url}/fresh`, { next: { revalidate: 60 } }))',
    kept: 'export const fetchCache = "default-cache"\nexport const dynamic = "force-dynamic"\nexport const GET = async () => new Response(await text(`${url}/kept`))',
    wrong: 'export const fetchCache = "only-no-store"\nexport const GET = async () => new Response(await text(`${url}/wrong`, { cache: "force-cache" }))',
    none: 'unstable_noStore(), text(`${url}/none`)',
    invalid: 'text(`${url}/invalid`, { next: { revalidate: -1 } })'
  }
  const kept: Record<number, string[]> = { 14: ['plain', 'kept'], 16: ['kept'] }
  for (const compat of [14, 16] as const) {
    const host = await serve(t, 'fastify', handlers, from, { compat })
    for (const key of ['plain', 'looked', 'fresh', 'kept', 'none']) {
      const first = await get(host, `/${key}`)
      t.equal(await get(host, `/${key}`) === first, kept[compat]!.includes(key), `${compat} ${key}`)
    }
    for (const key of ['wrong', 'invalid']) t.equal((await host.send(`/${key}`)).status, 500, key)
    t.match(host.errors.map(({ err }) => err.message), [/only-no-store/, /Invalid revalidate value "-1"/])
    await host.close()
  }
})

t.test('fetch() outside of requests is what it was', async (t) => {
  const from = await origin(t)
  const own = globalThis.fetch
  const host = await serve(t, 'fastify', { a: 'text(`${url}/a`, { cache: "force-cache" })' }, from)
  t.equal(globalThis.fetch, own, 'nothing is replaced before it is needed')
  const first = await get(host, '/a')
  t.equal(await get(host, '/a'), first)
  const outside = async (): Promise<string> => await (await fetch(`${from.url}/a`, { cache: 'force-cache' } as object)).text()
  t.not(await outside(), await outside())
  t.equal(globalThis.fetch.name, 'fetch')
  await host.close()
  t.equal(globalThis.fetch, own, 'closing puts it back')

  const second = await serve(t, 'fastify', { b: 'text(`${url}/b`, { cache: "force-cache" })' }, from)
  await get(second, '/b')
  const theirs = ((...args: Parameters<typeof fetch>) => own(...args)) as typeof fetch
  globalThis.fetch = theirs
  await second.close()
  t.equal(globalThis.fetch, theirs, 'unless somebody else has replaced it')
  globalThis.fetch = own
})

t.test('unstable_cache', async (t) => {
  const from = await origin(t)
  const host = await serve(t, 'fastify', {
    args: 'let made = 0\nconst f = unstable_cache(async (a, b) => [a, b, ++made], ["args"])\nexport const GET = async ({ nextUrl: { searchParams } }) => Response.json(await f(searchParams.get("a"), { b: searchParams.get("b") }))',
    none: 'let made = 0\nconst f = unstable_cache(async () => { made++ }, ["none"])\nexport const GET = async () => new Response(String(await f()) + made)',
    throws: 'let made = 0\nconst f = unstable_cache(async () => { if (++made < 3) throw new Error("not yet"); return made }, ["throws"])\nexport const GET = async () => new Response(String(await f().catch(({ message }) => message)))',
    timed: 'let made = 0\nconst f = unstable_cache(async () => ++made, ["timed"], { revalidate: 0.1, tags: ["timed"] })\nexport const GET = async () => new Response(String(await f()))',
    cookies: 'const f = unstable_cache(async () => (await cookies()).get("a"), ["cookies"])\nexport const GET = async () => new Response(await f().catch(({ message }) => message))',
    headers: 'const f = unstable_cache(async () => (await headers()).get("a"), ["headers"])\nexport const GET = async () => new Response(await f().catch(({ message }) => message))',
    drops: 'const f = unstable_cache(async () => { revalidateTag("x", {}) }, ["drops"])\nexport const GET = async () => new Response(await f().catch(({ message }) => message))',
    nested: 'let made = 0\nconst inner = unstable_cache(async () => ++made, ["inner"])\nconst f = unstable_cache(async () => [await inner(), await inner()], ["outer"])\nexport const GET = async () => Response.json(await f())',
    often: 'let made = 0\nconst f = unstable_cache(async () => { await new Promise((r) => setTimeout(r, 50)); return ++made }, ["often"], { revalidate: 0.2 })\nexport const GET = async () => new Response(String(await f()))',
    plain: 'let made = 0\nconst f = unstable_cache(() => ++made, ["plain"])\nexport const GET = async () => new Response(String(await f()))',
    'plain-throws': 'let made = 0\nconst f = unstable_cache(() => { if (++made < 3) throw new Error("not yet"); return made }, ["plain-throws"])\nexport const GET = async () => new Response(String(await f().catch(({ message }) => message)))',
    bigint: 'let made = 0\nconst f = unstable_cache(async () => BigInt(++made), ["bigint"])\nexport const GET = async () => new Response(String(await f()))',
    'no-store': 'let made = 0\nconst f = unstable_cache(async () => { unstable_noStore(); return ++made }, ["no-store"])\nexport const GET = async () => new Response(String(await f()))',
    lasts: 'let made = 0\nconst f = async () => ++made\nexport const GET = async ({ nextUrl: { searchParams } }) => new Response(String(await unstable_cache(f, ["lasts"], { revalidate: searchParams.has("s") && 0.1 })()))',
    wrong: 'export const GET = () => { try { unstable_cache(async () => 1, [], { revalidate: 0 }) } catch ({ message }) { return new Response(message) } }'
  }, from)
  t.equal(await get(host, '/args?a=1&b=2'), '["1",{"b":"2"},1]')
  t.equal(await get(host, '/args?a=1&b=2'), '["1",{"b":"2"},1]')
  t.equal(await get(host, '/args?a=1&b=3'), '["1",{"b":"3"},2]')
  t.equal(await get(host, '/none'), 'undefined1')
  t.equal(await get(host, '/none'), 'undefined1')
  for (const text of ['not yet', 'not yet', '3', '3']) t.equal(await get(host, '/throws'), text)
  t.equal(await get(host, '/timed'), '1')
  t.equal(await get(host, '/timed'), '1')
  await sleep(110)
  t.equal(await get(host, '/timed'), '1', 'stale once more')
  await until(async () => await get(host, '/timed') === '2')
  await host.fastify!.appRoutes.revalidateTag('timed')
  t.equal(await get(host, '/timed'), '3')
  for (const name of ['cookies', 'headers']) t.match(await get(host, `/${name}`), RegExp(`used \`${name}\\(\\)\` inside a function cached with \`unstable_cache\\(\\)\``))
  t.match(await get(host, '/drops'), /cannot be called in a function cached|inside a function cached/)
  const nested = await get(host, '/nested')
  t.match(nested, /^\[\d,\d\]$/)
  t.equal(await get(host, '/nested'), nested)
  const often = async (): Promise<string[]> => [...new Set(await Promise.all(Array.from({ length: 10 }, () => get(host, '/often'))))]
  t.same(await often(), ['1'], 'one computes, the others wait')
  await sleep(210)
  t.same(await often(), ['1'])
  await until(async () => await get(host, '/often') === '2')
  t.match(await get(host, '/wrong'), /revalidate: 0 can not be passed/)
  for (const text of ['1', '1']) t.equal(await get(host, '/plain'), text, 'a function that is not asynchronous')
  for (const text of ['not yet', 'not yet', '3', '3']) t.equal(await get(host, '/plain-throws'), text)
  for (const text of ['1', '2', '3']) t.equal(await get(host, '/bigint'), text, 'what JSON has no text for is not kept')
  for (const text of ['1', '1']) t.equal(await get(host, '/no-store'), text, 'has no effect there')
  t.equal(await get(host, '/lasts'), '1')
  await sleep(110)
  t.equal(await get(host, '/lasts'), '1')
  t.equal(await get(host, '/lasts?s'), '1', 'stale for a call that wants it newer')
  await until(async () => await get(host, '/lasts') === '2')
})

t.test('unstable_cache outside of requests', async (t) => {
  const from = await origin(t)
  const host = await serve(t, 'fastify', {
    job: 'let made = 0\nexport const f = unstable_cache(async () => ++made, ["job"], { tags: ["job"] })\nexport const GET = async () => new Response(String(await f()))\nglobalThis.job = f'
  }, from)
  const { job } = globalThis as unknown as { job: () => Promise<number> }
  t.equal(await job(), 1)
  t.equal(await get(host, '/job'), '1', 'is kept in the same place')
  await host.fastify!.appRoutes.revalidateTag('job')
  t.equal(await job(), 2)
})

t.test('what happens is told', async (t) => {
  const from = await origin(t)
  const told: string[] = []
  const listen = (message: unknown): void => {
    const { event, kind, route } = message as CacheMessage
    told.push(`${event} ${kind} ${route}`)
  }
  subscribe('fastify-app-routes.cache', listen)
  t.teardown(() => unsubscribe('fastify-app-routes.cache', listen))
  const lines: string[] = []
  const server = Fastify({ logger: { level: 'debug', stream: { write (line: string) { lines.push(JSON.parse(line).msg) } } } })
  t.teardown(() => server.close())
  await server.register(appRoutes, {
    dir: t.testdir({ told: { '[id]': { 'route.js': `import { unstable_cache } from 'next/cache'\nconst f = unstable_cache(async () => 1, ['told'])\nexport const dynamic = 'force-static'\nexport const GET = async () => { await f(); await (await fetch(${JSON.stringify(from.url)}, { cache: 'force-cache' })).text(); return new Response() }` } } }),
    cache: { prerender: 'lazy' }
  })
  for (const id of ['1', '1', '2']) await server.inject(`/told/${id}`)
  const expected = [
    'miss route /told/[id]', 'miss function /told/[id]', 'miss fetch /told/[id]',
    'hit route /told/[id]',
    'miss route /told/[id]', 'hit function /told/[id]', 'hit fetch /told/[id]'
  ]
  t.same(told, expected)
  t.same(lines.filter((line) => line.startsWith('cache ')).map((line) => line.replace(/ \S+$/, '')), expected.map((line) => `cache ${line.replace(' /told/[id]', '').replace(' ', ': ')}`))
  t.match(server.appRoutes.counts, { hit: 3, miss: 4, stale: 0, bypass: 0, regeneration: 0, error: 0 })
})

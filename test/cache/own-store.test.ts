/** Stores that others have written, and what can be wrong with them. */
import t from 'tap'
import type { CacheEntry, CacheStore } from 'fastify-app-routes'
import { start, type RunningHost } from '../hosts.ts'
import { until } from './redis-server.ts'
import { state } from './serve.ts'

const dir = t.testdir({
  small: { '[id]': { 'route.js': 'let made = 0\nexport const dynamic = "force-static"\nexport const GET = () => new Response(String(++made))' } },
  big: { '[id]': { 'route.js': 'export const dynamic = "force-static"\nexport const GET = () => new Response("a".repeat(10_000))' } },
  tagged: { 'route.js': 'import { unstable_cache } from "next/cache"\nlet made = 0\nconst f = unstable_cache(async () => ++made, ["f"], { tags: ["t"] })\nexport const dynamic = "force-static"\nexport const GET = async () => new Response(String(await f()))' },
  drop: { 'route.js': 'import { revalidateTag } from "next/cache"\nexport const POST = () => { revalidateTag("t", { expire: 0 }); return new Response() }' },
  after: { 'route.js': 'import { revalidateTag } from "next/cache"\nimport { after } from "next/server"\nexport const POST = () => { after(() => { revalidateTag("t", { expire: 0 }) }); return new Response() }' }
})

class Store implements CacheStore {
  readonly isShared = false
  readonly entries = new Map<string, CacheEntry>()
  readonly tags = new Map<string, number>()
  readonly given: string[] = []
  /** How what is done to it goes wrong. */
  refuses: (key: string, entry: CacheEntry) => unknown = () => false
  invalidate: CacheStore['invalidate'] = this.drop
  find: (entry: CacheEntry | undefined, now: number) => any = (entry, now) => entry && { entry, tags: [...entry.tags].some((tag) => entry.createdAt <= (this.tags.get(tag) ?? 0)) ? 'expired' : 'fresh', now }

  now (): number { return performance.now() }
  get (key: string): any { return this.find(this.entries.get(key), this.now()) }

  set (key: string, entry: CacheEntry): any {
    this.given.push(key)
    const refusal = this.refuses(key, entry)
    if (refusal === true) throw new Error('refused')
    if (refusal !== false) return refusal
    this.entries.set(key, entry)
  }

  drop (tags: readonly string[]): void { for (const tag of tags) this.tags.set(tag, this.now()) }
}

async function serve (t: any, store: CacheStore): Promise<RunningHost> {
  const host = await start('fastify', { dir, cache: { store, prerender: 'lazy' } })
  t.teardown(() => host.close())
  return host
}

const lines = (host: RunningHost): string[] => host.errors.map(({ msg }) => msg)
const isLarge = (_key: string, { body }: CacheEntry): boolean => body.length > 1000

t.test('an entry that is not taken does not keep others out', async (t) => {
  const ways: Record<string, Store['refuses']> = {
    throws: isLarge,
    rejects: (...what) => isLarge(...what) ? Promise.reject(new Error('refused')) : false,
    'never answers': (...what) => isLarge(...what) ? new Promise(() => {}) : false
  }
  for (const [way, refuses] of Object.entries(ways)) {
    const store = Object.assign(new Store(), { refuses })
    const host = await serve(t, store)
    const count = way === 'never answers' ? 3 : 20
    for (let round = 0; round < 3; round++) {
      for (let id = 0; id < count; id++) {
        t.equal(state(await host.send(`/big/${id}`)), 'MISS')
        t.equal(state(await host.send(`/small/${way}${id}`.replaceAll(' ', '-'))), round === 0 ? 'MISS' : 'HIT', way)
      }
    }
    t.match(lines(host), [/^The cache store did not take route:\/big\/0, /], 'is told once')
    t.equal(lines(host).length, 1)
    t.equal(store.given.filter((key) => key.includes('big')).length, count, 'and each is given once')
  }
})

t.test('locks that fail are told once, and not asked for again and again', async (t) => {
  let asked = 0
  const store = Object.assign(new Store(), {
    isShared: true,
    lock: () => {
      asked++
      return Promise.reject(new Error('no locks'))
    }
  })
  const host = await serve(t, store)
  for (let id = 0; id < 20; id++) {
    t.equal(state(await host.send(`/small/${id}`)), 'MISS')
    t.equal(state(await host.send(`/small/${id}`)), 'HIT')
  }
  t.match(lines(host), [/^The cache store did not take a lock, /])
  t.equal(lines(host).length, 1)
  t.equal(asked, 1)
})

t.test('an entry with which the store fails for a moment is left out the second time', async (t) => {
  let isDown = false
  const refuses = (...what: [string, CacheEntry]): boolean => {
    if (isLarge(...what)) {
      isDown = true
      setTimeout(() => { isDown = false }, 50)
    }
    return isDown
  }
  const store = Object.assign(new Store(), { refuses })
  const host = await serve(t, store)
  for (let round = 0; round < 3; round++) {
    await host.send('/big/down')
    await until(async () => state(await host.send('/small/down')) === 'HIT' && state(await host.send(`/small/down${round}`)) === 'HIT')
  }
  t.equal(store.given.filter((key) => key.includes('big')).length, 2)
})

t.test('a store that takes nothing is left alone, and told of once', async (t) => {
  for (const refuses of [() => true, () => Promise.reject(new Error('full'))]) {
    const store = Object.assign(new Store(), { refuses })
    const host = await serve(t, store)
    for (let id = 0; id < 50; id++) t.equal(state(await host.send(`/small/full${id}`)), 'MISS')
    t.same(lines(host), ['The cache store takes nothing new.'])
    t.ok(store.given.length < 6, `given ${store.given.length} times`)
    store.refuses = () => false
    await until(async () => state(await host.send('/small/again')) === 'HIT')
    t.equal(lines(host).length, 1)
  }
})

t.test('a store that cannot be told what was invalidated is not read until it is', async (t) => {
  const bad: Record<string, CacheStore['invalidate']> = {
    throws () { throw new Error('cannot be told') },
    rejects: () => Promise.reject(new Error('cannot be told')),
    'never answers': () => new Promise(() => {})
  }
  for (const [way, invalidate] of Object.entries(bad)) {
    for (const by of ['drop', 'after', 'host']) {
      const store = new Store()
      const host = await serve(t, store)
      const before = await host.send('/tagged')
      t.equal((await host.send('/tagged')).text, before.text)
      store.invalidate = invalidate
      if (by === 'host') await host.fastify!.appRoutes.revalidateTag('t')
      else t.equal((await host.send({ method: 'POST', path: `/${by}` })).status, 200, `${way}, ${by}`)
      await until(() => host.errors.length > 0)
      for (let count = 0; count < 3; count++) t.match(await host.send('/tagged'), { status: 200, text: /^(?!1$)/ })
      t.match(lines(host), [/^The cache store failed/])
      store.invalidate = store.drop
      await until(async () => state(await host.send('/tagged')) === 'HIT')
      t.not((await host.send('/tagged')).text, before.text)
      t.equal(lines(host).length, 1)
      await host.close()
    }
  }
})

t.test('a kept value that is none counts as none', async (t) => {
  const entry: CacheEntry = { kind: 'route', createdAt: 1, revalidate: false, tags: [], status: 200, headers: [], url: '', body: 'a' }
  const { status: _, ...rest } = entry
  for (const found of [null, {}, { entry: {}, tags: 'fresh', now: 1 }, { entry: rest, tags: 'fresh', now: 1 }, { entry: { ...entry, body: undefined }, tags: 'fresh', now: 1 }, { entry, tags: 'fresh' }]) {
    const store = Object.assign(new Store(), { find: () => found })
    const host = await serve(t, store)
    for (let count = 0; count < 2; count++) t.match(await host.send('/small/none'), { status: 200, headers: { 'x-nextjs-cache': 'MISS' } }, JSON.stringify(found))
    t.same(lines(host), [])
  }
})

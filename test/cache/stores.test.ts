/** What every store promises, whatever is behind it. */
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { FileLocks } from '../../lib/cache/file/file-locks.ts'
import { Files } from '../../lib/cache/file/files.ts'
import { MemoryStore } from '../../lib/cache/memory-store.ts'
import type { CacheEntry } from '../../lib/cache/entry.ts'
import type { CacheStore } from '../../lib/cache/store.ts'
import { redisStore } from 'fastify-app-routes/redis'
import { cacheHandlerStore, fileStore } from 'fastify-app-routes/stores'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis, withoutRedis } from './redis-server.ts'

const KINDS = ['memory', 'file', 'ioredis', 'ioredis, near cache', 'node-redis', 'node-redis, near cache', 'cache handler 13', 'cache handler 14', 'cache handler 15', 'cache handler 16'] as const

/** The least that a class for `cacheHandler` does. */
class PlainHandler {
  readonly #kept = new Map<string, any>()
  async get (key: string): Promise<any> { return this.#kept.get(key) ?? null }
  async set (key: string, value: any): Promise<void> { this.#kept.set(key, { lastModified: Date.now(), value }) }
  async revalidateTag (): Promise<void> {}
  resetRequestCache (): void {}
}

async function open (t: any, kind: typeof KINDS[number]): Promise<CacheStore> {
  if (kind === 'memory') return new MemoryStore()
  if (kind === 'file') return fileStore(t.testdir({}))
  if (kind.startsWith('cache handler')) return cacheHandlerStore(PlainHandler as any, { major: Number(kind.slice(-2)) as 16 })
  const redis = await startRedis(t)
  const client = kind.startsWith('ioredis') ? new Redis(redis.url) : await createClient({ url: redis.url }).connect()
  const store = redisStore(client, { nearCache: kind.endsWith('near cache') })
  t.teardown(async () => {
    await store.close!()
    await (client instanceof Redis ? client.quit() : client.close())
  })
  return store
}

const entry = (store: CacheStore, more: Partial<CacheEntry> = {}): CacheEntry =>
  ({ kind: 'route', createdAt: store.now(), revalidate: 60, tags: [], status: 200, headers: ['content-type', 'text/plain'], url: '', body: 'a', ...more })

/** Later than everything so far, by the clock of the store. */
const later = (): Promise<unknown> => sleep(5)

for (const kind of KINDS) {
  t.test(kind, { skip: kind.includes('redis') && withoutRedis() }, async (t) => {
    const store = await open(t, kind)
    const text = async (key: string): Promise<string | undefined> => {
      const found = await store.get(key, [])
      return found === undefined ? undefined : Buffer.from(found.entry.body as Uint8Array).toString()
    }
    const tagsOf = async (key: string, tags: string[] = []): Promise<string | undefined> => (await store.get(key, tags))?.tags

    t.equal(await store.get('route:/none', ['a']), undefined)

    await t.test('gives what was set', async (t) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
      const given: CacheEntry = entry(store, { revalidate: 7, tags: ['one', 'zwei/ü'], status: 203, headers: ['x-a', '1', 'vary', 'x', 'vary', 'y'], body: bytes })
      await store.set('route:/a?ü', given)
      const { entry: { body, ...head } } = (await store.get('route:/a?ü', []))!
      t.same(Buffer.from(body as Uint8Array), Buffer.from(bytes))
      t.match(head, { kind: 'route', createdAt: given.createdAt, revalidate: 7, tags: ['one', 'zwei/ü'], status: 203, headers: ['x-a', '1', 'vary', 'x', 'vary', 'y'] })
      await store.set('route:/a?ü', entry(store, { body: 'another', revalidate: false }))
      t.equal(await text('route:/a?ü'), 'another')
      t.equal((await store.get('route:/a?ü', []))!.entry.revalidate, false)
      await store.set('fetch:1', entry(store, { kind: 'fetch', body: bytes, url: 'http://a/' }))
      t.match(await store.get('fetch:1', []), { entry: { kind: 'fetch', url: 'http://a/', headers: ['content-type', 'text/plain'] } })
      t.same(Buffer.from((await store.get('fetch:1', []))!.entry.body as Uint8Array), Buffer.from(bytes))
      await store.set('function:1', entry(store, { kind: 'function', headers: [], body: '{"ä":1}' }))
      t.equal(await text('function:1'), '{"ä":1}')
    })

    await t.test('an invalidated tag makes its entries expire, and those only', async (t) => {
      await store.set('route:/tagged', entry(store, { tags: ['x', 'y'] }))
      await store.set('route:/other', entry(store, { tags: ['z'] }))
      t.equal(await tagsOf('route:/tagged'), 'fresh')
      await later()
      await store.invalidate(['y', 'unknown'])
      t.not(await tagsOf('route:/tagged'), 'fresh')
      t.not(await tagsOf('route:/tagged'), 'stale')
      t.equal(await tagsOf('route:/other'), 'fresh')
      await later()
      await store.set('route:/tagged', entry(store, { tags: ['x', 'y'] }))
      t.equal(await tagsOf('route:/tagged'), 'fresh', 'a new one has the tag again')
    })

    await t.test('what was begun before an invalidation and comes after it has expired', async (t) => {
      const begun = entry(store, { tags: ['slow'] })
      await later()
      await store.invalidate(['slow'])
      await store.set('route:/slow', begun)
      t.not(await tagsOf('route:/slow'), 'fresh')
    })

    await t.test('a tag may have a comma', async () => {
      await store.set('route:/comma', entry(store, { tags: ['a,b', 'c'] }))
      t.same((await store.get('route:/comma', []))?.entry.tags, ['a,b', 'c'])
      await later()
      await store.invalidate(['a'])
      t.equal(await tagsOf('route:/comma'), 'fresh')
      await store.invalidate(['a,b'])
      t.not(await tagsOf('route:/comma'), 'fresh')
    })

    await t.test('tags of the call count as those of the entry', async (t) => {
      await store.set('fetch:2', entry(store, { kind: 'fetch', url: 'http://a/' }))
      await later()
      await store.invalidate(['_N_T_/page'])
      t.equal(await tagsOf('fetch:2'), 'fresh')
      t.not(await tagsOf('fetch:2', ['_N_T_/page']), 'fresh')
    })

    await t.test('stale first, and expired after some time', async (t) => {
      await store.set('route:/profile', entry(store, { tags: ['p', 'q'] }))
      await later()
      await store.invalidate(['p'], {})
      t.equal(await tagsOf('route:/profile'), 'stale')
      await store.invalidate(['q'], { expire: 0.05 })
      t.equal(await tagsOf('route:/profile'), 'stale')
      await sleep(80)
      t.not(await tagsOf('route:/profile'), 'stale')
      t.not(await tagsOf('route:/profile'), 'fresh')
    })

    await t.test('a later invalidation leaves no more time than an earlier one', async (t) => {
      await store.set('route:/less', entry(store, { tags: ['less'] }))
      await later()
      await store.invalidate(['less'], { expire: 2 })
      await store.invalidate(['less'], { expire: 1000 })
      t.equal(await tagsOf('route:/less'), 'stale')
      await sleep(2050)
      t.not(await tagsOf('route:/less'), 'stale')
    })

    await t.test('a lock is one\'s until it is given back, or its time is over', { skip: store.lock === undefined && 'has none' }, async (t) => {
      const release = (await store.lock!('route:/lock', 10_000))!
      t.equal(await store.lock!('route:/lock', 10_000), undefined)
      await release()
      const again = await store.lock!('route:/lock', 60)
      t.ok(again)
      await sleep(90)
      const other = await store.lock!('route:/lock', 10_000)
      t.ok(other, 'whoever had it is gone')
    })
  })
}

t.test('of invalidations at once, by several processes that share files, none is lost', async (t) => {
  const dir = t.testdir({})
  const stores = [fileStore(dir), fileStore(dir), fileStore(dir)] as const
  for (let round = 0; round < 20; round++) {
    const tag = `tag ${round}`
    await stores[0].set('route:/shared', entry(stores[0], { tags: [tag] }))
    await later()
    await Promise.all([stores[0].invalidate([tag], {}), stores[1].invalidate([tag]), stores[2].invalidate([tag], { expire: 1000 })])
    for (const store of stores) t.equal((await store.get('route:/shared', []))?.tags, 'expired')
  }
})

t.test('whoever deletes the directory empties the cache, and does not end it', async (t) => {
  const dir = path.join(t.testdir({}), 'cache')
  const store = fileStore(dir)
  const set = (): void | Promise<void> => store.set('route:/purged', entry(store, { tags: ['purged'] }))
  await set()
  await (await store.lock!('purged', 1000))!()
  for (let round = 0; round < 2; round++) {
    await rm(dir, { recursive: true })
    t.equal(await store.get('route:/purged', []), undefined)
    await (await store.lock!('purged', 1000))!()
    await set()
    t.equal((await store.get('route:/purged', []))?.tags, 'fresh')
    await rm(dir, { recursive: true })
    await store.invalidate(['purged'])
    await later()
    await set()
    t.equal((await store.get('route:/purged', []))?.tags, 'fresh')
  }
})

t.test('a state of a tag that cannot be read is as if the tag was invalidated now, once', { skip: withoutRedis() }, async (t) => {
  const dir = t.testdir({})
  const redis = await startRedis(t)
  const client = new Redis(redis.url)
  t.teardown(() => { client.disconnect() })
  const spoiled: Array<[CacheStore, (nonsense: string) => Promise<unknown>]> = [
    [fileStore(dir), async (nonsense) => {
      const [name] = await readdir(path.join(dir, 'tags'))
      await writeFile(path.join(dir, 'new'), nonsense)
      await rename(path.join(dir, 'new'), path.join(dir, 'tags', name!))
    }],
    [redisStore(client), async (nonsense) => {
      await client.hset('app-routes:tags', 'spoiled', nonsense)
      await client.set('app-routes:changed', nonsense)
    }]
  ]
  for (const [store, spoil] of spoiled) {
    await store.invalidate(['spoiled'])
    for (const nonsense of ['', 'nonsense', '[]', '1 2', 'a b c', '["a",1,null]']) {
      for (const invalidation of [undefined, { expire: 0 }, {}]) {
        await later()
        await store.set('route:/spoiled', entry(store, { tags: ['spoiled'] }))
        t.equal((await store.get('route:/spoiled', []))?.tags, 'fresh')
        await later()
        await spoil(nonsense)
        if (invalidation !== undefined) await store.invalidate(['spoiled'], invalidation)
        t.match(await store.get('route:/spoiled', []) ?? { tags: 'expired' }, { tags: 'expired' }, nonsense)
      }
    }
    await later()
    await store.set('route:/spoiled', entry(store, { tags: ['spoiled'] }))
    t.equal((await store.get('route:/spoiled', []))?.tags, 'fresh')
  }
})

t.test('a process that ended while it invalidated keeps the others for a moment only', async (t) => {
  const dir = t.testdir({})
  const store = fileStore(dir)
  await store.set('route:/left', entry(store, { tags: ['left'] }))
  await later()
  await new FileLocks(path.join(dir, 'locks')).take('tag:left', 400)
  await store.invalidate(['left'])
  t.equal((await store.get('route:/left', []))?.tags, 'expired')
})

t.test('of those who find a lock of a process that has ended, one takes it', async (t) => {
  const dir = t.testdir({})
  const processes = Array.from({ length: 8 }, () => new FileLocks(dir))
  for (let round = 0; round < 10; round++) {
    const name = `entry:${round}`
    await processes[0]!.take(name, 1)
    // Nor does it keep them that the first who wanted to take it has ended, too.
    if (round % 2 === 1) await processes[0]!.take(`taking over ${name}`, 1)
    await later()
    const takes = await Promise.all(processes.map((process) => process.take(name, 10_000)))
    t.equal(takes.filter((release) => release !== undefined).length, 1)
  }

  const [quick, slow] = processes as [FileLocks, FileLocks]
  await quick.take('entry:slow', 1)
  await later()
  const { read } = Files.prototype
  t.teardown(() => { Files.prototype.read = read })
  let ofQuick: unknown
  Files.prototype.read = async function (name) {
    const held = await read.call(this, name)
    Files.prototype.read = read
    ofQuick = await quick.take(name, 10_000)
    return held
  }
  t.equal(await slow.take('entry:slow', 10_000), undefined, 'nor does one who has looked before another took it')
  t.ok(ofQuick)
})

/** A real Redis, and what can happen to it. */
import Fastify from 'fastify'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { redisStore, type RedisClient, type RedisStoreOptions } from 'fastify-app-routes/redis'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, RedisServer, run, startRedis, until, withoutRedis } from './redis-server.ts'

const skip = withoutRedis()
if (skip !== false) t.comment(`tests with a real Redis are skipped: ${skip}`)

/** A route that tells how often it was made, by server. */
const dir = t.testdir({
  counted: { 'route.js': 'export const dynamic = "force-static"\nlet made = 0\nexport const GET = () => Response.json({ made: ++made })' },
  tagged: {
    'route.js': `
      import { unstable_cache } from 'next/cache'
      const data = unstable_cache(async () => ({ at: performance.now() }), ['data'], { tags: ['data'] })
      export const dynamic = 'force-static'
      export const GET = async () => Response.json(await data())`
  },
  drop: { '[tag]': { 'route.js': 'import { revalidateTag } from "next/cache"\nexport const POST = async (_, { params }) => { revalidateTag((await params).tag, { expire: 0 }); return new Response() }' } },
  drops: { '[...path]': { 'route.js': 'import { revalidatePath } from "next/cache"\nexport const POST = async (_, { params }) => { revalidatePath("/" + (await params).path.join("/")); return new Response() }' } }
})

interface Server {
  made: (path?: string) => Promise<{ made: any, state: any, milliseconds: number }>
  post: (path: string) => Promise<number>
  revalidateTag: (tag: string) => Promise<void>
  log: Array<{ level: number, msg: string }>
  counts: () => any
}

async function serve (t: any, client: RedisClient, options: RedisStoreOptions = {}, namespace?: string): Promise<Server> {
  const log: Server['log'] = []
  const server = Fastify({ logger: { level: 'info', stream: { write (line: string) { log.push(JSON.parse(line)) } } } })
  await server.register(appRoutes, { dir, cache: { store: redisStore(client, options), prerender: 'lazy', namespace } })
  await server.ready()
  t.teardown(() => server.close())
  return {
    log,
    made: async (path = '/counted') => {
      const start = performance.now()
      const response = await server.inject(path)
      if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${response.body}`)
      const body = response.json()
      return { made: body.made ?? body.at, state: response.headers['x-nextjs-cache'], milliseconds: performance.now() - start }
    },
    post: async (path) => (await server.inject({ method: 'POST', url: path })).statusCode,
    revalidateTag: (tag) => server.appRoutes.revalidateTag(tag),
    counts: () => ({ ...server.appRoutes.counts })
  }
}

const quiet = <T extends { on: (event: 'error', listener: () => void) => unknown }>(client: T): T => {
  client.on('error', () => {})
  return client
}

const CLIENTS: Array<[string, (t: any, url: string) => Promise<RedisClient>]> = [
  ['ioredis', async (t, url) => {
    const client = quiet(new Redis(url))
    t.teardown(() => { client.disconnect() })
    return client
  }],
  ['node-redis', async (t, url) => {
    const client = quiet(createClient({ url }))
    // Without a server it goes on trying.
    client.connect().catch(() => {})
    t.teardown(() => { client.destroy() })
    return client
  }]
]

const troubles = (log: Server['log']): string[] => log.filter(({ msg }) => msg.startsWith('The cache store')).map(({ level, msg }) => `${level} ${msg}`)
const FAILED = '50 The cache store failed: requests are answered without it until it is back.'
const WELL = '30 The cache store is well again.'

for (const [name, connect] of CLIENTS) {
  t.test(name, { skip }, async (t) => {
    t.test('absent at the start, then there, then gone, then back', async (t) => {
      const redis = new RedisServer(await freePort())
      t.teardown(() => redis.remove())
      const server = await serve(t, await connect(t, redis.url))
      const { made: first } = await server.made()
      for (let made = first + 1; made <= first + 2; made++) t.match(await server.made(), { made, state: 'MISS' })
      t.ok((await server.made()).milliseconds < 200, 'only the first ones wait for it')
      t.same(troubles(server.log), [FAILED])

      await redis.start()
      await until(async () => (await server.made()).state === 'HIT')
      t.same(troubles(server.log), [FAILED, WELL])

      await redis.kill()
      const { made } = await server.made()
      t.match(await server.made(), { made: made + 1, state: 'MISS' })
      t.same(troubles(server.log), [FAILED, WELL, FAILED])

      await redis.start()
      await until(async () => (await server.made()).state === 'HIT')
      t.same(troubles(server.log), [FAILED, WELL, FAILED, WELL])
    })

    t.test('frozen: nothing waits for long, and what was invalidated meanwhile is not seen again', async (t) => {
      const redis = await startRedis(t)
      const [one, two] = [await serve(t, await connect(t, redis.url)), await serve(t, await connect(t, redis.url))]
      const before = await one.made('/tagged')
      t.match(await two.made('/tagged'), { made: before.made, state: 'HIT' })

      redis.freeze()
      const { milliseconds } = await one.made()
      t.ok(milliseconds < 3000, `${milliseconds} ms`)
      for (let count = 0; count < 5; count++) t.ok((await one.made()).milliseconds < 200, 'later ones do not wait')
      await one.revalidateTag('data')
      t.same(troubles(one.log), [FAILED])

      redis.thaw()
      await until(async () => (await one.made('/tagged')).state === 'HIT')
      t.ok((await one.made('/tagged')).made > before.made)
      await until(async () => (await two.made('/tagged')).state === 'HIT')
      t.equal((await two.made('/tagged')).made, (await one.made('/tagged')).made)
    })

    t.test('full: what is there is used and can be invalidated, and nothing new is kept', async (t) => {
      const redis = await startRedis(t, ['--maxmemory-policy', 'noeviction'])
      const server = await serve(t, await connect(t, redis.url))
      const { made } = await server.made('/tagged')
      t.match(await server.made('/tagged'), { made, state: 'HIT' })
      await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
      const { made: count } = await server.made()
      t.match(await server.made(), { made: count + 1, state: 'MISS' })
      t.match(await server.made('/tagged'), { made, state: 'HIT' })
      t.same(troubles(server.log), ['50 The cache store takes nothing new.'])
      await server.revalidateTag('data')
      t.match(await server.made('/tagged'), { state: 'MISS' })
      await redis.cli('CONFIG', 'SET', 'maxmemory', '0')
      await until(async () => (await server.made()).state === 'HIT')
    })

    t.test('a value that is none is made anew', async (t) => {
      const redis = await startRedis(t)
      const server = await serve(t, await connect(t, redis.url))
      await server.made()
      const [key] = await redis.keys('*:entry:*')
      for (const value of ['return ""', 'return "nonsense"', 'return "\\1\\0\\0\\0\\2{}"', 'return string.sub(redis.call("GET", KEYS[1]), 1, -2)']) {
        await redis.cli('EVAL', value.replace(/return (.*)/, 'redis.call("SET", KEYS[1], $1)'), '1', key!)
        t.match(await server.made(), { state: 'MISS' })
        t.match(await server.made(), { state: 'HIT' })
      }
      await redis.cli('DEL', key!)
      await redis.cli('LPUSH', key!, 'of another type')
      t.match(await server.made(), { state: 'MISS' })
    })

    t.test('without the memory of what was invalidated, nothing older is believed', async (t) => {
      const redis = await startRedis(t)
      const server = await serve(t, await connect(t, redis.url))
      const { made } = await server.made('/tagged')
      await server.revalidateTag('data')
      t.equal(await redis.cli('DEL', 'app-routes:tags'), '1')
      const next = await server.made('/tagged')
      t.match(next, { state: 'MISS' })
      t.ok(next.made > made)
      await redis.cli('DEL', 'app-routes:changed')
      t.match(await server.made('/tagged'), { state: 'HIT' })
      t.equal(await redis.cli('EXISTS', 'app-routes:changed'), '1', 'which others remember things by')
      await redis.cli('DEL', 'app-routes:changed', 'app-routes:tags')
      t.match(await server.made('/tagged'), { state: 'MISS' })
      await server.made('/tagged')
      t.match(await server.made('/tagged'), { state: 'HIT' })
    })

    for (const nearCache of [false, true]) {
      t.test(`what one process invalidates, all see: ${nearCache ? 'near cache' : 'by reading'}`, async (t) => {
        const redis = await startRedis(t)
        const servers = await Promise.all([1, 2, 3].map(async () => await serve(t, await connect(t, redis.url), { nearCache })))
        const [one, two, three] = servers as [Server, Server, Server]
        const { made } = await one.made('/tagged')
        for (const server of servers) t.match(await server.made('/tagged'), { made, state: 'HIT' })
        if (nearCache) {
          // The connection for messages is there soon.
          await until(async () => Number(/sub=1/.test(await redis.cli('CLIENT', 'LIST', 'TYPE', 'pubsub'))) === 1 && (await redis.cli('PUBSUB', 'NUMSUB', 'app-routes:invalidated')).endsWith('3'))
          for (const server of servers) await server.made('/tagged')
          redis.freeze()
          for (const server of servers) t.match(await server.made('/tagged'), { made, state: 'HIT' }, 'needs no Redis')
          redis.thaw()
        }
        t.equal(await two.post('/drop/data'), 200)
        // Messages take their time; whoever reads sees it at once.
        if (nearCache) await sleep(50)
        const next = await one.made('/tagged')
        t.ok(next.made > made)
        for (const server of [two, three]) t.equal((await server.made('/tagged')).made, next.made)
        t.equal(await three.post('/drops/tagged'), 200)
        if (nearCache) await sleep(50)
        t.equal((await two.made('/tagged')).state, 'MISS')
      })
    }

    t.test('a near cache is not used while nothing can be told to it', async (t) => {
      const redis = await startRedis(t)
      const [one, two] = [await serve(t, await connect(t, redis.url), { nearCache: true }), await serve(t, await connect(t, redis.url))]
      const { made } = await one.made('/tagged')
      await until(async () => (await redis.cli('PUBSUB', 'NUMSUB', 'app-routes:invalidated')).endsWith('1'))
      await one.made('/tagged')
      await redis.cli('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await two.revalidateTag('data')
      await sleep(20)
      t.ok((await one.made('/tagged')).made > made)
    })

    t.test('a near cache that has the memory of what was invalidated no more believes nothing older, either', async (t) => {
      const redis = await startRedis(t)
      const server = await serve(t, await connect(t, redis.url), { nearCache: true })
      const { made } = await server.made('/tagged')
      await until(async () => (await redis.cli('PUBSUB', 'NUMSUB', 'app-routes:invalidated')).endsWith('1'))
      await until(async () => {
        await server.made('/tagged')
        redis.freeze()
        const { state } = await server.made('/tagged')
        redis.thaw()
        return state === 'HIT'
      })
      await redis.cli('FLUSHALL')
      // Goes to Redis.
      await server.made('/counted')
      await server.made('/counted')
      t.ok((await server.made('/tagged')).made > made)
    })

    t.test('a user of Redis with the commands and keys that are needed, and no channel', async (t) => {
      const redis = await startRedis(t)
      const needed = (await readFile(new URL('../../docs/caching.md', import.meta.url), 'utf8')).match(/ACL SETUSER app (.*)/)![1]!.split(' ')
      await redis.cli('ACL', 'SETUSER', 'app', ...needed, '+info', 'resetchannels')
      const url = redis.url.replace('//', '//app:secret@')
      const warnings: string[] = []
      const warned = (warning: Error & { code?: string }): void => { if (warning.code === 'FAR_CACHE') warnings.push(warning.message) }
      process.on('warning', warned)
      t.teardown(() => process.off('warning', warned))
      for (const [nearCache, more] of [[false], [true], [true, ['&*', '-publish']]] as const) {
        if (more !== undefined) await redis.cli('ACL', 'SETUSER', 'app', ...more)
        warnings.length = 0
        const server = await serve(t, await connect(t, url), { nearCache })
        const { made } = await server.made('/tagged')
        t.equal(await server.post('/drop/data'), 200)
        const next = await server.made('/tagged')
        t.ok(next.made > made)
        for (let count = 0; count < 30; count++) t.match(await server.made('/tagged'), { made: next.made, state: 'HIT' })
        t.same(troubles(server.log), [])
        t.equal(warnings.length, nearCache ? 1 : 0, 'is told once')
      }
      await sleep(100)
      const connections = (await redis.cli('CLIENT', 'LIST')).split('\n').filter((line) => line.includes('user=app'))
      t.equal(connections.length, 3, 'no connection is left over')

      await redis.cli('ACL', 'SETUSER', 'app', 'resetchannels', ...needed)
      warnings.length = 0
      const server = await serve(t, await connect(t, url), { nearCache: true })
      await server.made('/tagged')
      await until(async () => (await redis.cli('PUBSUB', 'NUMSUB', 'app-routes:invalidated')).endsWith('1'))
      await sleep(50)
      t.same(warnings, [])
      t.same(troubles(server.log), [])
    })

    t.test('deployments do not mix, and what one of them invalidates concerns all', async (t) => {
      const redis = await startRedis(t)
      const [old, young] = [await serve(t, await connect(t, redis.url), {}, 'first'), await serve(t, await connect(t, redis.url), {}, 'second')]
      const first = await old.made('/tagged')
      const keys = async (): Promise<number> => (await redis.keys('*:entry:*:route:*')).length
      t.equal(await keys(), 1)
      t.match(await young.made('/tagged'), { state: 'MISS' })
      t.equal(await keys(), 2)
      t.match(await old.made('/tagged'), { made: first.made, state: 'HIT' })
      await young.revalidateTag('data')
      t.match(await old.made('/tagged'), { state: 'MISS' })
    })

    t.test('entries leave Redis by themselves', async (t) => {
      const redis = await startRedis(t)
      const server = await serve(t, await connect(t, redis.url))
      await server.made()
      const [key] = await redis.keys('*:entry:*')
      const seconds = Number(await redis.cli('TTL', key!))
      t.ok(seconds > 31_000_000 && seconds <= 31_536_000, `${seconds} s`)
    })
  })
}

t.test('a hit is one command', { skip }, async (t) => {
  const redis = await startRedis(t)
  const client = new Redis(redis.url)
  t.teardown(() => { client.disconnect() })
  const server = await serve(t, client)
  for (let count = 0; count < 2; count++) await server.made('/tagged')
  // On a connection of its own.
  const monitor = await client.monitor()
  t.teardown(() => { monitor.disconnect() })
  const seen: string[] = []
  monitor.on('monitor', (_time: string, args: string[], source: string) => { if (source !== 'lua') seen.push(args[0]!) })
  await server.made('/tagged')
  await sleep(50)
  t.same(seen, ['mget'])
})

t.test('something that is no client', async (t) => {
  t.throws(() => redisStore({} as any), { name: 'TypeError', message: /ioredis .* or redis/ })
})

t.test('a cluster', { skip }, async (t) => {
  const nodes = await Promise.all([1, 2, 3].map(async () => await startRedis(t, ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'])))
  await run('redis-cli', ['--cluster', 'create', ...nodes.map(({ port }) => `127.0.0.1:${port}`), '--cluster-yes'])
  await until(async () => (await Promise.all(nodes.map((node) => node.cli('CLUSTER', 'INFO')))).every((info) => info.includes('cluster_state:ok')))
  const connect: Array<[string, () => Promise<RedisClient>]> = [
    ['ioredis', async () => {
      const cluster = new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
      t.teardown(() => { cluster.disconnect() })
      return cluster as unknown as RedisClient
    }],
    ['node-redis', async () => {
      const cluster = createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) })
      await cluster.connect()
      t.teardown(() => { cluster.destroy() })
      return cluster as unknown as RedisClient
    }]
  ]
  for (const [name, open] of connect) {
    for (const nearCache of [false, true]) {
      await t.test(`${name}${nearCache ? ', near cache' : ''}`, async (t) => {
        const prefix = `${name}-${nearCache}`
        const [one, two] = [await serve(t, await open(), { nearCache, prefix }), await serve(t, await open(), { nearCache, prefix })]
        const { made } = await one.made('/tagged')
        t.match(await two.made('/tagged'), { made, state: 'HIT' })
        await one.made()
        if (nearCache) await sleep(200)
        await two.revalidateTag('data')
        if (nearCache) await sleep(100)
        t.match(await one.made('/tagged'), { state: 'MISS' })
        t.match(await one.made(), { state: 'HIT' })
        t.equal(one.counts().error + two.counts().error, 0)
      })
    }
  }
})

t.test('Sentinel: it goes on with the replica', { skip }, async (t) => {
  const master = await startRedis(t)
  const replica = await startRedis(t, ['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0'])
  const sentinel = await startRedis(t, ['--sentinel'])
  for (const args of [['MONITOR', 'main', '127.0.0.1', String(master.port), '1'], ['SET', 'main', 'down-after-milliseconds', '500'], ['SET', 'main', 'failover-timeout', '2000']]) await sentinel.cli('SENTINEL', ...args)
  await until(async () => (await replica.cli('INFO', 'replication')).includes('master_link_status:up'), 15_000)
  await until(async () => (await sentinel.cli('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port)), 15_000)
  const ioredis = quiet(new Redis({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main', sentinelRetryStrategy: () => 100 }))
  const nodeRedis = quiet(createSentinel({ name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }], scanInterval: 200 }))
  await nodeRedis.connect()
  t.teardown(async () => {
    ioredis.disconnect()
    nodeRedis.destroy()
  })
  const servers = [await serve(t, ioredis), await serve(t, nodeRedis as unknown as RedisClient)]
  const { made } = await servers[0]!.made('/tagged')
  for (const server of servers) t.match(await server.made('/tagged'), { made, state: 'HIT' })
  await until(async () => (await replica.keys('*:entry:*:route:*')).length > 0)
  await master.kill()
  for (const server of servers) await server.made('/tagged')
  for (const server of servers) await until(async () => (await server.made('/tagged')).state === 'HIT', 30_000)
  t.equal((await servers[0]!.made('/tagged')).made, (await servers[1]!.made('/tagged')).made)
})

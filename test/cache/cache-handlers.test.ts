/** Packages that were written for the `cacheHandler` of Next.js, as people use them there. */
import Fastify from 'fastify'
import { createClient } from 'redis'
import t from 'tap'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import appRoutes from 'fastify-app-routes'
import { cacheHandlerStore } from 'fastify-app-routes/stores'
import { startRedis, withoutRedis } from './redis-server.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Where CI installs a package beside the Next.js that it asks for. */
const at = (major: number, name: string): string => path.join(root, `.cache/next-${major}/handlers/node_modules`, name)
const missing = (major: number, name: string): string | false => !existsSync(at(major, name)) && `${name} is not installed in .cache/next-${major}/handlers`
const load = async (major: number, file: string): Promise<any> => await import(pathToFileURL(at(major, file)).href)

const files = {
  posts: {
    '[id]': {
      'route.js': `
    import { unstable_cache } from 'next/cache'
    let made = 0
    const post = unstable_cache(async (id) => ({ id, at: performance.now() }), ['posts'], { tags: ['posts'] })
    export const dynamic = 'force-static'
    export const GET = async (_, { params }) => Response.json({ ...await post((await params).id), made: ++made }, { headers: { 'x-own': 'ä', vary: 'a' } })`
    }
  },
  bytes: { 'route.js': 'export const dynamic = "force-static"\nexport const GET = () => new Response(Uint8Array.from({ length: 256 }, (_, index) => index))' },
  drop: { 'route.js': 'import { revalidatePath, revalidateTag } from "next/cache"\nexport const POST = async (request) => { const { tag, path } = await request.json(); tag ? revalidateTag(tag, { expire: 0 }) : revalidatePath(path); return new Response() }' }
}

interface Served { get: (url: string) => Promise<{ state: unknown, body: any, raw: Buffer, headers: any }>, drop: (what: object) => Promise<void> }

async function serve (t: any, Handler: any, major: 14 | 16): Promise<Served> {
  const server = Fastify()
  await server.register(appRoutes, { dir: t.testdir(files), compat: major, cache: { prerender: 'lazy', store: cacheHandlerStore(Handler, { major }) } })
  t.teardown(() => server.close())
  return {
    async get (url) {
      const response = await server.inject(url)
      if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${response.body}`)
      return { state: response.headers['x-nextjs-cache'], body: url === '/bytes' ? undefined : response.json(), raw: response.rawPayload, headers: response.headers }
    },
    async drop (payload) { t.equal((await server.inject({ method: 'POST', url: '/drop', payload })).statusCode, 200) }
  }
}

async function keepsAndDrops (t: any, [one, two]: [Served, Served]): Promise<void> {
  const first = await one.get('/posts/1')
  t.match(first, { state: 'MISS', headers: { vary: 'a' } })
  const hit = await two.get('/posts/1')
  t.match(hit, { state: 'HIT', body: first.body, headers: { 'content-type': 'application/json', 'x-own': 'ä', vary: 'a' } })
  t.notOk(Object.keys(hit.headers).some((name) => /x-next-cache-tags|x-app-routes/.test(name)), 'what is kept beside the answer is not sent')
  await one.get('/bytes')
  t.match(await two.get('/bytes'), { state: 'HIT', raw: Buffer.from(Array.from({ length: 256 }, (_, index) => index)) })

  await two.drop({ tag: 'posts' })
  const second = await one.get('/posts/1')
  t.match(second, { state: 'MISS' })
  t.not(second.body.at, first.body.at)
  t.match(await two.get('/posts/1'), { state: 'HIT', body: second.body })
  await one.drop({ path: '/posts/1' })
  t.match(await two.get('/posts/1'), { state: 'MISS' })
  t.match(await one.get('/bytes'), { state: 'HIT' })
}

const NESHCA = '@neshca/cache-handler'
t.test(`${NESHCA}, of Next.js 14`, { skip: missing(14, NESHCA) }, async (t) => {
  const { CacheHandler } = await load(14, `${NESHCA}/dist/cache-handler.js`)
  const { default: createLruHandler } = await load(14, `${NESHCA}/dist/handlers/local-lru.js`)
  CacheHandler.onCreation(() => ({ handlers: [createLruHandler()] }))
  const server = await serve(t, CacheHandler, 14)
  await keepsAndDrops(t, [server, server])
})

const FORTE = '@fortedigital/nextjs-cache-handler'
t.test(`${FORTE}, of Next.js 16, with Redis`, { skip: missing(16, FORTE) || withoutRedis() }, async (t) => {
  const { CacheHandler } = await load(16, `${FORTE}/dist/handlers/cache-handler.js`)
  const { default: createRedisHandler } = await load(16, `${FORTE}/dist/handlers/redis-strings.js`)
  const redis = await startRedis(t)
  const client = await createClient({ url: redis.url }).connect()
  t.teardown(() => client.close())
  CacheHandler.onCreation(() => ({ handlers: [createRedisHandler({ client, keyPrefix: 'mine:' })] }))
  const servers = [await serve(t, CacheHandler, 16), await serve(t, CacheHandler, 16)] as [Served, Served]
  await keepsAndDrops(t, servers)
  t.ok((await redis.keys('mine:*')).length > 0)
  t.same((await redis.keys('*')).filter((key) => !key.startsWith('mine:') && !key.startsWith('__')), [], 'its prefix is in front of everything')
})

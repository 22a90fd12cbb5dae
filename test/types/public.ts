/**
 * The public types as users meet them. Compiled, never run: `npm test` type-checks it, and the package test compiles it
 * against the packed tarball in every module mode.
 */
import express from 'express'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import appRoutes, { appRoutes as named, hostRequest, type AppRoutesOptions, type CacheStore as SameCacheStore, type RouteConfig, type RouteContext, type RouteHandler } from 'fastify-app-routes'
import { hostRequest as expressRequest, appRoutes as middleware } from 'fastify-app-routes/express'
import { cookies, draftMode, headers } from 'fastify-app-routes/headers'
import { notFound, redirect } from 'fastify-app-routes/navigation'
import { revalidatePath, revalidateTag, unstable_cache } from 'fastify-app-routes/cache'
import { redisStore, type RedisClient } from 'fastify-app-routes/redis'
import { after, connection, NextRequest, NextResponse, userAgent } from 'fastify-app-routes/server'
import { cacheHandlerStore, fileStore, type CacheStore } from 'fastify-app-routes/stores'

declare module 'fastify' {
  interface FastifyInstance { pg: { query: (sql: string) => Promise<unknown[]> } }
  interface FastifyRequest { user: { name: string } | null }
}

const equal = <A>(value: A): { is: <B>(check: [A] extends [B] ? [B] extends [A] ? true : false : false) => void } => ({ is: () => { void value } })

export async function fastifyServer (server: FastifyInstance): Promise<void> {
  await server.register(appRoutes, './app')
  await server.register(named, new URL('./app', 'file:///x/'))
  await server.register(appRoutes, { dir: './app', prefix: '/api', compat: 15, trailingSlash: 'ignore', bodyLimit: 1, closeTimeout: 0, logLevel: 'warn' })
  const options: AppRoutesOptions = { dir: 'app' }
  await server.register(appRoutes, options)
  // Values may be undefined, which `exactOptionalPropertyTypes` asks for.
  const { PREFIX: prefix } = process.env
  await server.register(appRoutes, { dir: './app', prefix, bodyLimit: undefined, fallback: undefined, cache: { store: undefined, namespace: prefix } })
  // @ts-expect-error -- dir is required
  await server.register(appRoutes, { prefix: '/api' })
  // @ts-expect-error -- 12 is no major that is served
  await server.register(appRoutes, { dir: './app', compat: 12 })
  // @ts-expect-error -- no such option
  await server.register(appRoutes, { dir: './app', directory: './app' })
  // @ts-expect-error -- a directory is a string or a URL
  await server.register(appRoutes, 5)
  // Other plugins are registered as ever.
  await server.register(async (child: FastifyInstance, given: { n: number }) => { child.log.info(given.n) }, { n: 1 })
}

export async function caching (server: FastifyInstance, client: RedisClient): Promise<void> {
  await server.register(appRoutes, { dir: './app', cache: { maxBytes: 1, maxEntries: 1, prerender: 'startup', etag: true } })
  await server.register(appRoutes, { dir: './app', cache: { store: redisStore(client, { prefix: 'a', nearCache: { maxBytes: 1 } }), namespace: 'a' } })
  await server.register(appRoutes, { dir: './app', cache: { store: fileStore('./cache', { maxBytes: 1 }) } })
  // @ts-expect-error -- no such mode
  await server.register(appRoutes, { dir: './app', cache: { prerender: 'never' } })
  // @ts-expect-error -- a client, not its address
  redisStore('redis://localhost')
  const own: CacheStore = {
    isShared: false,
    now: Date.now,
    get: () => undefined,
    set (key, { body }) { void key.concat(String(body)) },
    invalidate (tags, invalidation) { void tags.concat(String(invalidation?.expire)) }
  }
  middleware({ dir: './app', cache: { store: own } })
  class Handler {
    async get (): Promise<null> { return null }
    async set (): Promise<void> {}
    async revalidateTag (): Promise<void> {}
    resetRequestCache (): void {}
  }
  const store: SameCacheStore = cacheHandlerStore(Handler, { major: 15 })
  void store
  equal(server.appRoutes.revalidateTag('a', { expire: 1 })).is<Promise<void>>(true)
  equal(server.appRoutes.revalidatePath('/a', 'layout')).is<Promise<void>>(true)
  equal(middleware('./app').cache.counts.hit).is<number>(true)
  const post = unstable_cache(async (id: number) => ({ id }), ['post'], { tags: ['posts'], revalidate: false })
  equal(await post(1)).is<{ id: number }>(true)
  revalidateTag('posts', 'max')
  revalidatePath('/posts', 'page')
}

export function expressServer (): void {
  const app = express()
  const routes = middleware('./app')
  app.use(routes)
  app.use('/api', middleware({ dir: './app', unhandledMethod: 'next' }))
  equal(routes.ready()).is<Promise<void>>(true)
  equal(routes.close()).is<Promise<void>>(true)
  // @ts-expect-error -- Fastify's alone
  middleware({ dir: './app', prefix: '/api' })
}

export async function GET (request: NextRequest, { params }: RouteContext<{ slug: string }>): Promise<Response> {
  equal(params.slug).is<string>(true)
  equal((await params).slug).is<string>(true)
  equal(request.nextUrl.searchParams).is<URLSearchParams>(true)
  equal(request.cookies.get('a')?.value).is<string | undefined>(true)
  const { request: fastifyRequest, server } = hostRequest()
  equal(fastifyRequest.user).is<{ name: string } | null>(true)
  equal(await server.pg.query('select 1')).is<unknown[]>(true)
  equal(hostRequest<FastifyRequest<{ Body: { n: number } }>>().request.body).is<{ n: number }>(true)
  const { req, res } = expressRequest<express.Request, express.Response>()
  equal(req.path).is<string>(true)
  res.locals.seen = true
  if ((await cookies()).has('a') || cookies().has('b')) redirect('/')
  if (headers().get('x') === null) notFound()
  equal((await draftMode()).isEnabled).is<boolean>(true)
  after(async () => { await connection() })
  equal(userAgent(request).isBot).is<boolean>(true)
  const response = NextResponse.json({ a: 1 }, { status: 201 })
  response.cookies.set('a', 'b', { httpOnly: true })
  return response
}

export const config: RouteConfig = {
  bodyLimit: 1,
  constraints: { host: /example/ },
  rateLimit: { max: 1 },
  config: { mine: true } as NonNullable<RouteConfig['config']>,
  onRequest: async (request, reply) => { if (request.headers.authorization === undefined) return reply.code(401).send() },
  preHandler: [(_request, _reply, done) => { done() }],
  handlerTimeout: 1
}
// @ts-expect-error -- handlers read bodies themselves
export const withBody: RouteConfig = { schema: { body: {} } }
// @ts-expect-error -- no such option
export const misspelt: RouteConfig = { bodyLimits: 1 }

export const POST: RouteHandler<{ path: string[] }> = async (request, { params }) => Response.json([await request.json(), (await params).path])

// A handler as Next.js 15 and 16 document it, and as 13 and 14 did.
const modern = async (_request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> => new Response((await params).id)
const classic = (_request: Request, { params }: { params: { id: string } }): Response => new Response(params.id)
export const handlers: Array<RouteHandler<{ id: string }>> = [modern, classic]

export const server = Fastify()

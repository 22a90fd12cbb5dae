import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { appDir, importFace } from './package.mjs'

export async function start () {
  const { default: appRoutes } = await importFace('.')
  const { redisStore } = await importFace('./redis')
  const store = redisStore(new Redis(process.env.REDIS_URL), { nearCache: process.env.NEAR_CACHE === '1' })
  const fastify = Fastify()
  fastify.register(appRoutes, { dir: appDir, cache: { store, prerender: 'lazy' } })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return fastify.server.address().port
}

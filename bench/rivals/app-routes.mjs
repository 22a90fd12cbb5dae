import Fastify from 'fastify'
import { appDir, importFace } from './package.mjs'

export async function start () {
  const { default: appRoutes } = await importFace('.')
  const fastify = Fastify()
  fastify.register(appRoutes, appDir)
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return fastify.server.address().port
}

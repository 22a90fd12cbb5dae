import Fastify from 'fastify'
import { appDir, importFace } from './package.mjs'

/** The library with a file of ../proxies in front of the routes. */
export async function startWithProxy (name) {
  const { default: appRoutes } = await importFace('.')
  const fastify = Fastify()
  fastify.register(appRoutes, { dir: appDir, proxy: new URL(`../proxies/${name}.ts`, import.meta.url) })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return fastify.server.address().port
}

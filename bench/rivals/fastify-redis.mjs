import Fastify from 'fastify'
import { Redis } from 'ioredis'

export async function start () {
  const redis = new Redis(process.env.REDIS_URL)
  await redis.set('static', JSON.stringify({ hello: 'world', made: 1 }))
  const fastify = Fastify()
  fastify.get('/static', async (request, reply) => reply.type('application/json; charset=utf-8').send(await redis.get('static')))
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return fastify.server.address().port
}

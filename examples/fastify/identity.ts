import fp from 'fastify-plugin'
import { userOf, type User } from '../lib/users.ts'

declare module 'fastify' {
  interface FastifyRequest { user: User | null }
}

/** Every answer names its request; `request.user` is who sent it, by bearer token. */
export default fp(async (fastify) => {
  fastify.decorateRequest('user', null)
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    request.user = await userOf(request.headers.authorization)
  })
})

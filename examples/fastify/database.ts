import fp from 'fastify-plugin'
import { db } from '../lib/db.ts'

declare module 'fastify' {
  interface FastifyInstance { db: typeof db }
}

/** The decorator `db`. Closed last, since it is registered first: tasks of `after()` may still need it. */
export default fp(async (fastify) => {
  fastify.decorate('db', db)
  fastify.addHook('onClose', () => db.close())
})

import { timingSafeEqual, createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The operators' routes, for operators. */
export default async function (fastify: FastifyInstance) {
  const expected = digest(`Bearer ${process.env.OPS_TOKEN ?? 'ops-token'}`)
  fastify.addHook('onRequest', async (request, reply) => {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return reply.code(401).send({ error: 'Operators only.' })
  })
}

import type { FastifyPluginAsync } from 'fastify'
import { streams } from '../lib/streams.ts'

/** Routes from before the app directory. */
const legacy: FastifyPluginAsync = async (fastify) => {
  fastify.get('/legacy/status', async () => {
    const { rows } = await fastify.db.query<{ notes: number }>('select count(*)::int as notes from notes')
    return { host: 'Fastify', notes: rows[0]!.notes, streams }
  })

  // Bodies are parsed and validated by Fastify here, and left to the handlers in route files.
  const schema = { body: { type: 'object', required: ['title'], properties: { title: { type: 'string', minLength: 1 } } } }
  fastify.post<{ Body: { title: string } }>('/legacy/notes', { schema }, async (request, reply) => {
    const { rows } = await fastify.db.query('insert into notes (title) values ($1) returning *', [request.body.title])
    return reply.code(201).send(rows[0])
  })

  // GET of the same paths is in the app directory already. This verb is not, and so it is ours still.
  fastify.delete<{ Params: { '*': string } }>('/api/files/*', async (request, reply) => {
    const { affectedRows } = await fastify.db.query('delete from files where path = $1', [request.params['*']])
    return reply.code(affectedRows === 0 ? 404 : 204).send()
  })
}

export default legacy

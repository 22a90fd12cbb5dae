import Fastify from 'fastify'

/** What a guard is in plain Fastify: one hook, which parses the URL. */
export async function start () {
  const fastify = Fastify()
  fastify.addHook('onRequest', (request, reply, done) => {
    const { pathname } = new URL(request.url, `http://${request.host}`)
    if (pathname.startsWith('/account')) reply.code(403).send({ error: 'closed' })
    else done()
  })
  fastify.get('/json', async () => ({ hello: 'world' }))
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return fastify.server.address().port
}

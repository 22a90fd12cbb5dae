import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
import database from './database.ts'
import identity from './identity.ts'
import legacy from './legacy.ts'

const server = Fastify({
  logger: { level: process.env.LOG_LEVEL ?? 'warn' },
  genReqId: () => randomUUID()
})

// The server as it was. Its hooks and decorators are registered first, and so they hold for the route files too.
await server.register(database)
await server.register(identity)
await server.register(legacy)
server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'Nothing here.' }))

// What is new: a directory that other servers share, and one of this server alone.
await server.register(appRoutes, new URL('../app/', import.meta.url))
await server.register(appRoutes, new URL('./app/', import.meta.url))

// Lets what runs finish, ends the streams, closes the database; then nothing keeps the process alive.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void server.close() })

await server.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? 'localhost' })
console.log(server.printRoutes({ commonPrefix: false }))
console.log(`Open http://localhost:${(server.server.address() as AddressInfo).port}`)

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { appRoutes } from 'fastify-app-routes/express'
import { db } from '../lib/db.ts'
import { identity } from './identity.ts'
import { early, failed, late } from './legacy.ts'

const shared = appRoutes(new URL('../app/', import.meta.url))
const own = appRoutes(new URL('./app/', import.meta.url))

const app = express()
app.disable('x-powered-by')
app.use(identity)
// A parser upstream takes the body from the connection. Route files can read it all the same, and with `rawBody` its
// very bytes: the webhook's signature needs them.
app.use(express.json({ verify: (req, _res, bytes) => { Object.assign(req, { rawBody: bytes }) } }))
app.use(early)
app.use(shared, own)
app.use(late)
app.use(failed)

// Without these lines a mistake in a directory would show with the first request only.
await Promise.all([shared.ready(), own.ready()])

const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? 'localhost')
await once(server, 'listening')
console.log(`Open http://localhost:${(server.address() as AddressInfo).port}`)

/** Lets what runs finish, ends the streams, closes the database; then nothing keeps the process alive. */
async function close (): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  await Promise.all([shared.close(), own.close()])
  server.closeIdleConnections()
  await closed
  await db.close()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void close() })

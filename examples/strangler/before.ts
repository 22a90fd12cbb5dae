import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { api } from './legacy/api.ts'

/** The server before the move. */
const server = api.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? 'localhost')
await once(server, 'listening')
console.log(`Open http://localhost:${(server.address() as AddressInfo).port}/products`)

import { once } from 'node:events'
import http from 'node:http'

/** Serves a request listener on a free port. */
export async function listen (listener) {
  const server = http.createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

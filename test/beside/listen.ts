import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/**
 * Has a server listen on this machine until the test is over, and its connections end then.
 * @param origin its URL but for the port
 * @returns its URL
 */
export async function listenAt (origin: string, t: any, server: Server & { closeAllConnections?: () => void }): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections?.()
  })
  return `${origin}:${(server.address() as AddressInfo).port}`
}

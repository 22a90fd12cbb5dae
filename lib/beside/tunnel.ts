import http, { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import { UpstreamTimeoutError } from '../errors.ts'
import type { PassedRequest } from '../handle/passed-request.ts'
import { headOf } from './upgrade.ts'
import { upstreamError } from './upstream-errors.ts'
import type { UpstreamTls } from './upstream-options.ts'

interface Destination {
  origin: URL
  path: string
  headers: string[]
  timeout: number
  tls: UpstreamTls
}

/**
 * Hands a WebSocket upgrade to the upstream: what it answers, a refusal included, is the client's, and from then on bytes
 * go both ways as they are.
 * @param fail takes why there was no answer; the socket then has none, either
 */
export function openTunnel (passed: PassedRequest, { origin, path, headers, timeout, tls }: Destination, fail: (error: Error) => void): void {
  const req = passed.req as IncomingMessage
  const client = req.socket
  ;(passed.res as ServerResponse).detachSocket(client)
  client.once('close', passed.follow({ cut: () => { client.destroy() } }))
  const { request } = origin.protocol === 'https:' ? https : http
  const upstream = request(origin, { ...tls, path, headers: [...headers, 'connection', 'Upgrade', 'upgrade', 'websocket'], agent: false, timeout })
  const leave = (): void => { upstream.destroy() }
  let answered = false
  client.on('error', leave).on('close', leave)
  upstream.on('timeout', () => { if (!answered) upstream.destroy(new UpstreamTimeoutError(`no answer within ${timeout} ms`)) })
  upstream.on('error', (error: Error & { code?: string }) => {
    if (answered || client.destroyed) {
      client.destroy()
      return
    }
    const reason = error instanceof UpstreamTimeoutError ? error : upstreamError(error, timeout)
    const status = error instanceof UpstreamTimeoutError ? 504 : 502
    client.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    fail(reason)
  })
  upstream.on('upgrade', (answer, socket, head) => {
    answered = true
    client.off('error', leave).off('close', leave)
    client.write(headLines(answer))
    socket.write(headOf(req))
    client.write(head)
    join(client, socket)
  })
  upstream.on('response', (answer) => {
    answered = true
    client.write(headLines(answer, 'close'))
    answer.pipe(client)
  })
  upstream.end()
}

/** @param connection in place of what the upstream says of its own */
function headLines ({ statusCode, statusMessage, rawHeaders }: IncomingMessage, connection?: string): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const isOfConnection = /^(?:connection|keep-alive|transfer-encoding)$/i.test(rawHeaders[index]!)
    if (connection === undefined || !isOfConnection) lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`)
  }
  if (connection !== undefined) lines.push(`connection: ${connection}`)
  return lines.join('\r\n') + '\r\n\r\n'
}

function join (client: Duplex & { setTimeout?: (ms: number) => void, setNoDelay?: () => void }, upstream: typeof client): void {
  for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
    from.setTimeout?.(0)
    from.setNoDelay?.()
    from.on('error', () => { to.destroy() })
    from.on('close', () => { to.destroy() })
    from.pipe(to)
  }
}

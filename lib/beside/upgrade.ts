import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What came behind the head of an upgrade. */
const heads = new WeakMap<IncomingMessage, Buffer>()

export const headOf = (req: IncomingMessage): Buffer => heads.get(req) ?? Buffer.alloc(0)

/** A handshake is a GET without a body (RFC 6455, 4.1): of anything else the body would be taken for what comes behind the head. */
export const isWebSocket = ({ method, headers }: IncomingMessage): boolean => method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' &&
  (headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined

/** As much of a socket as is looked at here. */
type ServerSocket = Duplex & { encrypted?: boolean, server?: Server, _httpMessage?: object | null }

/**
 * Goes on with an upgrade that none of the server's other listeners takes: whoever does, listens to its socket at once.
 * Node.js leaves the socket to the listeners, and nobody else looks after its errors.
 */
export function unlessTaken (req: IncomingMessage, socket: ServerSocket, head: Buffer, proceed: () => void): void {
  heads.set(req, head)
  const destroy = (): void => { socket.destroy() }
  socket.on('error', destroy)
  setImmediate(() => {
    socket.off('error', destroy)
    if (!isTaken(socket)) proceed()
    // What has taken it may not have come to listen for errors yet.
    else if (socket.listenerCount('error') === 0) socket.on('error', destroy)
  })
}

function isTaken (socket: ServerSocket): boolean {
  // A TLS socket has an error listener of its own.
  const own = socket.encrypted === true ? 1 : 0
  return socket.destroyed || socket.writableEnded || (socket._httpMessage ?? null) !== null ||
    socket.listenerCount('data') > 0 || socket.listenerCount('readable') > 0 || socket.listenerCount('error') > own
}

/** A response for an upgrade, whose connection serves nothing after it. */
export function responseOn (req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  res.assignSocket(socket as Socket)
  res.once('finish', () => { (socket as Socket).destroySoon() })
  socket.on('error', () => { socket.destroy() })
  return res
}

/**
 * Serves a request as if it had not asked for an upgrade, which a server may ignore (RFC 9110, 7.8); Node.js does so itself
 * only while nobody listens for upgrades. Some HTTP clients ask for HTTP/2 in this way with every request.
 */
export function serveWithoutUpgrade (req: IncomingMessage, socket: ServerSocket): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`]
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    const [name, value] = [req.rawHeaders[index]!, req.rawHeaders[index + 1]!]
    const isConnection = name.toLowerCase() === 'connection'
    const rest = isConnection ? withoutUpgrade(value) : value
    if (!/^(?:upgrade|http2-settings)$/i.test(name) && !(isConnection && rest === '')) lines.push(`${name}: ${rest}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1'), headOf(req)]))
  socket.server!.emit(socket.encrypted === true ? 'secureConnection' : 'connection', socket)
}

const withoutUpgrade = (connection: string): string =>
  connection.split(',').filter((option) => !/^\s*(?:upgrade|http2-settings)\s*$/i.test(option)).join(',').trim()

import type { Exchange } from './exchange.ts'

/**
 * The request's headers as a Fetch `Headers`. Like Next.js, names the proxy headers that the client did not send.
 * HTTP/2 pseudo-headers are not headers.
 */
export function requestHeaders (exchange: Exchange): Headers {
  const source = exchange.headers
  const headers = new Headers()
  for (const name in source) {
    if (name.charCodeAt(0) === COLON || !Object.hasOwn(source, name)) continue
    const value = source[name]
    if (typeof value === 'string') headers.append(name, value)
    else if (Array.isArray(value)) for (const item of value) headers.append(name, item)
  }
  addForwarded(headers, exchange)
  return headers
}

const COLON = 58

/** Makes one list of headers hold what another holds. */
export function replaceHeaders (headers: Headers, source: Headers): void {
  if (headers === source) return
  for (const name of [...headers.keys()]) headers.delete(name)
  for (const [name, value] of source) headers.append(name, value)
}

function addForwarded (headers: Headers, { req, headers: source }: Exchange): void {
  const socket = req.socket as { encrypted?: boolean, localPort?: number, remoteAddress?: string } | undefined
  const secure = socket?.encrypted === true
  const authority = source[':authority'] as string | undefined
  if (authority !== undefined && !headers.has('host')) headers.set('host', authority)
  if (!headers.has('x-forwarded-host')) headers.set('x-forwarded-host', headers.get('host') ?? 'localhost')
  if (!headers.has('x-forwarded-port')) headers.set('x-forwarded-port', String(socket?.localPort ?? (secure ? 443 : 80)))
  if (!headers.has('x-forwarded-proto')) headers.set('x-forwarded-proto', secure ? 'https' : 'http')
  if (!headers.has('x-forwarded-for') && socket?.remoteAddress !== undefined) headers.set('x-forwarded-for', socket.remoteAddress)
}

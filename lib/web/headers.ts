import { Readable } from 'node:stream'
import type { Exchange } from './exchange.ts'
import { LightHeaders } from './light-headers.ts'
import type { HeaderStore } from './pair-store.ts'

/**
 * The request's headers as a Fetch `Headers`. Like Next.js, names the proxy headers that the client did not send.
 * HTTP/2 pseudo-headers are not headers.
 */
export function requestHeaders (exchange: Exchange): Headers {
  return new LightHeaders(new ReceivedHeaders(exchange), undefined)
}

/** Makes one list of headers hold what another holds. */
export function replaceHeaders (headers: Headers, source: Headers): void {
  if (headers === source) return
  for (const name of [...headers.keys()]) headers.delete(name)
  for (const [name, value] of source) headers.append(name, value)
}

class ReceivedHeaders implements HeaderStore {
  readonly #exchange: Exchange

  constructor (exchange: Exchange) {
    this.#exchange = exchange
  }

  get (name: string): string | null { return receivedHeader(this.#exchange, name) }

  toNative (): Headers {
    const source = this.#exchange.headers
    const headers = new Headers()
    for (const name in source) {
      if (name.charCodeAt(0) === COLON || !Object.hasOwn(source, name)) continue
      const value = isOfBody(name) ? headerOfBody(this.#exchange, name) : source[name]
      if (typeof value === 'string') headers.append(name, value)
      else if (Array.isArray(value)) for (const item of value) headers.append(name, item)
    }
    for (const name of IMPLIED) {
      const value = headers.has(name) ? null : impliedHeader(name, this.#exchange)
      if (value !== null) headers.set(name, value)
    }
    return headers
  }
}

const COLON = 58

/** One header of a request, by its name in lower case, as `requestHeaders()` has it. */
export function receivedHeader (exchange: Exchange, name: string): string | null {
  if (isOfBody(name)) return headerOfBody(exchange, name)
  // Whatever an object has by nature is neither a text nor a list.
  const value = exchange.headers[name]
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.join(', ') : impliedHeader(name, exchange)
}

const isOfBody = (name: string): boolean => name === 'content-length' || name === 'content-encoding'

/** What is true of the body that a handler gets: who sends it on with these headers would else be refused by `fetch()`. */
function headerOfBody (exchange: Exchange, name: string): string | null {
  const { [name]: value, 'content-length': length } = exchange.headers
  if (typeof value !== 'string') return null
  const body = remadeBodyOf(exchange)
  if (body === undefined) return value
  // A stream that inflates another tells Fastify how much of that came in.
  if (body instanceof Readable) return name === 'content-length' || 'receivedEncodedLength' in body ? null : value
  const own = String(body.length)
  if (name === 'content-length') return own
  return own === length ? value : null
}

const remade = new WeakMap<Exchange, Readable | Uint8Array | undefined>()

/** Once for all headers, since it may have to be made of a large value. */
function remadeBodyOf (exchange: Exchange): Readable | Uint8Array | undefined {
  if (!remade.has(exchange)) remade.set(exchange, exchange.remadeBody?.())
  return remade.get(exchange)
}

const IMPLIED = ['host', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-forwarded-for']

/** What is said of the connection where the client does not say it; null for all other names. */
export function impliedHeader (name: string, { req, headers, isEmpty = false }: Exchange): string | null {
  if (isEmpty) return null
  const socket = req.socket as { encrypted?: boolean, localPort?: number, remoteAddress?: string } | undefined
  const authority = headers[':authority'] as string | undefined
  switch (name) {
    case 'host': return authority ?? null
    case 'x-forwarded-host': return headers.host ?? authority ?? 'localhost'
    case 'x-forwarded-port': return String(socket?.localPort ?? (socket?.encrypted === true ? 443 : 80))
    case 'x-forwarded-proto': return socket?.encrypted === true ? 'https' : 'http'
    case 'x-forwarded-for': return socket?.remoteAddress ?? null
    default: return null
  }
}

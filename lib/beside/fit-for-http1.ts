import type { Http2ServerRequest } from 'node:http2'
import { Duplex } from 'node:stream'
import type { NodeRequest, NodeResponse } from '../web/exchange.ts'

/**
 * Makes a request and its response fit for code that was written for HTTP/1, and for Express, which gives both objects the
 * prototypes of `node:http`: over HTTP/2, and with `inject()`, they are none of these, and would lose what makes them work.
 */
export function fitForHttp1 (req: NodeRequest, res: NodeResponse): void {
  const isHttp2 = 'stream' in req
  if (!isHttp2 && req.socket instanceof Duplex) return
  for (const object of [req, res]) keepMethods(object, Object.getPrototypeOf(object) as object)
  if (isHttp2) addHeaders(req)
}

/** What a proxy would say in HTTP/1.1 (RFC 9113, 8.3.1); by the second, body parsers know that there is a body. */
function addHeaders ({ headers, stream }: Http2ServerRequest): void {
  if (headers.host === undefined && headers[':authority'] !== undefined) headers.host = headers[':authority']
  if (headers['content-length'] === undefined && !stream.endAfterHeaders) headers['transfer-encoding'] = 'chunked'
}

function keepMethods (object: object, prototype: object): void {
  for (const name of Reflect.ownKeys(prototype)) {
    if (name !== 'constructor' && !Object.hasOwn(object, name)) Object.defineProperty(object, name, settable(object, name, Object.getOwnPropertyDescriptor(prototype, name)!))
  }
}

/** Express sets `res.req`, which over HTTP/2 has a getter alone. */
function settable (object: object, name: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor {
  if (descriptor.get === undefined || descriptor.set !== undefined) return descriptor
  return { ...descriptor, set: (value: unknown) => { Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true }) } }
}

import { toReqRes } from 'fetch-to-node'
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { SERVER_CLOSING } from '../handle/lifecycle.ts'
import { Connection } from './connection.ts'

/** A request and its response as `node:http` would hand them over. */
export interface NodePair {
  req: IncomingMessage
  res: ServerResponse
  connection: Connection
  /** The error that reading the request's body ended with. */
  bodyError: () => unknown
}

type FetchToNodeOptions = NonNullable<Parameters<typeof toReqRes>[1]>

/**
 * Translates a Web request by `fetch-to-node`, into Node.js's own classes. Its stand-ins for them are made for runtimes
 * that have none: Express, which gives both objects other prototypes, breaks them, they have no socket, no backpressure
 * and no `close`, and keep all that was written.
 * @param socket the real one, for addresses
 */
export function nodePair (request: Request, socket: Partial<Socket> | undefined): NodePair {
  const connection = new Connection(socket)
  // The body is asked for once the handler reads: until then it stays with the host.
  const head = { url: request.url, method: request.method, headers: framedHeaders(request), body: null }
  const { req, res } = toReqRes(head as unknown as Request, {
    createIncomingMessage: () => {
      const incoming = new IncomingMessage(connection as unknown as Socket)
      // fetch-to-node sets them later, but a response has to know.
      return Object.assign(incoming, { method: request.method, httpVersionMajor: 1, httpVersionMinor: 1 }) as never
    },
    createServerResponse: (incoming) => new ServerResponse(incoming as never) as never
  } as FetchToNodeOptions)
  const bodyError = feed(req, request, connection)
  connection.carry(res)
  followSignal(request, req, connection)
  return { req, res, connection, bodyError }
}

/** Body parsers of HTTP/1.1 know by these headers that there is a body; HTTP/2 and requests made by hand have none. */
function framedHeaders (request: Request): Headers {
  const { headers, method } = request
  const isFramed = method === 'GET' || method === 'HEAD' || headers.has('content-length') || headers.has('transfer-encoding')
  if (isFramed || request.body === null) return headers
  const framed = new Headers(headers)
  framed.set('transfer-encoding', 'chunked')
  return framed
}

/** Reads the body of the Web request as the handler reads `req`. */
function feed (req: IncomingMessage, request: Request, connection: Connection): () => unknown {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let ended = false
  let failure: unknown
  // Own properties, since Express gives the object another prototype.
  Object.defineProperty(req, '_read', {
    value: (size: number) => {
      IncomingMessage.prototype._read.call(req, size)
      readChunk().then((chunk) => {
        if (chunk === undefined) req.complete = true
        req.push(chunk ?? null)
      }, (error: unknown) => {
        failure = error
        // Else body parsers wait for the rest before they tell of the error.
        req.complete = !isAbort(error)
        req.destroy(error instanceof Error ? error : new Error('The request body failed', { cause: error }))
      })
    }
  })
  Object.defineProperty(req, '_destroy', {
    value: (error: Error | null, callback: (error: Error | null) => void) => {
      reader?.cancel().catch(noop)
      const isBroken = failure !== undefined && !isAbort(failure)
      if (!isBroken && (!req.readableEnded || !req.complete)) {
        req.aborted = true
        req.emit('aborted')
        connection.destroy(error ?? undefined)
      }
      // As in Node.js, an error that nobody listens for brings nothing down.
      process.nextTick(() => { callback(req.listenerCount('error') > 0 ? error : null) })
    }
  })
  // As in Node.js, what is not read of the body is thrown away with the end of the answer.
  connection.once('close', () => {
    ended = true
    reader?.cancel().catch(noop)
    if (!req.destroyed) req.removeAllListeners('data').resume()
  })
  return () => failure

  async function readChunk (): Promise<Uint8Array | undefined> {
    if (ended) return undefined
    reader ??= request.body?.getReader()
    const result = await reader?.read()
    return result?.value
  }
}

const isAbort = (error: unknown): boolean => (error as { name?: unknown } | null)?.name === 'AbortError'

/** A client that leaves ends both, as in Node.js. */
function followSignal ({ signal }: Request, req: IncomingMessage, connection: Connection): void {
  const leave = (): void => {
    // A closing server lets old handlers finish; what is left then is cut off by cancelling their answer.
    if (signal.reason === SERVER_CLOSING) return
    connection.destroy(signal.reason instanceof Error ? signal.reason : undefined)
    req.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  }
  if (signal.aborted) {
    process.nextTick(leave)
    return
  }
  signal.addEventListener('abort', leave)
  connection.once('close', () => { signal.removeEventListener('abort', leave) })
}

const noop = (): void => {}

import { validateHeaderValue } from 'node:http'
import { Readable } from 'node:stream'
import { plainBody } from './light-response.ts'

/** A `Response` in the terms of a Node.js server. */
export interface Outgoing {
  status: number
  /** '' where the status has its ordinary reason phrase. */
  statusText: string
  /** Set-Cookie comes once for each cookie. */
  headers: Iterable<[string, string]>
  body: string | Uint8Array | Readable | null
}

const BODYLESS_STATUS = new Set([204, 205, 304])

/**
 * Headers that speak of one connection (RFC 9110, 7.6.1) or of framing are the server's, not the handler's.
 * HTTP/2 knows none of them (RFC 9113, 8.2.2).
 */
const HTTP2_FORBIDDEN = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade'])

/**
 * Takes a `Response` apart. Its body is taken over: nobody else may read it afterwards.
 * @param response with an unread body
 * @param headers what to send in place of the response's own
 * @throws TypeError where a header cannot be sent
 */
export function toOutgoing (response: Response, headers: Headers, method: string, httpVersionMajor: number): Outgoing {
  const plain = plainBody(response) ?? nativePlainBody(response)
  let body: Outgoing['body']
  if (plain !== undefined) body = plain
  else if (method === 'HEAD') {
    // HEAD must not leave the source running (RFC 9110, 9.3.2: no content).
    response.body?.cancel().catch(noop)
    body = null
  } else body = response.body === null ? null : new BodyReadable(response.body)
  if (BODYLESS_STATUS.has(response.status)) body = null
  // fetch() has decoded the body, so these no longer tell the truth about it.
  const decoded = response.url !== '' && headers.has('content-encoding')
  const buffered = typeof body === 'string' || body instanceof Uint8Array
  const sent: Array<[string, string]> = []
  for (const header of headers) {
    const name = header[0]
    if (name === 'transfer-encoding') continue
    if (name === 'content-length' && (buffered || decoded)) continue
    if (name === 'content-encoding' && decoded) continue
    if (httpVersionMajor > 1 && HTTP2_FORBIDDEN.has(name)) continue
    // Headers lets control characters pass that Node.js refuses, then in the midst of sending.
    validateHeaderValue(name, header[1])
    sent.push(header)
  }
  return { status: response.status, statusText: response.statusText, headers: sent, body }
}

const noop = (): void => {}

// Node.js 20 and 22 keep what a native response was made of behind a symbol.
const STATE = Object.getOwnPropertySymbols(new Response()).find((symbol) => symbol.description === 'state')

/** The body of a native response that was made of a string or bytes and not looked at since; undefined for all others. */
function nativePlainBody (response: Response): string | Uint8Array | undefined {
  if (STATE === undefined || response.body === null || response.body.locked) return undefined
  const { body } = (response as unknown as Record<symbol, { body?: { source?: unknown } | null }>)[STATE] ?? {}
  const source = body?.source
  return typeof source === 'string' || source instanceof Uint8Array ? source : undefined
}

/** A web stream as a Node.js stream: one pending read, backpressure both ways, cancelled when destroyed. */
class BodyReadable extends Readable {
  readonly #reader: ReadableStreamDefaultReader<unknown>

  constructor (body: ReadableStream<unknown>) {
    super()
    this.#reader = body.getReader()
  }

  override _read (): void {
    this.#reader.read().then(({ done, value }) => {
      if (done) this.push(null)
      // Like Next.js, takes strings too.
      else if (typeof value === 'string' || value instanceof Uint8Array) this.#push(value)
      else this.destroy(new TypeError(`A response stream gave a chunk that is neither bytes nor a string: ${typeof value}`))
    }, (error: unknown) => {
      this.destroy(error instanceof Error ? error : new Error('A response stream failed', { cause: error }))
    })
  }

  #push (chunk: string | Uint8Array): void {
    // An empty chunk would end the reading: Readable waits for data before it reads again.
    if (chunk.length === 0) this._read()
    else this.push(chunk)
  }

  override _destroy (error: Error | null, callback: (error: Error | null) => void): void {
    this.#reader.cancel(error ?? undefined).catch(noop)
    callback(error)
  }
}

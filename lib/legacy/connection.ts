import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { NoResponseError } from '../errors.ts'
import { LightResponse } from '../web/light-response.ts'
import { markAsLatin1 } from '../web/latin1-heads.ts'
import { BODYLESS_STATUS } from '../web/outgoing.ts'

const HIGH_WATER_MARK = 64 * 1024

// Node.js tells a response of a drained connection inside its server only, by this symbol.
const NEED_DRAIN = Object.getOwnPropertySymbols(new ServerResponse({} as IncomingMessage)).find((symbol) => symbol.description === 'kNeedDrain')

/**
 * What an old handler's request and response have for a socket. A `ServerResponse` writes to it as to any connection, and
 * what arrives becomes a Web `Response`: whole, where the handler has ended it at once, else a stream with backpressure.
 * It has the addresses of the real socket.
 */
export class Connection extends Duplex {
  /** Settles once the handler has sent its headers, or failed before. */
  readonly response: Promise<Response>
  readonly #socket: Partial<Socket> & { encrypted?: boolean } | undefined
  #resolve!: (response: Response) => void
  #reject!: (error: unknown) => void
  #message: ServerResponse | undefined
  #headPassed = false
  #chunks: Uint8Array[] = []
  #length = 0
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** Lets the handler write on, once somebody has read. */
  #writeOn: (() => void) | undefined
  /** How much of what waits to be written waits for that. */
  #held = 0

  constructor (socket: Partial<Socket> | undefined) {
    super({ decodeStrings: false })
    this.#socket = socket
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // A handler may give up where nobody waits for its answer any more.
    this.response.catch(noop)
  }

  get encrypted (): boolean { return this.#socket?.encrypted === true }
  get remoteAddress (): string | undefined { return this.#socket?.remoteAddress }
  get remotePort (): number | undefined { return this.#socket?.remotePort }
  get remoteFamily (): string | undefined { return this.#socket?.remoteFamily }
  get localAddress (): string | undefined { return this.#socket?.localAddress }
  get localPort (): number | undefined { return this.#socket?.localPort }

  setTimeout (timeout: number, callback?: () => void): this {
    this.#socket?.setTimeout?.(timeout, callback)
    return this
  }

  setNoDelay (on?: boolean): this {
    this.#socket?.setNoDelay?.(on)
    return this
  }

  setKeepAlive (on?: boolean, delay?: number): this {
    this.#socket?.setKeepAlive?.(on, delay)
    return this
  }

  ref (): this { return this }
  unref (): this { return this }

  /** Makes this the connection of a response. */
  carry (message: ServerResponse): void {
    this.#message = message
    // Framing is the matter of the real connection: without it the bytes of the body come as they are. Until the head is
    // written it only decides whether trailers are allowed, which get lost here.
    Object.defineProperty(message, 'chunkedEncoding', { get: () => headOf(message) === null && !BODYLESS_STATUS.has(message.statusCode), set: noop })
    message.sendDate = false
    message.assignSocket(this as unknown as Socket)
    this.on('drain', () => {
      if (message.writableEnded) return
      if (NEED_DRAIN !== undefined) (message as unknown as Record<symbol, boolean>)[NEED_DRAIN] = false
      message.emit('drain')
    })
    message.once('finish', () => {
      this.#controller?.close()
      this.#controller = undefined
      // As in Node.js, `close` follows `finish`.
      this.destroy()
    })
  }

  /** Ends the answer with an error, which may be any value. */
  fail (error: unknown): void {
    this.#reject(error)
    this.destroy(error instanceof Error ? error : undefined)
  }

  override _read (): void {}

  override _write (chunk: string | Uint8Array, encoding: BufferEncoding, callback: () => void): void {
    const bytes = this.#body(chunk, encoding)
    if (bytes !== undefined && bytes.length > 0) this.#add(bytes)
    const room = this.#controller === undefined ? HIGH_WATER_MARK - this.#length : this.#controller.desiredSize!
    if (room > 0) callback()
    else {
      this.#writeOn = callback
      this.#held = chunk.length
    }
  }

  /** A response sends its head in front of its first bytes, or alone; what comes before is informational (100, 103). */
  #body (chunk: string | Uint8Array, encoding: BufferEncoding): Uint8Array | undefined {
    if (!this.#headPassed) {
      const head = headOf(this.#message!)
      if (head === null || typeof chunk !== 'string' || !chunk.startsWith(head)) return undefined
      this.#headPassed = true
      // The handler may be about to end the answer in the same breath.
      process.nextTick(() => { this.#answer(head, encoding) })
      chunk = chunk.slice(head.length)
    }
    return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
  }

  #add (bytes: Uint8Array): void {
    if (this.#controller !== undefined) {
      this.#controller.enqueue(bytes)
      return
    }
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  #answer (head: string, encoding: BufferEncoding): void {
    const message = this.#message!
    if (this.destroyed && !message.writableFinished) return
    try {
      const { status, statusText } = statusOf(head)
      const bodyless = message.req.method === 'HEAD' || BODYLESS_STATUS.has(status)
      const isWhole = message.writableEnded && this.writableLength === this.#held
      const body = bodyless ? null : isWhole ? this.#whole() : this.#stream()
      const response = new LightResponse(body as never, { status, statusText, headers: headersOf(head) })
      this.#resolve(encoding === 'latin1' ? markAsLatin1(response) : response)
      if (this.#controller === undefined) this.#goOn()
    } catch (error) {
      // A status that no Response can have (101, 700)
      this.#reject(error)
      this.destroy()
    }
  }

  #whole (): Uint8Array | null {
    if (this.#length === 0) return null
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length)
  }

  #stream (): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const chunk of this.#chunks) controller.enqueue(chunk)
        this.#chunks = []
        this.#controller = controller
      },
      pull: () => { this.#goOn() },
      cancel: () => { this.destroy() }
    }, { highWaterMark: HIGH_WATER_MARK, size: (chunk) => chunk!.byteLength })
  }

  #goOn (): void {
    const writeOn = this.#writeOn
    this.#writeOn = undefined
    this.#held = 0
    writeOn?.()
  }

  override _destroy (error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#message?.writableFinished !== true) {
      const reason = error ?? new NoResponseError('An old handler closed the connection before its answer was complete.')
      this.#reject(reason)
      this.#controller?.error(reason)
      this.#controller = undefined
    }
    // What waits to be written is given up: nobody listens for errors of this stream.
    callback(null)
  }
}

const noop = (): void => {}

/** Status line and headers, once they are written. */
const headOf = (message: ServerResponse): string | null => (message as unknown as { _header: string | null })._header

/** Not that of the response, which a handler may set once more: `res.json({}); res.status(405).end()` without a `return`. */
function statusOf (head: string): { status: number, statusText: string } {
  const [, status, ...words] = head.slice(0, head.indexOf('\r\n')).split(' ')
  return { status: Number(status), statusText: words.join(' ') }
}

/** Headers that Node.js writes of itself, and that speak of a connection which is not there. */
const AUTOMATIC = /^(?:connection: keep-alive|keep-alive: .*|transfer-encoding: .*)$/i

/** Given to `writeHead()` alone, headers are nowhere but in the head. */
function headersOf (head: string): Headers {
  const headers = new Headers()
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    // Node.js itself makes U+FFFD of a file name that is not in ASCII, which no header can have.
    if (colon > 0 && !AUTOMATIC.test(line)) headers.append(line.slice(0, colon), line.slice(colon + 2).replaceAll('\uFFFD', '?'))
  }
  return headers
}

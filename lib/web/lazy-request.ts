import { Readable } from 'node:stream'
import { collect, stream, withType } from './body.ts'
import { decodeForm } from './decode-form.ts'
import { onceClosed, type Exchange } from './exchange.ts'
import { receivedHeader, replaceHeaders, requestHeaders } from './headers.ts'
import { shareState, standIn } from './stand-in.ts'
import { markAsUncloneable } from './uncloneable.ts'
import { requestUrl } from './url.ts'
import { Request, Response } from './native.ts'

/** Aborts the `signal` of a received request, now or whenever the handler asks for it. */
export let abort: (request: Request, reason?: unknown) => void

/** Whether anything of the body of a received request may have been read. */
export let bodyTaken: (request: Request) => boolean

/** Path and query of a received request as its client sent them. */
export let targetOf: (request: Request) => string

/** What `request.headers.get(name)` gives, for a name in lower case; a received request needs no list of headers for it. */
export let headerOf = (request: Request, name: string): string | null => request.headers.get(name)

/** Gives the native request for a received one, and everything else back as it is. */
export let unwrap: <T>(value: T) => T

/**
 * Makes the class of received requests, on top of `Base` (a subclass of the native `Request`).
 * Its objects are `instanceof` both, but run no native constructor: URL, headers, body and signal come to be when they are
 * first asked for. What is not overridden here, members of later Node.js versions included, goes to a native `Request` made
 * at that moment.
 */
export function lazyRequestClass<T extends Request> (Base: { prototype: T }): new (exchange: Exchange) => T {
  class LazyRequest {
    readonly #exchange: Exchange
    #url: string | undefined
    #headers: Headers | undefined
    #controller: AbortController | undefined
    #aborted: { reason: unknown } | undefined
    #body: ReadableStream<Uint8Array> | undefined
    #isRead = false
    #native: Request | undefined

    constructor (exchange: Exchange) {
      markAsUncloneable(this)
      this.#exchange = exchange
    }

    static {
      abort = (request, reason) => { (request as unknown as LazyRequest).#abort(reason) }
      bodyTaken = (request) => (request as unknown as LazyRequest).#isRead || (request as unknown as LazyRequest).#body !== undefined
      targetOf = (request) => (request as unknown as LazyRequest).#exchange.target
      headerOf = (request, name) => {
        if (!(#exchange in request)) return request.headers.get(name)
        return request.#headers === undefined ? receivedHeader(request.#exchange, name) : request.#headers.get(name)
      }
      unwrap = (value) => typeof value === 'object' && value !== null && #exchange in value ? (value as unknown as LazyRequest).#toNative() as unknown as typeof value : value
    }

    get method (): string {
      return this.#exchange.method
    }

    get url (): string {
      return this.#url ??= requestUrl(this.#exchange.origin(), this.#exchange.target)
    }

    get headers (): Headers {
      return this.#headers ??= requestHeaders(this.#exchange)
    }

    /** GET and HEAD have none, whatever the client sent. */
    get #hasBody (): boolean {
      return this.#exchange.method !== 'GET' && this.#exchange.method !== 'HEAD'
    }

    get body (): ReadableStream<Uint8Array> | null {
      if (this.#native !== undefined) return this.#native.body as ReadableStream<Uint8Array> | null
      if (!this.#hasBody) return null
      if (this.#body === undefined) {
        this.#body = this.#isRead ? spentStream() : stream(this.#exchange)
      }
      return this.#body
    }

    get bodyUsed (): boolean {
      if (this.#native !== undefined) return this.#native.bodyUsed
      return this.#isRead || (this.#body !== undefined && Readable.isDisturbed(this.#body as never))
    }

    get signal (): AbortSignal {
      if (this.#controller === undefined) {
        this.#controller = new AbortController()
        if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason)
        else if (this.#exchange.isForOthers !== true) onceClosed(this.#exchange.res, (complete) => { if (!complete) this.#abort() })
      }
      return this.#controller.signal
    }

    #abort (reason?: unknown): void {
      if (this.#aborted !== undefined) return
      this.#aborted = { reason }
      this.#controller?.abort(reason)
    }

    text (): Promise<string> {
      return LazyRequest.#take(this, decode)
    }

    json (): Promise<unknown> {
      return LazyRequest.#take(this, parseJson)
    }

    arrayBuffer (): Promise<ArrayBuffer> {
      return LazyRequest.#take(this, copyBuffer)
    }

    bytes (): Promise<Uint8Array> {
      return LazyRequest.#take(this, copy)
    }

    /** Not an async function, whose promise would come on top. */
    static #take<T> (self: LazyRequest, convert: (bytes: Uint8Array) => T): Promise<T> {
      try {
        return Promise.resolve(self.#read(convert))
      } catch (error) {
        // What `self` is, or is not, is told as by native methods.
        return Promise.reject(error instanceof Error ? error : new TypeError('A body could not be read', { cause: error }))
      }
    }

    async blob (): Promise<Blob> {
      return await (await withType(this.#hasBody ? Promise.resolve(this.#read(asTheyAre)) : null, this.headers)).blob()
    }

    async formData (): Promise<FormData> {
      if (!this.#hasBody) return await (await withType(null, this.headers)).formData()
      const bytes = await this.#read(asTheyAre)
      // The type that the headers have when all is read.
      const type = this.headers.get('content-type') ?? ''
      return decodeForm(bytes, type) ?? await new Response(bytes, { headers: { 'content-type': type } }).formData()
    }

    /** The whole body, straight from the connection where nobody asked for a stream. */
    #read<T> (convert: (bytes: Uint8Array) => T): T | Promise<T> {
      if (this.#native !== undefined || this.#isUnusable) return bytesOf(this.#toNative()).then(convert)
      if (this.#body !== undefined) return bytesOf(new Response(this.#body)).then(convert)
      if (!this.#hasBody) return convert(new Uint8Array())
      this.#isRead = true
      return collect(this.#exchange, convert)
    }

    get #isUnusable (): boolean {
      return this.bodyUsed || this.#body?.locked === true
    }

    clone (): Request {
      return this.#toNative().clone()
    }

    /** A native `Request` of the same state; from now on it owns the body. */
    #toNative (): Request {
      if (this.#native !== undefined) {
        replaceHeaders(this.#native.headers, this.headers)
        return this.#native
      }
      const init = { method: this.method, headers: this.headers, signal: this.signal, duplex: 'half' as const }
      if (!this.#isUnusable) return this.#native = new Request(this.url, { ...init, body: this.body })
      // It may still be copied with another body, and words the errors. Not kept, for a lock may be released.
      const spent = new Request(this.url, { ...init, body: '' })
      void spent.text()
      return spent
    }

    static {
      // Members that say nothing of the received request have the values of a fresh one.
      const fresh = new Request('http://localhost')
      standIn(LazyRequest.prototype, Request.prototype, Base.prototype, unwrap, () => fresh)
      shareState(LazyRequest.prototype, fresh, unwrap)
      // `new request.constructor(url, request)` makes what it makes of other requests.
      Reflect.deleteProperty(LazyRequest.prototype, 'constructor')
    }
  }
  return LazyRequest as unknown as new (exchange: Exchange) => T
}

/** What `body` is once a reader method has taken the bytes: as with a native request, disturbed and locked for good. */
function spentStream (): ReadableStream<Uint8Array> {
  const body = new ReadableStream({ type: 'bytes' })
  void body.getReader().cancel()
  return body
}

async function bytesOf (native: Request | Response): Promise<Uint8Array> {
  return new Uint8Array(await native.arrayBuffer())
}

/** Bytes of the caller's own, never a view of memory that Node.js shares. */
function copy (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

const copyBuffer = (bytes: Uint8Array): ArrayBuffer => copy(bytes).buffer

const asTheyAre = (bytes: Uint8Array): Uint8Array => bytes

const decoder = new TextDecoder()

/** Drops a byte order mark, as the Fetch standard's "UTF-8 decode" does. A buffer decodes itself at half the cost. */
function decode (bytes: Uint8Array): string {
  if (!(bytes instanceof Buffer)) return decoder.decode(bytes)
  const text = bytes.toString()
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text
}

const BYTE_ORDER_MARK = 0xFEFF

const parseJson = (bytes: Uint8Array): unknown => JSON.parse(decode(bytes))

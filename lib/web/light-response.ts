import { withType } from './body.ts'
import type { BodyInit, ResponseType } from './fetch-types.ts'
import { replaceHeaders } from './headers.ts'
import { headersOf, lightHeaders } from './light-headers.ts'
import { encodeForm } from './encode-form.ts'
import { shareState, standIn, standInClass } from './stand-in.ts'
import { markAsUncloneable } from './uncloneable.ts'
import { Response } from './native.ts'

/** A body that can be sent in one piece, and the content type that the Fetch standard gives it. */
class PlainBody {
  readonly data: string | Uint8Array | null
  readonly type: string | null

  constructor (data: string | Uint8Array | null, type: string | null) {
    this.data = data
    this.type = type
  }
}

/** The body of a light response while nobody has asked for it as a stream; undefined for every other response. */
export let plainBody: (response: Response) => string | Uint8Array | null | undefined

/** The headers of a response; undefined for a light one whose only header, if any, is the content type of its body. */
export let ownHeaders: (response: Response) => Headers | undefined

/** The content type that the body of a light response gives it; null where there is none. */
export let typeOfBody: (response: Response) => string | null

const NULL_BODY_STATUS = new Set([101, 204, 205, 304])
// RFC 9112, 4: reason-phrase
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/

/**
 * A `Response` that keeps what it was given until somebody wants it as a stream: making a native one costs more than all
 * of Fastify. It is `instanceof Response` and behaves like one; bodies other than strings and bytes, and everything that
 * reads a body, are left to a native `Response` made at that moment.
 */
class Light {
  #status: number
  #statusText: string
  #headers: Headers | undefined
  #type: string | null
  #body: PlainBody['data']
  #native: Response | undefined

  constructor (body: BodyInit | null = null, init: ResponseInit | undefined = undefined) {
    markAsUncloneable(this)
    const plain = toPlainBody(body)
    if (plain === undefined) {
      const read = readOnce(init)
      const native = new Response(body instanceof FormData ? encodeForm(body) : body, read)
      this.#status = native.status
      this.#statusText = native.statusText
      this.#headers = headersOf(native, read?.headers)
      this.#type = null
      this.#body = null
      this.#native = native
      return
    }
    const { status, statusText, headers } = checked(init)
    // The native constructor words every error.
    if (plain.data !== null && NULL_BODY_STATUS.has(status)) void new Response('', { status })
    this.#status = status
    this.#statusText = statusText
    this.#headers = headers === undefined ? undefined : lightHeaders(headers, plain.type)
    this.#type = plain.type
    this.#body = plain.data
    this.#native = undefined
  }

  static {
    plainBody = (response) => #body in response && response.#native === undefined ? response.#body : undefined
    ownHeaders = (response) => #body in response ? response.#headers : response.headers
    typeOfBody = (response) => (response as unknown as Light).#type
  }

  static json (...args: [data: unknown, init?: ResponseInit]): Response {
    return jsonResponse(LightResponse, ...args)
  }

  // The accessors take native responses, too: somebody may have given one our prototype, or call them by hand.
  get status (): number {
    return #native in this ? this.#status : read(this, 'status')
  }

  get statusText (): string {
    return #native in this ? this.#statusText : read(this, 'statusText')
  }

  get ok (): boolean {
    return #native in this ? this.#status >= 200 && this.#status <= 299 : read(this, 'ok')
  }

  get headers (): Headers {
    return #native in this ? this.#ownHeaders() : read(this, 'headers')
  }

  #ownHeaders (): Headers {
    return this.#headers ??= lightHeaders(undefined, this.#type)
  }

  get body (): ReadableStream<Uint8Array> | null {
    if (!(#native in this)) return read(this, 'body')
    if (this.#native === undefined && this.#body === null) return null
    return this.#toNative().body
  }

  get bodyUsed (): boolean {
    return #native in this ? this.#native?.bodyUsed ?? false : read(this, 'bodyUsed')
  }

  get type (): ResponseType {
    return #native in this ? 'default' : read(this, 'type')
  }

  get url (): string {
    return #native in this ? '' : read(this, 'url')
  }

  get redirected (): boolean {
    return #native in this ? false : read(this, 'redirected')
  }

  // The native ones would go by headers of their own, while ours may have changed when all bytes are there.
  async blob (): Promise<Blob> {
    return Light.#isOurs(this) ? await (await this.#typed()).blob() : await Response.prototype.blob.call(this)
  }

  async formData (): Promise<FormData> {
    return Light.#isOurs(this) ? await (await this.#typed()).formData() : await Response.prototype.formData.call(this)
  }

  #typed (): Promise<Response> {
    const native = this.#toNative()
    return withType(native.body && native.arrayBuffer(), this.#ownHeaders())
  }

  static #isOurs (self: unknown): self is Light {
    return typeof self === 'object' && self !== null && #native in self
  }

  #toNative (): Response {
    this.#native ??= new Response(this.#body as BodyInit | null, { status: this.#status, statusText: this.#statusText })
    replaceHeaders(this.#native.headers, this.#ownHeaders())
    return this.#native
  }

  static {
    const nativeOf = (self: unknown): unknown => Light.#isOurs(self) ? self.#toNative() : self
    standIn(Light.prototype, Response.prototype, Response.prototype, nativeOf)
    shareState(Light.prototype, new Response(), nativeOf)
    standInClass(Light, Response)
  }
}

/** What `json()` of a class makes. */
export function jsonResponse<T> (Class: new (body: never, init: ResponseInit | undefined) => T, ...args: [data: unknown, init?: ResponseInit]): T {
  const [data, init] = args
  // Before the data may run code of its own.
  const read = readOnce(init)
  const text = JSON.stringify(data) as string | undefined
  // The native function words the error.
  if (text === undefined) Response.json(...args)
  return new Class(new PlainBody(text!, 'application/json') as never, read)
}

/** What a native accessor says of an object that is not ours: an error, unless it is a native response. */
function read (object: never, key: keyof Response): never {
  return Reflect.get(Response.prototype, key, object) as never
}

/** Reads each member once, as the native constructor does, and has it judge whatever is not usual. */
function checked (init: ResponseInit | undefined): { status: number, statusText: string, headers: ResponseInit['headers'] } {
  if (init === undefined) return DEFAULTS
  if (typeof init !== 'object' || init === null) return new Response(null, init)
  const { status = 200, statusText = '', headers } = init
  const usual = Number.isInteger(status) && status >= 200 && status <= 599 && (statusText === '' || (typeof statusText === 'string' && REASON_PHRASE.test(statusText)))
  return usual ? { status, statusText, headers } : new Response(null, { status, statusText, headers })
}

const DEFAULTS = { status: 200, statusText: '', headers: undefined }

/** Each member is read once, which may be a getter's. What is no object is for the native constructor to refuse. */
function readOnce (init: ResponseInit | undefined): ResponseInit | undefined {
  if (typeof init !== 'object' || init === null) return init
  const { status, statusText, headers } = init
  return { status, statusText, headers }
}

function toPlainBody (body: unknown): PlainBody | undefined {
  if (body === null) return NO_BODY
  if (body instanceof PlainBody) return body
  if (typeof body === 'string') return new PlainBody(body, 'text/plain;charset=UTF-8')
  if (body instanceof Uint8Array) return isOrdinary(body.buffer) ? new PlainBody(new Uint8Array(body), null) : undefined
  if (body instanceof ArrayBuffer) return isOrdinary(body) ? new PlainBody(new Uint8Array(body.slice()), null) : undefined
  if (body instanceof URLSearchParams) return new PlainBody(body.toString(), 'application/x-www-form-urlencoded;charset=UTF-8')
  return undefined
}

const NO_BODY = new PlainBody(null, null)

/** Neither shared nor resizable nor detached: the native constructor refuses some of those. */
const isOrdinary = (buffer: ArrayBufferLike): boolean => buffer instanceof ArrayBuffer && buffer.byteLength > 0 && !(buffer as { resizable?: boolean }).resizable

export const LightResponse = Light as unknown as typeof Response
export type LightResponse = Response

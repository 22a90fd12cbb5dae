import { inspect, type InspectOptions } from 'node:util'
import type { BodyInit, ResponseType } from './fetch-types.ts'
import { replaceHeaders } from './headers.ts'
import { addDefault, lightHeaders } from './light-headers.ts'

/** A body that can be sent in one piece, and the content type that the Fetch standard gives it. */
interface PlainBody {
  data: string | Uint8Array | null
  type: string | null
}

/** The body of a light response while nobody has asked for it as a stream; undefined for every other response. */
export let plainBody: (response: Response) => string | Uint8Array | null | undefined

/** Gives a fresh light response without a body one of JSON. */
export let setJson: (response: Response, data: unknown) => void

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
  #headers: Headers
  #body: PlainBody['data']
  #native: Response | undefined

  constructor (body?: BodyInit | null, init?: ResponseInit) {
    const { status = 200, statusText = '' } = init ?? {}
    const plain = toPlainBody(body)
    if (plain === undefined || !isValid(plain, status, statusText) || typeof (init ?? {}) !== 'object') {
      // The native constructor takes every kind of body, and words every error.
      const native = new Response(body, init)
      this.#status = native.status
      this.#statusText = native.statusText
      this.#headers = native.headers
      this.#body = null
      this.#native = native
      return
    }
    this.#status = status
    this.#statusText = statusText
    this.#headers = lightHeaders(init?.headers)
    this.#body = plain.data
    if (plain.type !== null) addDefault(this.#headers, 'content-type', plain.type)
  }

  static {
    plainBody = (response) => #body in response && response.#native === undefined ? response.#body : undefined
    setJson = (response, data) => { (response as unknown as Light).#setJson(data) }
  }

  #setJson (data: unknown): void {
    const text = JSON.stringify(data) as string | undefined
    if (text === undefined) throw new TypeError('Value is not JSON serializable')
    if (NULL_BODY_STATUS.has(this.#status)) throw new TypeError(`Response constructor: Invalid response status code ${this.#status}`)
    this.#body = text
    this.#native = undefined
    addDefault(this.#headers, 'content-type', 'application/json')
  }

  static json (data: unknown, init?: ResponseInit): Response {
    const response = new LightResponse(null, init)
    setJson(response, data)
    return response
  }

  /** Native responses are `instanceof` the class that stands in for theirs, but not of its subclasses. */
  static [Symbol.hasInstance] (value: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(this as unknown === Light ? Response : this, value)
  }

  get status (): number {
    return this.#status
  }

  get statusText (): string {
    return this.#statusText
  }

  get ok (): boolean {
    return this.#status >= 200 && this.#status <= 299
  }

  get headers (): Headers {
    return this.#headers
  }

  get body (): ReadableStream<Uint8Array> | null {
    if (this.#native === undefined && this.#body === null) return null
    return this.#toNative().body
  }

  get bodyUsed (): boolean {
    return this.#native?.bodyUsed ?? false
  }

  get type (): ResponseType {
    return 'default'
  }

  get url (): string {
    return ''
  }

  get redirected (): boolean {
    return false
  }

  #toNative (): Response {
    this.#native ??= new Response(this.#body as BodyInit | null, { status: this.#status, statusText: this.#statusText })
    replaceHeaders(this.#native.headers, this.#headers)
    return this.#native
  }

  [inspect.custom] (_depth: number, options: InspectOptions): string {
    const shown = ['status', 'statusText', 'headers', 'body', 'bodyUsed', 'ok', 'redirected', 'type', 'url']
    const state = Object.fromEntries(shown.map((key) => [key, this[key as keyof this]]))
    return `Response ${inspect(state, options)}`
  }

  static {
    const own = new Set<PropertyKey>(Reflect.ownKeys(Light.prototype))
    for (const key of Reflect.ownKeys(Response.prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(Response.prototype, key)!
      if (own.has(key) || typeof value !== 'function') continue
      // clone, text, json, … and what later Node.js versions add
      Object.defineProperty(Light.prototype, key, {
        configurable: true,
        enumerable: true,
        writable: true,
        value (this: Light, ...args: unknown[]) { return Reflect.apply(value as (...args: unknown[]) => unknown, this.#toNative(), args) as unknown }
      })
    }
    // Node.js 20 and 22 keep a response's state in symbols: with them the methods of the native prototype work, too.
    for (const key of Object.getOwnPropertySymbols(new Response())) {
      Object.defineProperty(Light.prototype, key, { configurable: true, get (this: Light) { return Reflect.get(this.#toNative(), key) as unknown } })
    }
    Object.setPrototypeOf(Light.prototype, Response.prototype)
    Object.setPrototypeOf(Light, Response)
    Object.defineProperty(Light, 'name', { value: 'Response' })
  }
}

function toPlainBody (body: unknown): PlainBody | undefined {
  if (body === undefined || body === null) return { data: null, type: null }
  if (typeof body === 'string') return { data: body, type: 'text/plain;charset=UTF-8' }
  if (body instanceof Uint8Array) return { data: new Uint8Array(body), type: null }
  if (body instanceof URLSearchParams) return { data: body.toString(), type: 'application/x-www-form-urlencoded;charset=UTF-8' }
  return undefined
}

function isValid (body: PlainBody, status: number, statusText: string): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599 &&
    typeof statusText === 'string' && REASON_PHRASE.test(statusText) &&
    (body.data === null || !NULL_BODY_STATUS.has(status))
}

export const LightResponse = Light as unknown as typeof Response
export type LightResponse = Response

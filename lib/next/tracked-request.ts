import type { Exchange } from '../web/exchange.ts'
import { ClassicNextRequest } from './next-request.ts'
import type { NextUrlConfig } from './next-pathname.ts'
import { NextURL } from './next-url.ts'

/** Told what of a request is looked at that could differ between two requests for one path: `request.headers`. */
export type Touched = (used: string) => void

/** Beyond Next.js, whose server has one host: what clients call the server must not get into what all of them are given. */
const OF_THE_HOST = ['host', 'hostname', 'port', 'protocol'] as const
const OF_THE_REQUEST = ['headers', 'cookies', 'url', 'body', 'blob', 'bytes', 'json', 'text', 'arrayBuffer', 'formData', 'ip', 'geo'] as const
const OF_THE_URL = ['search', 'searchParams', 'href', 'toJSON', 'toString', 'origin', ...OF_THE_HOST] as const

/**
 * The request of a handler whose answer may be kept for others: it tells what is looked at. No proxy, which native code and
 * libraries could not look behind.
 */
export class TrackedNextRequest extends ClassicNextRequest {
  readonly #given: ConstructorParameters<typeof TrackedNextRequest>
  #nextUrl: NextURL | undefined
  #isQuiet = false
  #isTouched = false

  constructor (...given: [exchange: Exchange, touched: Touched, clientIp: (() => string | undefined) | undefined, nextConfig?: NextUrlConfig]) {
    const [exchange, , clientIp, nextConfig] = given
    super(exchange, clientIp, nextConfig)
    this.#given = given
  }

  override get nextUrl (): NextURL {
    return this.#nextUrl ??= new TrackedNextURL(this.#quietly(() => super.nextUrl.href), this.#given[1])
  }

  #tell (name: string): void {
    if (this.#isQuiet) return
    this.#isTouched = true
    this.#given[1](`request.${name}`)
  }

  #quietly<T> (look: () => T): T {
    this.#isQuiet = true
    try {
      return look()
    } finally {
      this.#isQuiet = false
    }
  }

  static {
    tellOf(this.prototype, OF_THE_REQUEST, (request, name) => { request.#tell(name) })
    // Without a body, and while nobody has changed it, a copy is the same request once more.
    const { get: cloneOf, ...flags } = inheritedDescriptor(this.prototype, 'clone')!
    const cloning = { get (this: TrackedNextRequest): unknown { return this.method === 'GET' && !this.#isTouched ? () => new TrackedNextRequest(...this.#given) : Reflect.apply(cloneOf!, this, []) } }
    Object.defineProperty(this.prototype, 'clone', { ...flags, get: cloning.get })
    // `request.constructor` is the class that takes a URL, not an exchange.
    Reflect.deleteProperty(this.prototype, 'constructor')
  }
}

class TrackedNextURL extends NextURL {
  readonly #touched: Touched
  #isQuiet = false

  constructor (href: string, touched: Touched) {
    super(href, { keepsHost: true })
    this.#touched = touched
  }

  override clone (): NextURL {
    this.#isQuiet = true
    const { href } = this
    this.#isQuiet = false
    return new TrackedNextURL(href, this.#touched)
  }

  static {
    tellOf(this.prototype, OF_THE_URL, (url, name) => { if (!url.#isQuiet) url.#touched(`nextUrl.${name}`) })
    Object.defineProperty(this.prototype, 'constructor', { value: NextURL })
  }
}

/** Has a class tell of each use of some inherited members. */
function tellOf<T extends object> (prototype: T, names: readonly string[], touched: (self: T, name: string) => void): void {
  for (const name of names) {
    const inherited = inheritedDescriptor(prototype, name)
    if (inherited === undefined) continue
    const { get, set, value, enumerable } = inherited
    const telling = {
      get (this: T): unknown {
        touched(this, name)
        return get === undefined ? value : Reflect.apply(get, this, [])
      }
    }
    Object.defineProperty(prototype, name, { get: telling.get, set, enumerable, configurable: true })
  }
}

function inheritedDescriptor (prototype: object, name: string): PropertyDescriptor | undefined {
  for (let at = Object.getPrototypeOf(prototype) as object | null; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, name)
    if (found !== undefined) return found
  }
  return undefined
}

import { RequestCookies as EdgeRequestCookies, type RequestCookie } from '@edge-runtime/cookies'
import { lazyRequestClass, unwrap } from '../web/lazy-request.ts'
import type { Exchange } from '../web/exchange.ts'
import type { RequestInfo } from '../web/fetch-types.ts'
import { bindMethods } from './bind-methods.ts'
import type { NextUrlConfig } from './next-pathname.ts'
import { NextURL } from './next-url.ts'
import { validateUrl } from './validate-url.ts'

/** Where a request comes from, as hosting platforms told Next.js 13 and 14. */
export interface Geo {
  city?: string | undefined
  country?: string | undefined
  region?: string | undefined
  latitude?: string | undefined
  longitude?: string | undefined
}

export interface RequestInit extends Omit<globalThis.RequestInit, 'duplex'> {
  nextConfig?: NextUrlConfig | undefined
  duplex?: 'half' | undefined
  /** As in Next.js 13 and 14. */
  ip?: string | undefined
  /** As in Next.js 13 and 14. */
  geo?: Geo | undefined
}

/** The cookies of a request. The iterator is typed as in Next.js 13 and 14, so that their requests are ours, too. */
export interface RequestCookies extends Omit<EdgeRequestCookies, 'set' | 'clear' | typeof Symbol.iterator> {
  set (...args: [key: string, value: string] | [options: RequestCookie]): this
  clear (): this
  [Symbol.iterator] (): IterableIterator<[string, RequestCookie]>
}

const kCookies = Symbol('cookies')
const kNextUrl = Symbol('nextUrl')
const kNextConfig = Symbol('nextConfig')

/**
 * The Web `Request` with Next.js's additions. Nothing in the type is private, so that Next.js's own requests are of it, too.
 * @see https://nextjs.org/docs/app/api-reference/functions/next-request
 */
export class NextRequest extends Request {
  /** @internal */
  declare [kCookies]: RequestCookies | undefined
  /** @internal */
  declare [kNextUrl]: NextURL | undefined
  /** @internal */
  declare [kNextConfig]: NextUrlConfig | undefined

  /** @throws Error where the URL is relative */
  constructor (input: URL | RequestInfo, init: RequestInit = {}) {
    const url = typeof input !== 'string' && 'url' in input ? input.url : String(input)
    validateUrl(url)
    // Node.js demands `duplex` with a body; Next.js fills it in.
    const withDuplex = init.body != null && init.duplex !== 'half' ? { ...init, duplex: 'half' } : init
    super(input instanceof Request ? unwrap(input) : url, withDuplex as globalThis.RequestInit)
    hide(this, kNextConfig, init.nextConfig)
    if (init.ip !== undefined) hide(this, 'ip', init.ip)
    if (init.geo !== undefined) hide(this, 'geo', init.geo)
    // As nextUrl first has it.
    Object.defineProperty(this, 'url', { value: this.nextUrl.href, configurable: true })
  }

  /**
   * The cookies of the request. Writing to them rewrites the request's `cookie` header.
   * @see https://nextjs.org/docs/app/api-reference/functions/next-request#cookies
   */
  get cookies (): RequestCookies {
    return this[kCookies] ?? hide(this, kCookies, new EdgeRequestCookies(this.headers))
  }

  /**
   * The URL, taken apart. Writing to it does not change `url`.
   * @see https://nextjs.org/docs/app/api-reference/functions/next-request#nexturl
   */
  get nextUrl (): NextURL {
    return this[kNextUrl] ?? hide(this, kNextUrl, new NextURL(this.url, { nextConfig: this[kNextConfig], host: this.headers.get('host') ?? undefined }))
  }

  /** @deprecated Removed by Next.js 12.2. */
  get page (): void {
    throw new Error('The request.page has been deprecated in favour of `URLPattern`.\n  Read more: https://nextjs.org/docs/messages/middleware-request-page\n  ')
  }

  /** @deprecated Removed by Next.js 12.2: use `userAgent(request)`. */
  get ua (): void {
    throw new Error('The request.ua has been removed in favour of `userAgent` function.\n  Read more: https://nextjs.org/docs/messages/middleware-parse-user-agent\n  ')
  }
}

export interface NextRequest {
  /** The client's address, as Next.js 13 and 14 had it; `undefined` from 15 on. */
  readonly ip?: string | undefined
  /** The client's whereabouts, as Next.js 13 and 14 had it; `undefined` from 15 on. */
  readonly geo?: Geo | undefined
}

function hide<T> (target: object, key: PropertyKey, value: T): T {
  Object.defineProperty(target, key, { value, configurable: true, writable: true })
  return value
}

const RECEIVED = { keepsHost: true } as const

/** The `NextRequest` of a received request. */
export class ReceivedNextRequest extends lazyRequestClass(NextRequest) {
  readonly #nextConfig: NextUrlConfig | undefined
  #cookies: RequestCookies | undefined
  #nextUrl: NextURL | undefined

  constructor (exchange: Exchange, nextConfig?: NextUrlConfig) {
    super(exchange)
    this.#nextConfig = nextConfig
  }

  override get cookies (): RequestCookies {
    return this.#cookies ??= new EdgeRequestCookies(this.headers)
  }

  override get nextUrl (): NextURL {
    return this.#nextUrl ??= new NextURL(this, this.#nextConfig === undefined ? RECEIVED : { nextConfig: this.#nextConfig, keepsHost: true })
  }
}

bindMethods(ReceivedNextRequest.prototype, ['arrayBuffer', 'blob', 'bytes', 'clone', 'formData', 'json', 'text'])

/** As in 13 and 14: with `ip` and `geo`, unless nothing is to be known of a client. */
export class ClassicNextRequest extends ReceivedNextRequest {
  readonly #clientIp: (() => string | undefined) | undefined

  constructor (exchange: Exchange, clientIp: (() => string | undefined) | undefined, nextConfig?: NextUrlConfig) {
    super(exchange, nextConfig)
    this.#clientIp = clientIp
  }

  override get ip (): string | undefined { return this.#clientIp?.() }
  override get geo (): Geo | undefined { return this.#clientIp === undefined ? undefined : {} }
}

// `request.constructor` is the class that takes a URL, not an exchange.
for (const { prototype } of [ReceivedNextRequest, ClassicNextRequest]) Reflect.deleteProperty(prototype, 'constructor')

import { RequestCookies } from '@edge-runtime/cookies'
import { lazyRequestClass, unwrap } from '../web/lazy-request.ts'
import type { Exchange } from '../web/exchange.ts'
import type { RequestInfo } from '../web/fetch-types.ts'
import type { NextUrlConfig } from './next-pathname.ts'
import { NextURL } from './next-url.ts'
import { validateUrl } from './validate-url.ts'

/** Where a request comes from, as hosting platforms told Next.js 13 and 14. */
export interface Geo {
  city?: string
  country?: string
  region?: string
  latitude?: string
  longitude?: string
}

export interface RequestInit extends globalThis.RequestInit {
  nextConfig?: NextUrlConfig
  duplex?: 'half'
}

const kCookies = Symbol('cookies')
const kNextUrl = Symbol('nextUrl')
const kNextConfig = Symbol('nextConfig')

/**
 * The Web `Request` with Next.js's additions.
 * @see https://nextjs.org/docs/app/api-reference/functions/next-request
 */
export class NextRequest extends Request {
  declare [kCookies]: RequestCookies | undefined
  declare [kNextUrl]: NextURL | undefined
  declare [kNextConfig]: NextUrlConfig | undefined

  /** @throws Error where the URL is relative */
  constructor (input: RequestInfo, init: RequestInit = {}) {
    const url = typeof input !== 'string' && 'url' in input ? input.url : String(input)
    validateUrl(url)
    // Node.js demands `duplex` with a body; Next.js fills it in.
    const withDuplex = init.body != null && init.duplex !== 'half' ? { ...init, duplex: 'half' } : init
    super(input instanceof Request ? unwrap(input) : url, withDuplex as globalThis.RequestInit)
    hide(this, kNextConfig, init.nextConfig)
    // As nextUrl first has it.
    Object.defineProperty(this, 'url', { value: this.nextUrl.href, configurable: true })
  }

  /**
   * The cookies of the request. Writing to them rewrites the request's `cookie` header.
   * @see https://nextjs.org/docs/app/api-reference/functions/next-request#cookies
   */
  get cookies (): RequestCookies {
    return this[kCookies] ?? hide(this, kCookies, new RequestCookies(this.headers))
  }

  /**
   * The URL, taken apart. Writing to it does not change `url`.
   * @see https://nextjs.org/docs/app/api-reference/functions/next-request#nexturl
   */
  get nextUrl (): NextURL {
    return this[kNextUrl] ?? hide(this, kNextUrl, new NextURL(this.url, { nextConfig: this[kNextConfig], host: this.headers.get('host') ?? undefined }))
  }

  /** The client's address, as Next.js 13 and 14 had it; `undefined` from 15 on. */
  get ip (): string | undefined { return undefined }

  /** The client's whereabouts, as Next.js 13 and 14 had it; `undefined` from 15 on. */
  get geo (): Geo | undefined { return undefined }

  /** @deprecated Removed by Next.js 12.2. */
  get page (): never {
    throw new Error('The request.page has been deprecated in favour of `URLPattern`.\n  Read more: https://nextjs.org/docs/messages/middleware-request-page\n  ')
  }

  /** @deprecated Removed by Next.js 12.2: use `userAgent(request)`. */
  get ua (): never {
    throw new Error('The request.ua has been removed in favour of `userAgent` function.\n  Read more: https://nextjs.org/docs/messages/middleware-parse-user-agent\n  ')
  }
}

function hide<T> (target: object, key: symbol, value: T): T {
  Object.defineProperty(target, key, { value, configurable: true, writable: true })
  return value
}

/** The `NextRequest` of a received request. */
export class ReceivedNextRequest extends lazyRequestClass(NextRequest) {
  override get nextUrl (): NextURL {
    return this[kNextUrl] ?? hide(this, kNextUrl, new NextURL(this.url, { nextConfig: this[kNextConfig], keepsHost: true }))
  }
}

/** As in 13 and 14: with `ip` and `geo`. */
export class ClassicNextRequest extends ReceivedNextRequest {
  readonly #clientIp: () => string | undefined

  constructor (exchange: Exchange, clientIp: () => string | undefined) {
    super(exchange)
    this.#clientIp = clientIp
  }

  override get ip (): string | undefined { return this.#clientIp() }
  override get geo (): Geo { return {} }
}

/** Lets `nextUrl` of a received request follow `trailingSlash: true`. */
export function setNextConfig (request: NextRequest, config: NextUrlConfig): void {
  hide(request, kNextConfig, config)
}

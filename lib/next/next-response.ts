import { ResponseCookies } from '@edge-runtime/cookies'
import type { BodyInit } from '../web/fetch-types.ts'
import { jsonBody, LightResponse } from '../web/light-response.ts'
import { validateUrl } from './validate-url.ts'

interface ResponseInit extends globalThis.ResponseInit {
  url?: string
}

interface MiddlewareResponseInit extends globalThis.ResponseInit {
  /** What the request shall look like for whoever handles it next. */
  request?: { headers?: Headers }
}

const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308])

const kCookies = Symbol('cookies')

/**
 * The Web `Response` with Next.js's additions. Nothing in the type is private, so that Next.js's own responses are of it, too.
 * @see https://nextjs.org/docs/app/api-reference/functions/next-response
 */
export class NextResponse<Body = unknown> extends LightResponse {
  /** @internal */
  declare [kCookies]: ResponseCookies | undefined
  /** The type of what `NextResponse.json()` was given; there is no such property. */
  declare readonly __body?: Body

  constructor (body?: BodyInit | null, init: ResponseInit = {}) {
    super(body, init)
  }

  /**
   * The cookies that the response sets.
   * @see https://nextjs.org/docs/app/api-reference/functions/next-response#cookies
   */
  get cookies (): ResponseCookies {
    if (this[kCookies] === undefined) Object.defineProperty(this, kCookies, { value: new ResponseCookies(this.headers) })
    return this[kCookies]!
  }

  /** A response with a JSON body. */
  static override json<JsonBody> (body: JsonBody, init?: ResponseInit): NextResponse<JsonBody> {
    return new NextResponse<JsonBody>(...jsonBody(body, init))
  }

  /**
   * A redirect, 307 unless told otherwise.
   * @throws Error where the URL is relative
   * @throws RangeError where the status is none of 301, 302, 303, 307, 308
   */
  static override redirect (url: string | NextUrlLike | URL, init?: number | ResponseInit): NextResponse<unknown> {
    const status = typeof init === 'number' ? init : init?.status ?? 307
    if (!REDIRECT_STATUS.has(status)) throw new RangeError('Failed to execute "redirect" on "response": Invalid status code')
    const own = typeof init === 'object' ? init ?? {} : {}
    const headers = new Headers(own.headers)
    headers.set('location', validateUrl(url))
    return new NextResponse(null, { ...own, headers, status })
  }

  /** Middleware's answer "serve another path"; route handlers may not return it. */
  static rewrite (destination: string | NextUrlLike | URL, init?: MiddlewareResponseInit): NextResponse<unknown> {
    const headers = new Headers(init?.headers)
    headers.set('x-middleware-rewrite', validateUrl(destination))
    overrideRequestHeaders(init, headers)
    return new NextResponse(null, { ...init, headers })
  }

  /** Middleware's answer "go on"; route handlers may not return it. */
  static next (init?: MiddlewareResponseInit): NextResponse<unknown> {
    const headers = new Headers(init?.headers)
    headers.set('x-middleware-next', '1')
    overrideRequestHeaders(init, headers)
    return new NextResponse(null, { ...init, headers })
  }
}

interface NextUrlLike { href: string, toString (): string }

/** The header protocol by which a middleware's response carries changes of the request. */
function overrideRequestHeaders (init: MiddlewareResponseInit | undefined, headers: Headers): void {
  const overrides = init?.request?.headers
  if (overrides === undefined) return
  if (!(overrides instanceof Headers)) throw new Error('request.headers must be an instance of Headers')
  const names: string[] = []
  for (const [name, value] of overrides) {
    headers.set(`x-middleware-request-${name}`, value)
    names.push(name)
  }
  headers.set('x-middleware-override-headers', names.join(','))
}

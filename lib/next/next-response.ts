import type { ResponseCookies as EdgeResponseCookies } from '@edge-runtime/cookies'
import type { BodyInit } from '../web/fetch-types.ts'
import { lightHeaders } from '../web/light-headers.ts'
import { jsonResponse, LightResponse } from '../web/light-response.ts'
import { ResponseCookies } from './response-cookies.ts'
import { validateUrl } from './validate-url.ts'

interface ResponseInit extends globalThis.ResponseInit {
  url?: string | undefined
}

interface MiddlewareResponseInit extends globalThis.ResponseInit {
  /** What the request shall look like for whoever handles it next. */
  request?: { headers?: Headers | undefined } | undefined
}

export const REDIRECT_STATUS: readonly number[] = [301, 302, 303, 307, 308]

/**
 * The Web `Response` with Next.js's additions. An interface, so that Next.js's own responses are of this type, too.
 * @see https://nextjs.org/docs/app/api-reference/functions/next-response
 */
export interface NextResponse<Body = unknown> extends Response {
  /** The type of what `NextResponse.json()` was given; there is no such property. */
  readonly __body?: Body | undefined
  /**
   * The cookies that the response sets.
   * @see https://nextjs.org/docs/app/api-reference/functions/next-response#cookies
   */
  readonly cookies: EdgeResponseCookies
}

interface NextResponseConstructor {
  new <Body = unknown> (body?: BodyInit | null, init?: ResponseInit): NextResponse<Body>
  prototype: NextResponse
  /** A response with a JSON body. */
  json<JsonBody> (body: JsonBody, init?: ResponseInit): NextResponse<JsonBody>
  /**
   * A redirect, 307 unless told otherwise.
   * @throws Error where the URL is relative
   * @throws RangeError where the status is none of 301, 302, 303, 307, 308
   */
  redirect (url: string | NextUrlLike | URL, init?: number | ResponseInit): NextResponse<unknown>
  /** Middleware's answer "serve another path"; route handlers may not return it. */
  rewrite (destination: string | NextUrlLike | URL, init?: MiddlewareResponseInit): NextResponse<unknown>
  /** Middleware's answer "go on"; a route handler passes its request on by it. */
  next (init?: MiddlewareResponseInit): NextResponse<unknown>
  /** The native one: a response that cannot be sent. */
  error (): Response
}

export const NextResponse: NextResponseConstructor = class NextResponse extends LightResponse {
  #cookies: ResponseCookies | undefined

  constructor (body?: BodyInit | null, init?: ResponseInit) {
    super(body, init)
    this.#cookies = undefined
  }

  get cookies (): ResponseCookies {
    return this.#cookies ??= new ResponseCookies(this.headers)
  }

  static override json (body: unknown, init?: ResponseInit): never {
    return jsonResponse(NextResponse, body, init) as never
  }

  static override redirect (url: string | NextUrlLike | URL, init?: number | ResponseInit): NextResponse {
    const status = typeof init === 'number' ? init : init?.status ?? 307
    if (!REDIRECT_STATUS.includes(status)) throw new RangeError('Failed to execute "redirect" on "response": Invalid status code')
    const own = typeof init === 'object' ? init ?? {} : {}
    const headers = lightHeaders(own.headers, null)
    headers.set('location', validateUrl(url))
    return new NextResponse(null, { ...own, headers, status })
  }

  static rewrite (destination: string | NextUrlLike | URL, init?: MiddlewareResponseInit): NextResponse {
    const headers = lightHeaders(init?.headers, null)
    headers.set('x-middleware-rewrite', validateUrl(destination))
    overrideRequestHeaders(init, headers)
    return new NextResponse(null, { ...init, headers })
  }

  static next (init?: MiddlewareResponseInit): NextResponse {
    const headers = lightHeaders(init?.headers, null)
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

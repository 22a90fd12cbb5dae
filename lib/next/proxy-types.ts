import type { RouteHas } from './config-types.ts'
import type { NextRequest } from './next-request.ts'

/** What a proxy (middleware) file exports, and what it gets. */

export interface NextFetchEvent {
  sourcePage: string
  /** Keeps the server alive until the promise is settled. */
  waitUntil (promise: Promise<unknown>): void
  passThroughOnException (): void
  /** @deprecated Throws: return the response. */
  respondWith (): void
  /** @deprecated Throws: use the first argument. */
  readonly request: void
}

type ProxyResult = Response | null | undefined | void

/** The function that `proxy.ts` exports. */
export type NextProxy = (request: NextRequest, event: NextFetchEvent) => ProxyResult | Promise<ProxyResult>
/** The function that `middleware.ts` exports. */
export type NextMiddleware = NextProxy

/** The `config` that `proxy.ts` exports. */
export interface ProxyConfig {
  matcher?: string | Array<string | { source: string, locale?: false | undefined, has?: RouteHas[] | undefined, missing?: RouteHas[] | undefined }> | undefined
  regions?: string | string[] | undefined
  unstable_allowDynamic?: string | string[] | undefined
}
/** The `config` that `middleware.ts` exports. */
export type MiddlewareConfig = ProxyConfig

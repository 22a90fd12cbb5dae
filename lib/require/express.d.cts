import type * as esm from '../../dist/express/app-routes.js' with { 'resolution-mode': 'import' }

/** The adapter, with the named exports as its properties. */
declare function adapter (options: string | URL | esm.AppRoutesOptions): esm.AppRoutesMiddleware

declare namespace adapter {
  export const appRoutes: typeof esm.appRoutes
  export const hostRequest: typeof esm.hostRequest
  export { appRoutes as default }

  export type AppDirectoryProblem = esm.AppDirectoryProblem
  export type AppRoutesCache = esm.AppRoutesCache
  export type AppRoutesMiddleware = esm.AppRoutesMiddleware
  export type AppRoutesOptions = esm.AppRoutesOptions
  export type CacheEntry = esm.CacheEntry
  export type CacheEvent = esm.CacheEvent
  export type CacheMessage = esm.CacheMessage
  export type CacheOptions = esm.CacheOptions
  export type CacheStore = esm.CacheStore
  export type Compat = esm.Compat
  export type ConnectRequest = esm.ConnectRequest
  export type ConnectResponse = esm.ConnectResponse
  export type Freshness = esm.Freshness
  export type HostRequest<Req = esm.ConnectRequest, Res = esm.ConnectResponse> = esm.HostRequest<Req, Res>
  export type Invalidation = esm.Invalidation
  export type ParamsOf<Path extends string> = esm.ParamsOf<Path>
  export type RouteContext<Route extends string | esm.RouteParams = esm.RouteParams> = esm.RouteContext<Route>
  export type RouteHandler<Route extends string | esm.RouteParams = esm.RouteParams> = esm.RouteHandler<Route>
  export type RouteParams = esm.RouteParams
  export type ShadowDifference = esm.ShadowDifference
  export type ShadowOptions = esm.ShadowOptions
  export type ShadowReport = esm.ShadowReport
  export type StoredEntry = esm.StoredEntry
  export type TrailingSlash = esm.TrailingSlash
  export type UpstreamOptions = esm.UpstreamOptions
  export type UpstreamTls = esm.UpstreamTls
}

export = adapter

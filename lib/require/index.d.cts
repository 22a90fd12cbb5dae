import type { FastifyInstance } from 'fastify'
import type * as esm from '../../dist/fastify/app-routes.js' with { 'resolution-mode': 'import' }

/** The Fastify plugin, with the named exports as its properties. */
declare function plugin (instance: FastifyInstance, options: esm.AppRoutesOptions): Promise<void>

declare namespace plugin {
  /** See `AppRoutesPlugin`. */
  export const takesDirectory: true
  export const appRoutes: esm.AppRoutesPlugin
  export const hostRequest: typeof esm.hostRequest
  export { appRoutes as default }

  export type AppDirectoryProblem = esm.AppDirectoryProblem
  export type AppRoutesArgument = esm.AppRoutesArgument
  export type AppRoutesCache = esm.AppRoutesCache
  export type AppRoutesOptions = esm.AppRoutesOptions
  export type AppRoutesPlugin = esm.AppRoutesPlugin
  export type CacheEntry = esm.CacheEntry
  export type CacheEvent = esm.CacheEvent
  export type CacheMessage = esm.CacheMessage
  export type CacheOptions = esm.CacheOptions
  export type CacheStore = esm.CacheStore
  export type Compat = esm.Compat
  export type Freshness = esm.Freshness
  export type HostRequest = esm.HostRequest
  export type Invalidation = esm.Invalidation
  export type ParamsOf<Path extends string> = esm.ParamsOf<Path>
  export type RouteConfig = esm.RouteConfig
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

export = plugin

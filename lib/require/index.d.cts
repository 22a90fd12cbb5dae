import type * as esm from '../../dist/index.js' with { 'resolution-mode': 'import' }

/** The Fastify plugin, with the named exports as its properties. */
declare const appRoutes: esm.AppRoutesPlugin & {
  readonly appRoutes: esm.AppRoutesPlugin
  readonly default: esm.AppRoutesPlugin
  readonly hostRequest: typeof esm.hostRequest
}

declare namespace appRoutes {
  export type AppDirectoryProblem = esm.AppDirectoryProblem
  export type AppRoutesArgument = esm.AppRoutesArgument
  export type AppRoutesOptions = esm.AppRoutesOptions
  export type AppRoutesPlugin = esm.AppRoutesPlugin
  export type Compat = esm.Compat
  export type HostRequest = esm.HostRequest
  export type RouteContext<Params extends esm.RouteParams = esm.RouteParams> = esm.RouteContext<Params>
  export type RouteHandler<Params extends esm.RouteParams = esm.RouteParams> = esm.RouteHandler<Params>
  export type RouteParams = esm.RouteParams
  export type TrailingSlash = esm.TrailingSlash
}

export = appRoutes

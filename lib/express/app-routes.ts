import { currentContext } from '../context/request-context.ts'
import { WrongHostError } from '../errors.ts'
import type { ExpressHost } from './exchange.ts'
import { refuseFastify } from './refuse-fastify.ts'
import { createMiddleware, type AppRoutesMiddleware, type ExpressAppRoutesOptions } from './middleware.ts'

export type { ExpressAppRoutesOptions as AppRoutesOptions, AppRoutesMiddleware } from './middleware.ts'
export type { AppRoutesCache } from '../cache/outside.ts'
export type { CacheEvent, CacheMessage } from '../cache/observe.ts'
export type { CacheOptions } from '../cache/options.ts'
export type { CacheEntry, Freshness } from '../cache/entry.ts'
export type { CacheStore, Invalidation, StoredEntry } from '../cache/store.ts'
export type { ConnectRequest, ConnectResponse } from './request.ts'
export type { Compat, TrailingSlash } from '../options.ts'
export type { ParamsOf, RouteContext, RouteHandler, RouteParams } from '../route-types.ts'
export type { ShadowOptions } from '../beside/shadow-options.ts'
export type { ShadowDifference, ShadowReport } from '../beside/shadow-report.ts'
export type { UpstreamOptions, UpstreamTls } from '../beside/upstream-options.ts'
export type { AppDirectoryProblem } from '../errors.ts'

/**
 * Makes the route files of a directory a middleware for Express 4 and 5, Connect, and `node:http`.
 *
 *     app.use(appRoutes('./app'))
 *     app.use('/api', appRoutes({ dir: './app' }))
 *
 * @throws AppRoutesOptionError (`FAR_ERR_OPTION`) for wrong options; what is wrong in the directory rejects `ready()`
 */
export function appRoutes (options: string | URL | ExpressAppRoutesOptions): AppRoutesMiddleware {
  return createMiddleware(options)
}

refuseFastify(appRoutes)

/** What the host knows of the current request. */
export interface HostRequest<Req = ExpressHost['req'], Res = ExpressHost['res']> {
  /** The host's request object. */
  readonly req: Req
  /** The host's response object, with Express's `locals`. Headers set on it go out with the handler's answer. */
  readonly res: Res & { locals: Record<string, unknown> }
}

/**
 * Express's objects of the current request, from any depth of a handler.
 * @throws OutsideRequestError (`FAR_ERR_OUTSIDE_REQUEST`)
 * @throws WrongHostError (`FAR_ERR_WRONG_HOST`) where the request came through Fastify
 */
export function hostRequest<Req = ExpressHost['req'], Res = ExpressHost['res']> (): HostRequest<Req, Res> {
  const context = currentContext('hostRequest')
  context.touch('hostRequest()')
  const { host } = context
  if (host.name !== 'express') throw new WrongHostError('This request came through Fastify. Import hostRequest from fastify-app-routes.')
  return host as ExpressHost as unknown as HostRequest<Req, Res>
}

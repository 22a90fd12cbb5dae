import fp from 'fastify-plugin'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { AppRoutesCache } from '../cache/outside.ts'
import { currentContext } from '../context/request-context.ts'
import { WrongHostError } from '../errors.ts'
import type { FastifyHost } from './exchange.ts'
import { plugin, type FastifyAppRoutesOptions } from './plugin.ts'

export type { FastifyAppRoutesOptions as AppRoutesOptions } from './plugin.ts'
export type { AppRoutesCache } from '../cache/outside.ts'
export type { CacheEvent, CacheMessage } from '../cache/observe.ts'
export type { CacheOptions } from '../cache/options.ts'
export type { CacheEntry, Freshness } from '../cache/entry.ts'
export type { CacheStore, Invalidation, StoredEntry } from '../cache/store.ts'
export type { RouteConfig } from './route-config.ts'
export type { Compat, TrailingSlash } from '../options.ts'
export type { ParamsOf, RouteContext, RouteHandler, RouteParams } from '../route-types.ts'
export type { ShadowOptions } from '../beside/shadow-options.ts'
export type { ShadowDifference, ShadowReport } from '../beside/shadow-report.ts'
export type { UpstreamOptions, UpstreamTls } from '../beside/upstream-options.ts'
export type { AppDirectoryProblem } from '../errors.ts'

/** What `fastify.register` takes as second argument: an app directory, alone or with options. */
export type AppRoutesArgument = string | URL | FastifyAppRoutesOptions

/** The type of the plugin. */
export type AppRoutesPlugin = FastifyPluginAsync<FastifyAppRoutesOptions> & {
  /** Told apart from other plugins by this, so that `register(appRoutes, './app')` type-checks. */
  readonly takesDirectory: true
}

/**
 * The Fastify plugin: makes the route files of a directory real routes of the server.
 *
 *     await fastify.register(appRoutes, './app')
 *     await fastify.register(appRoutes, { dir: './app', prefix: '/api' })
 *
 * Rejects with `FAR_ERR_APP_DIRECTORY` listing everything that is wrong in the directory, with `FAR_ERR_OPTION` for a
 * wrong option, with `FAR_ERR_DIR_NOT_FOUND`, and with `FAR_ERR_DUPLICATED_ROUTE` where the server has the same route.
 */
export const appRoutes = fp(plugin as unknown as FastifyPluginAsync<FastifyAppRoutesOptions>, {
  fastify: '5.x',
  name: 'fastify-app-routes'
}) as AppRoutesPlugin

/** What the host knows of the current request. */
export interface HostRequest<Request extends FastifyRequest = FastifyRequest, Reply extends FastifyReply = FastifyReply> {
  /** Fastify's request: `log`, `user`, … */
  readonly request: Request
  /** Fastify's reply. Headers set on it go out with the handler's answer. */
  readonly reply: Reply
  /** The server, with its decorators. */
  readonly server: Request['server']
}

/**
 * The Fastify objects of the current request, from any depth of a handler.
 * @throws OutsideRequestError (`FAR_ERR_OUTSIDE_REQUEST`)
 * @throws WrongHostError (`FAR_ERR_WRONG_HOST`) where the request came through Express
 */
export function hostRequest<Request extends FastifyRequest = FastifyRequest, Reply extends FastifyReply = FastifyReply> (): HostRequest<Request, Reply> {
  const context = currentContext('hostRequest')
  context.touch('hostRequest()')
  const { host } = context
  if (host.name !== 'fastify') throw new WrongHostError('This request came through Express. Import hostRequest from fastify-app-routes/express.')
  return host as FastifyHost as unknown as HostRequest<Request, Reply>
}

declare module 'fastify' {
  interface FastifyRegister<T> {
    (plugin: AppRoutesPlugin, dir: AppRoutesArgument): T
  }
  interface FastifyInstance {
    /** The caches of the app directories of this server: `await fastify.appRoutes.revalidateTag('posts')`. */
    appRoutes: AppRoutesCache
  }
  interface FastifyContextConfig {
    /** On routes of fastify-app-routes: where they come from. */
    appRoute?: { file: string, path: string }
  }
}

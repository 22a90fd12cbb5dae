import type { FastifyContextConfig, RouteOptions, RouteShorthandOptions, preParsingHookHandler } from 'fastify'
import type { Route } from '../routes/table.ts'

type RateLimit = FastifyContextConfig extends { rateLimit?: infer Options } ? Options : object | false

/**
 * `export const config` of a route file: Fastify's route options, for all verbs of the file. Next.js passes over it.
 *
 * Plugins that add route options of their own to Fastify's types (`helmet`, `compress`) add them here.
 */
export interface RouteConfig extends Omit<RouteShorthandOptions, 'bodyLimit' | 'schema' | 'exposeHeadRoute' | 'prefixTrailingSlash' | 'errorHandler' | 'childLoggerFactory' | 'serializerCompiler'> {
  /** How many bytes of a body the handlers may read; wins over the option and the server's. */
  bodyLimit?: number | undefined
  /** What `@fastify/rate-limit` reads of a route; short for `config: { rateLimit }`. */
  rateLimit?: RateLimit | undefined
  /** Without `body`, which handlers read themselves. */
  schema?: Omit<NonNullable<RouteShorthandOptions['schema']>, 'body'> | undefined
}

/** The route options of a route file. Plugins change what they are given: each route gets objects of its own. */
export function routeOptionsOf (route: Route, ownPreParsing?: preParsingHookHandler): Partial<RouteOptions> {
  const { rateLimit, config, ...options } = (route.config.host ?? {}) as RouteConfig
  for (const [name, value] of Object.entries(options)) if (Array.isArray(value)) options[name as never] = [...value] as never
  // Last, since hooks before it may look at what it takes away.
  if (ownPreParsing !== undefined) options.preParsing = [options.preParsing ?? [], ownPreParsing].flat()
  return {
    ...options as Partial<RouteOptions>,
    config: { ...config, ...(rateLimit === undefined ? {} : { rateLimit }), appRoute: { file: route.file, path: route.path } }
  }
}

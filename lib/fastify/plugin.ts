import type { FastifyBaseLogger, FastifyContentTypeParser, FastifyInstance, HTTPMethods, LogLevel, RouteOptions } from 'fastify'
import type { Cache } from '../cache/cache.ts'
import type { CacheLog } from '../cache/observe.ts'
import type { Prerender } from '../cache/options.ts'
import { ServerCaches } from '../cache/outside.ts'
import { createOldCode } from '../beside/fallback.ts'
import { createShadows } from '../beside/shadow.ts'
import { AppDirectoryError, AppRoutesOptionError, RouteRegistrationError, type AppDirectoryProblem } from '../errors.ts'
import type { HostExchange } from '../handle/context.ts'
import { Lifecycle } from '../handle/lifecycle.ts'
import type { OldCode } from '../handle/passed-request.ts'
import { enterProcess } from '../handle/process.ts'
import { traceRequest } from '../instrumentation/trace.ts'
import { openCache, StaticRoutes } from '../handle/static-routes.ts'
import { loadDirectory } from '../load-directory.ts'
import { parseOptions, type AppRoutesOptions, type ParsedOptions } from '../options.ts'
import type { Gate } from '../proxy/gate.ts'
import type { Method, Route, RouterOptions, RouteTable } from '../routes/table.ts'
import { answerWhatNobodyHandles, rootOf, routeUpgrades } from './automatic.ts'
import { errorHandlerFor } from './errors.ts'
import type { FastifyExchange } from './exchange.ts'
import { registerFolders } from './folders.ts'
import { guardHost, guardRoutes } from './gate-hooks.ts'
import { ordinaryReader } from './read-path.ts'
import { routeOptionsOf } from './route-config.ts'
import { acceptAnyContentType, routeHandler, segmentsOf, type FastifyMount } from './route-handler.ts'

/** The options of the Fastify plugin: our own and Fastify's own for plugins. */
export interface FastifyAppRoutesOptions extends AppRoutesOptions {
  /** Fastify's prefix: stands in front of every path of the directory, and is part of `request.url`. */
  prefix?: string
  /** Fastify's log level for the routes of the directory. */
  logLevel?: LogLevel
}

/**
 * The plugin itself: a thin shell, so that requests which nothing matches are seen where they end up, around an
 * encapsulated child with the routes, so that our body parser does not touch the host's.
 */
export async function plugin (fastify: FastifyInstance, given: string | URL | FastifyAppRoutesOptions): Promise<void> {
  const options = parseOptions(given, {
    prefix: { valid: (value) => typeof value === 'string', expected: 'a path' },
    logLevel: { valid: (value) => typeof value === 'string', expected: 'a log level' }
  }) as Options
  const oldCode = options.fallback === undefined ? undefined : createOldCode(options.fallback, 'fallback')
  const leaveProcess = enterProcess(options)
  fastify.addHook('onClose', () => { leaveProcess() })

  const mount = await load(fastify, options, oldCode).catch((error: unknown) => {
    // A server that failed to start may never be closed.
    leaveProcess()
    throw error
  })
  const { table, gate } = mount
  logMaxParamLength(fastify, table)
  closeWith(fastify, mount)
  decorate(fastify, mount.cache)
  await fastify.register(async (child) => {
    // Fastify keeps a slash at the end of a prefix, and leaves it out of its routes.
    const prefix = child.prefix.replace(/\/+$/, '')
    mount.statics = new StaticRoutes(mount, table, segmentsOf(prefix), prefix)
    prerenderAhead(fastify, mount.statics, options.cache.prerender)
    if (gate !== undefined) installGate(child, mount, gate, prefix)
    refuseDuplicates(child, table, prefix)
    refuseUnknownConstraints(child, options.dir, table)
    await registerFolders(child, table, (scope, routes) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', passThrough)
      // Fastify remembers for which types such a parser is, and looks at each '*' anew.
      scope.addContentTypeParser(/^/, passThrough)
      const errorHandler = errorHandlerFor(scope)
      for (const route of routes) addRoute(scope, route, mount, prefix, errorHandler)
    })
    answerWhatNobodyHandles(rootOf(fastify), { ...mount, prefix })
    if (oldCode?.wantsUpgrade !== undefined) routeUpgrades(fastify, oldCode)
  }, { prefix: prefixFor(fastify, options.prefix, mount.basePath), logLevel: options.logLevel })
}

type Options = ParsedOptions & Pick<FastifyAppRoutesOptions, 'prefix' | 'logLevel'>

async function load (fastify: FastifyInstance, options: Options, oldCode: OldCode | undefined): Promise<FastifyMount> {
  const router = routerOptions(fastify)
  const lifecycle = new Lifecycle(options.closeTimeout)
  const log = logOf(fastify)
  // There is no request where an answer is made ahead.
  const logFor = (exchange: HostExchange): FastifyBaseLogger => (exchange as Partial<FastifyExchange>).request?.log ?? fastify.log
  const logError: FastifyMount['logError'] = (exchange, err, message) => { logFor(exchange).error({ err }, message) }
  const { table, settings, gate, reportError } = await loadDirectory(options, { name: 'fastify', router, lifecycle, warn: log.warn, inform: log.info, logError })
  const ignoresSlashes = router.ignoreTrailingSlash === true
  const slashRedirects = ignoresSlashes ? 'ignore' : settings.slashRedirects
  return {
    table,
    ownRoutes: new WeakSet(),
    router,
    compat: options.compat,
    trailingSlash: ignoresSlashes ? 'ignore' : settings.trailingSlash,
    slashRedirects,
    readOrdinary: ordinaryReader(slashRedirects, router),
    basePath: settings.basePath,
    bodyLimit: options.bodyLimit ?? fastify.initialConfig.bodyLimit!,
    strict: options.strict,
    oldCode,
    shadows: createShadows(options.shadow, table, oldCode === undefined),
    gate,
    isForHost: options.proxyScope === 'host',
    servesBothSlashes: !ignoresSlashes && settings.servesBothSlashes,
    observe: traceRequest,
    reportError,
    lifecycle,
    cache: openCache(options.cache, options.dir, table, log),
    etag: options.cache.etag ?? false,
    log,
    localOrigin: () => localOrigin(fastify),
    logError,
    logWarning: (exchange, message) => { logFor(exchange).warn(message) }
  }
}

function logOf ({ log }: FastifyInstance): CacheLog {
  // Without a logger Fastify has one whose methods are all the same, and do nothing.
  const isSilent = log.debug === log.fatal
  // Of pino; other loggers may have no such method.
  const isWanted = (): boolean => !isSilent && (log as Partial<{ isLevelEnabled (level: string): boolean }>).isLevelEnabled?.('debug') !== false
  return {
    debug: (message) => { if (isWanted()) log.debug(message()) },
    info: (message) => { log.info(message) },
    warn: (message) => { log.warn(message) },
    error: (err, message) => { log.error({ err }, message) }
  }
}

/**
 * A base path is the whole of what stands in front of the directory's paths, the prefixes of Fastify included.
 * @throws AppRoutesOptionError
 */
function prefixFor ({ prefix: outer }: FastifyInstance, own: string | undefined, basePath: string): string | undefined {
  if (basePath === '') return own
  const whole = (outer + (own ?? '')).replace(/\/+$/, '')
  if (whole !== '' && basePath !== whole && !basePath.startsWith(whole + '/')) {
    throw new AppRoutesOptionError(`The directory is mounted at the prefix '${whole}', which its \`basePath\` does not begin with: '${basePath}'. A base path is the whole of what stands in front of every path. Leave one of the two out.`)
  }
  return basePath.slice(outer.replace(/\/+$/, '').length)
}

function installGate (scope: FastifyInstance, mount: FastifyMount, gate: Gate, prefix: string): void {
  if (mount.isForHost) guardHost(rootOf(scope), mount, gate, prefix)
  else guardRoutes(scope, mount, gate, prefix)
  if (mount.basePath === '') for (const source of gate.unreachableBelow(prefix)) scope.log.warn(`The matcher '${source}' of the proxy matches nothing below the prefix '${prefix}': matchers see the whole path.`)
}

const passThrough: FastifyContentTypeParser = (_request, payload, done) => { done(null, payload) }

type InitialConfig = FastifyInstance['initialConfig'] & { routerOptions?: RouterOptions & { maxParamLength?: number } }

function routerOptions ({ initialConfig }: FastifyInstance): RouterOptions {
  const { routerOptions = {}, ...direct } = initialConfig as InitialConfig & RouterOptions
  const pick = (name: keyof RouterOptions): boolean | undefined => routerOptions[name] ?? direct[name]
  return {
    caseSensitive: pick('caseSensitive') ?? true,
    ignoreTrailingSlash: pick('ignoreTrailingSlash') ?? false,
    ignoreDuplicateSlashes: pick('ignoreDuplicateSlashes') ?? false,
    useSemicolonDelimiter: pick('useSemicolonDelimiter') ?? false
  }
}

function logMaxParamLength (fastify: FastifyInstance, table: RouteTable): void {
  if (table.routes.every((route) => route.segments.every((segment) => segment.kind === 'static'))) return
  const limit = (fastify.initialConfig as InitialConfig).routerOptions?.maxParamLength ?? 100
  fastify.log.debug(`parameters longer than ${limit} characters are answered 414: raise routerOptions.maxParamLength of the server if yours are longer`)
}

/** One handle on the server, for all directories. */
function decorate (fastify: FastifyInstance, cache: Cache): void {
  if (!fastify.hasDecorator('appRoutes')) fastify.decorate('appRoutes', new ServerCaches())
  if (fastify.appRoutes instanceof ServerCaches) fastify.appRoutes.add(cache)
}

/** Never inside the registration, for which there is a time limit. */
function prerenderAhead (fastify: FastifyInstance, statics: StaticRoutes, when: Prerender = 'background'): void {
  if (when === 'startup') fastify.addHook('onReady', () => statics.prerender())
  if (when !== 'background') return
  fastify.addHook('onReady', (done) => {
    setImmediate(() => { void statics.prerenderBehind() })
    done()
  })
}

/** What the server can be reached by from this machine, once it listens. */
function localOrigin ({ server }: FastifyInstance): string {
  const address = server.address()
  return typeof address === 'object' && address !== null ? `http://localhost:${address.port}` : 'http://localhost'
}

function closeWith (fastify: FastifyInstance, mount: FastifyMount): void {
  const { lifecycle, oldCode, shadows, cache, gate } = mount
  fastify.addHook('preClose', (done) => {
    mount.statics?.close()
    lifecycle.close()
    done()
  })
  fastify.addHook('onClose', async () => {
    await lifecycle.idle()
    await gate?.close()
    await cache.close()
    await oldCode?.close()
    for (const shadow of shadows.values()) await shadow.close()
  })
}

/**
 * Two explicit routes of one path and method cannot both be. All clashes are told at once, with our file in them.
 * @throws RouteRegistrationError
 */
function refuseDuplicates (child: FastifyInstance, table: RouteTable, prefix: string): void {
  const clashes: string[] = []
  for (const route of table.routes) {
    for (const method of Object.keys(route.handlers) as Method[]) {
      if (isAutomaticHead(route, method)) continue
      for (const url of table.routerPaths(route).map((path) => withPrefix(prefix, path))) {
        if (child.hasRoute({ method, url, constraints: constraintsOf(route) })) clashes.push(`\n  ${method} ${url}: declared by the server and by ${route.file}`)
      }
    }
  }
  if (clashes.length > 0) throw new RouteRegistrationError(`${clashes.length === 1 ? 'A route is' : `${clashes.length} routes are`} declared twice. Remove the server's own or the exported verb:${clashes.join('')}`)
}

/**
 * Strategies for constraints are the server's, so they are looked at here.
 * @throws AppDirectoryError
 */
function refuseUnknownConstraints (child: FastifyInstance, dir: string, table: RouteTable): void {
  const problems = table.routes.flatMap(({ file, config }) => Object.keys(config.host?.constraints ?? {})
    .filter((name) => name !== 'host' && name !== 'version' && !child.hasConstraintStrategy(name))
    .map((name): AppDirectoryProblem => ({
      code: 'FAR_ERR_SEGMENT_CONFIG',
      message: `Invalid route config: the server has no strategy for \`config.constraints.${name}\`.`,
      files: [file],
      mend: 'Use host or version, or call addConstraintStrategy() of the server before the directory is registered.'
    })))
  if (problems.length > 0) throw new AppDirectoryError(dir, problems)
}

function withPrefix (prefix: string, path: string): string {
  return path === '/' && prefix !== '' ? prefix : prefix + path
}

const constraintsOf = ({ config }: Route): NonNullable<RouteOptions['constraints']> => ({ ...config.host?.constraints as RouteOptions['constraints'] })

const BODYLESS = new Set<Method>(['GET', 'HEAD'])

const isAutomaticHead = (route: Route, method: Method): boolean => method === 'HEAD' && route.handlers.HEAD === route.handlers.GET

function addRoute (child: FastifyInstance, route: Route, mount: FastifyMount, prefix: string, errorHandler: ReturnType<typeof errorHandlerFor>): void {
  for (const method of Object.keys(route.handlers) as Method[]) {
    const handler = routeHandler(route, method, mount, prefix)
    for (const path of mount.table.routerPaths(route)) {
      // The host may have a HEAD of its own for our GET; it keeps it.
      if (isAutomaticHead(route, method) && child.hasRoute({ method, url: withPrefix(prefix, path), constraints: constraintsOf(route) })) continue
      for (const url of spellings(path, prefix, mount.servesBothSlashes)) {
        const options = routeOptionsOf(route, BODYLESS.has(method) ? undefined : acceptAnyContentType)
        mount.ownRoutes.add(options.config!.appRoute!)
        child.route({ method: method as HTTPMethods, url, handler, errorHandler, exposeHeadRoute: false, ...options } as RouteOptions)
      }
    }
  }
}

/** The prefix alone is the root of what is below it. With `trailingSlash: true` a path has either form (files keep none). */
function spellings (path: string, prefix: string, withSlash: boolean): string[] {
  const bare = path === '/' && prefix !== '' ? '' : path
  // To Fastify, '/' below a prefix is both forms.
  if (bare === '' && withSlash) return ['/']
  return withSlash && !bare.endsWith('*') && bare !== '/' ? [bare, bare + '/'] : [bare]
}

import type { FastifyBaseLogger, FastifyContentTypeParser, FastifyInstance, LogLevel, RegisterOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { Cache } from '../cache/cache.ts'
import type { CacheLog } from '../cache/observe.ts'
import type { Prerender } from '../cache/options.ts'
import { ServerCaches } from '../cache/outside.ts'
import { createOldCode } from '../beside/fallback.ts'
import { createShadows } from '../beside/shadow.ts'
import { enterProcess } from '../enter-process.ts'
import { AppRoutesOptionError, WrongHostError } from '../errors.ts'
import type { HostExchange } from '../handle/context.ts'
import { Lifecycle } from '../handle/lifecycle.ts'
import type { OldCode } from '../handle/passed-request.ts'
import { traceRequest } from '../instrumentation/trace.ts'
import { openCache, StaticRoutes } from '../handle/static-routes.ts'
import { loadDirectory } from '../load-directory.ts'
import { parseOptions, type AppRoutesOptions, type ParsedOptions } from '../options.ts'
import type { Gate } from '../proxy/gate.ts'
import { isFixed } from '../routes/segments.ts'
import type { RouterOptions, RouteTable } from '../routes/table.ts'
import { warnOfProcess } from '../warn.ts'
import { answerWhatNobodyHandles, rootOf, routeUpgrades } from './automatic.ts'
import { errorHandlerFor } from './errors.ts'
import type { FastifyExchange } from './exchange.ts'
import { named, registerFolders } from './folders.ts'
import { guardHost, guardRoutes } from './gate-hooks.ts'
import { ordinaryReader } from './read-path.ts'
import { addRoute, refuseDuplicates, refuseUnknownConstraints, warnOfUnroutable } from './register.ts'
import type { FastifyMount } from './route-handler.ts'

/** The options of the Fastify plugin: our own and Fastify's own for plugins. */
export interface FastifyAppRoutesOptions extends AppRoutesOptions {
  /** Fastify's prefix: stands in front of every path of the directory, and is part of `request.url`. */
  prefix?: string | undefined
  /** Fastify's log level for the routes of the directory. */
  logLevel?: LogLevel | undefined
}

/**
 * The plugin itself: a thin shell, so that requests which nothing matches are seen where they end up, around an
 * encapsulated child with the routes, so that our body parser does not touch the host's.
 */
async function register (fastify: FastifyInstance, given: string | URL | FastifyAppRoutesOptions): Promise<void> {
  const options = parseOptions(given, {
    prefix: { valid: (value) => typeof value === 'string', expected: 'a path' },
    logLevel: { valid: (value) => typeof value === 'string', expected: 'a log level' }
  }) as Options
  const oldCode = options.fallback === undefined ? undefined : createOldCode(options.fallback, 'fallback')
  const leaveProcess = enterProcess(options)
  fastify.addHook('onClose', () => { leaveProcess() })

  // Two plugins, one after the other, so that Fastify's `pluginTimeout` is for each of them.
  let mount!: FastifyMount
  const scope: RegisterOptions = { logLevel: options.logLevel }
  fastify.register(fp(async () => {
    mount = await load(fastify, options, oldCode).catch((error: unknown) => {
      // A server that failed to start may never be closed.
      leaveProcess()
      throw error
    })
    scope.prefix = prefixFor(fastify, options.prefix, mount.basePath)
    logMaxParamLength(fastify, mount)
    warnOfLateRateLimit(fastify, mount.table)
    closeWith(fastify, mount)
    decorate(fastify, mount.cache)
  }, { name: `load ${options.dir}` }))
  fastify.register(named(`app directory ${options.dir}`, (child) => registerRoutes(child, options, mount)), scope)
}

/** @throws WrongHostError at once where it is no Fastify that calls: `app.use(appRoutes('./app'))` */
export function plugin (fastify: FastifyInstance, given: string | URL | FastifyAppRoutesOptions): Promise<void> {
  if (typeof fastify?.addHook !== 'function') throw new WrongHostError("This appRoutes is the Fastify plugin: fastify.register(appRoutes, './app'). For Express, import appRoutes from fastify-app-routes/express.")
  return register(fastify, given)
}

async function registerRoutes (child: FastifyInstance, options: Options, mount: FastifyMount): Promise<void> {
  const { table, gate, oldCode } = mount
  // Fastify keeps a slash at the end of a prefix, and leaves it out of its routes.
  const prefix = child.prefix.replace(/\/+$/, '')
  mount.statics = new StaticRoutes(mount, table, prefix)
  prerenderAhead(child, mount.statics, options.cache.prerender)
  if (gate !== undefined) installGate(child, mount, gate, prefix)
  warnOfUnroutable(table, warnOf(child))
  refuseDuplicates(child, options.dir, table, prefix)
  refuseUnknownConstraints(child, options.dir, table)
  await registerFolders(child, table, (scope, routes) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', passThrough)
    // Fastify remembers for which types such a parser is, and looks at each '*' anew.
    scope.addContentTypeParser(/^/, passThrough)
    const errorHandler = errorHandlerFor(scope)
    for (const route of routes) addRoute(scope, route, mount, prefix, errorHandler)
  })
  answerWhatNobodyHandles(rootOf(child), { ...mount, prefix })
  if (oldCode?.wantsUpgrade !== undefined) routeUpgrades(child, oldCode)
}

type Options = ParsedOptions & Pick<FastifyAppRoutesOptions, 'prefix' | 'logLevel'>

async function load (fastify: FastifyInstance, options: Options, oldCode: OldCode | undefined): Promise<FastifyMount> {
  const router = routerOptions(fastify)
  const lifecycle = new Lifecycle(options.closeTimeout)
  const log = logOf(fastify)
  // There is no request where an answer is made ahead.
  const logFor = (exchange: HostExchange): FastifyBaseLogger => (exchange as Partial<FastifyExchange>).request?.log ?? fastify.log
  const logError: FastifyMount['logError'] = (exchange, err, message) => { logFor(exchange).error({ err }, message) }
  const { table, settings, gate, reportError } = await loadDirectory(options, { name: 'fastify', router, lifecycle, warn: warnOf(fastify), inform: log.info, logError })
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

/** Fastify's own stand-in for a logger has no level; one that the user has silenced is to stay silent. */
function warnOf ({ log }: FastifyInstance): (message: string) => void {
  return log.warn === log.fatal && log.level === undefined ? warnOfProcess : (message) => { log.warn(message) }
}

function logOf ({ log }: FastifyInstance): CacheLog {
  // Where nothing is logged all methods are the same, and do nothing; a level may be set later. `isLevelEnabled` is pino's own.
  const isWanted = (): boolean => log.debug !== log.fatal && (log as Partial<{ isLevelEnabled (level: string): boolean }>).isLevelEnabled?.('debug') !== false
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
  if (mount.basePath === '') for (const source of gate.unreachableBelow(prefix)) warnOf(scope)(`The matcher '${source}' of the proxy matches nothing below the prefix '${prefix}': matchers see the whole path.`)
}

const passThrough: FastifyContentTypeParser = (_request, payload, done) => { done(null, payload) }

type InitialConfig = FastifyInstance['initialConfig'] & { routerOptions?: RouterOptions }

function routerOptions ({ initialConfig }: FastifyInstance): RouterOptions {
  const { routerOptions = {}, ...direct } = initialConfig as InitialConfig & RouterOptions
  const pick = <K extends keyof RouterOptions>(name: K): RouterOptions[K] => routerOptions[name] ?? direct[name]
  return {
    caseSensitive: pick('caseSensitive') ?? true,
    ignoreTrailingSlash: pick('ignoreTrailingSlash') ?? false,
    ignoreDuplicateSlashes: pick('ignoreDuplicateSlashes') ?? false,
    useSemicolonDelimiter: pick('useSemicolonDelimiter') ?? false,
    maxParamLength: pick('maxParamLength') ?? 100
  }
}

function logMaxParamLength (fastify: FastifyInstance, { table, router }: FastifyMount): void {
  if (table.routes.every((route) => isFixed(route.segments))) return
  fastify.log.debug(`parameters longer than ${router.maxParamLength} characters are answered 414: raise routerOptions.maxParamLength of the server if yours are longer`)
}

const RATE_LIMIT = '@fastify/rate-limit'

/** It looks at each route as it is declared. A limit that route files ask for is not to be missing in silence. */
function warnOfLateRateLimit (fastify: FastifyInstance, { routes }: RouteTable): void {
  // A folder's plugin may bring its own.
  const limited = routes.filter(({ config, plugin }) => plugin === undefined && typeof config.host?.rateLimit === 'object')
  if (limited.length === 0 || fastify.hasPlugin(RATE_LIMIT)) return
  fastify.addHook('onReady', (done) => {
    if (fastify.hasPlugin(RATE_LIMIT)) for (const { file } of limited) warnOf(fastify)(`${file} exports config.rateLimit, which has no effect: ${RATE_LIMIT} is registered after the directory. Register it before.`)
    done()
  })
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

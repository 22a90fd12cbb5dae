import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { debuglog } from 'node:util'
import type { CacheLog } from '../cache/observe.ts'
import { ServerCaches, type AppRoutesCache } from '../cache/outside.ts'
import { createOldCode } from '../beside/fallback.ts'
import { createShadows } from '../beside/shadow.ts'
import { isWebSocket, responseOn, serveWithoutUpgrade, unlessTaken } from '../beside/upgrade.ts'
import { enterProcess } from '../enter-process.ts'
import { defaultAnswer } from '../handle/default-answer.ts'
import { Endpoint } from '../handle/endpoint.ts'
import { Lifecycle } from '../handle/lifecycle.ts'
import { traceRequest } from '../instrumentation/trace.ts'
import type { OldCode } from '../handle/passed-request.ts'
import { openCache, StaticRoutes } from '../handle/static-routes.ts'
import { loadDirectory } from '../load-directory.ts'
import { parseOptions, type AppRoutesOptions, type ParsedOptions } from '../options.ts'
import type { Method } from '../routes/table.ts'
import { warnOfProcess } from '../warn.ts'
import { cutOff } from '../web/send.ts'
import { dispatch } from './dispatch.ts'
import type { ExpressExchange } from './exchange.ts'
import { logError, logWarning } from './log.ts'
import type { ExpressMount, Host } from './mount.ts'
import { refuseFastify } from './refuse-fastify.ts'
import type { ConnectRequest, ConnectResponse, Next } from './request.ts'

export interface ExpressAppRoutesOptions extends AppRoutesOptions {
  /**
   * What happens to requests for paths of ours that no handler takes: 405, automatic OPTIONS and slash redirects are
   * answered, or the request goes on to `'next'`.
   * @default 'answer'
   */
  unhandledMethod?: 'answer' | 'next' | undefined
}

export interface AppRoutesMiddleware {
  (req: ConnectRequest, res: ConnectResponse, next?: Next): void
  /**
   * Gives WebSocket upgrades to the upstream of `fallback`, where it is one and no other listener takes them:
   * `server.on('upgrade', middleware.upgrade)`. All other requests for upgrades are served as if they were none.
   */
  upgrade (req: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Resolves once the directory is loaded, and rejects where it can't be. Requests that come before wait. */
  ready (): Promise<void>
  /**
   * Lets running handlers and `after()` tasks finish. Signals of streaming answers are aborted at once; after
   * `closeTimeout` they are cut off. Call it beside `server.close()`.
   */
  close (): Promise<void>
  /** The caches of the directory, for code that no request runs: `await routes.cache.revalidateTag('posts')`. */
  readonly cache: AppRoutesCache
}

const DEFAULT_BODY_LIMIT = 1024 * 1024

export function createMiddleware (given: string | URL | ExpressAppRoutesOptions): AppRoutesMiddleware {
  const options = parseOptions(given, {
    unhandledMethod: { valid: (value) => value === 'answer' || value === 'next', expected: "'answer' or 'next'" }
  }) as ParsedOptions & Pick<ExpressAppRoutesOptions, 'unhandledMethod'>
  const oldCode = options.fallback === undefined ? undefined : createOldCode(options.fallback, 'fallback')
  const lifecycle = new Lifecycle(options.closeTimeout)
  const leaveProcess = enterProcess(options)
  let mount: ExpressMount | undefined
  const caches = new ServerCaches()
  const loading = load(options, lifecycle, oldCode, caches).then((loaded) => {
    mount = loaded
    if (loaded.prerender === 'background') setImmediate(() => { void loaded.statics!.prerenderBehind() })
  })
  let isAwaited = false
  // Whoever asks is told: ready(), and every request.
  loading.catch((error: unknown) => {
    leaveProcess()
    if (!isAwaited) console.error('The app directory was not loaded, and every request gets this error. Await ready() to learn of it at the start.', error)
  })

  const middleware = (req: ConnectRequest, res: ConnectResponse, next?: Next): void => {
    const host: Host = { req, res, next: next ?? finalHandler(res), isLast: next === undefined }
    if (mount !== undefined) dispatch(mount, host)
    else {
      loading.then(() => { dispatch(mount!, host) }, host.next).catch((error: unknown) => {
        logError(req, error, 'the host failed to handle a request')
        cutOff(res)
      })
    }
  }
  return Object.assign(refuseFastify(middleware), {
    upgrade (req: ConnectRequest, socket: Duplex, head: Buffer) {
      unlessTaken(req, socket, head, () => {
        if (!isWebSocket(req) || oldCode?.wantsUpgrade?.(req) !== true) return serveWithoutUpgrade(req, socket)
        const res = responseOn(req, socket)
        middleware(req, res, finalHandler(res))
      })
    },
    ready () {
      isAwaited = true
      return loading
    },
    cache: caches,
    async close () {
      lifecycle.close()
      await loading.catch(() => {})
      mount?.statics?.close()
      await lifecycle.idle()
      await mount?.gate?.close()
      await mount?.cache.close()
      await oldCode?.close()
      for (const shadow of mount?.shadows.values() ?? []) await shadow.close()
      leaveProcess()
    }
  })
}

const tellOfError: ExpressMount['logError'] = (exchange, err, message) => { logError((exchange as ExpressExchange).req, err, message) }

async function load (options: ParsedOptions & Pick<ExpressAppRoutesOptions, 'unhandledMethod'>, lifecycle: Lifecycle, oldCode: OldCode | undefined, caches: ServerCaches): Promise<ExpressMount> {
  const { table, settings, gate, reportError } = await loadDirectory(options, { name: 'express', lifecycle, warn: warnOfProcess, inform: warnOfProcess, logError: tellOfError })
  const mount: ExpressMount = {
    table,
    endpoints: new Map(),
    lifecycle,
    strict: options.strict,
    oldCode,
    shadows: createShadows(options.shadow, table, false),
    compat: options.compat,
    trailingSlash: settings.trailingSlash,
    slashRedirects: settings.slashRedirects,
    basePath: settings.basePath,
    gate,
    isForHost: options.proxyScope === 'host',
    bodyLimit: options.bodyLimit ?? DEFAULT_BODY_LIMIT,
    unhandledMethod: options.unhandledMethod ?? 'answer',
    observe: traceRequest,
    reportError,
    logError: tellOfError,
    cache: openCache(options.cache, options.dir, table, LOG),
    etag: options.cache.etag ?? false,
    prerender: options.cache.prerender ?? 'background',
    log: LOG,
    mountPath: undefined,
    port: undefined,
    statics: undefined,
    localOrigin: () => mount.port === undefined ? 'http://localhost' : `http://localhost:${mount.port}`,
    logWarning: (exchange, message) => { logWarning((exchange as ExpressExchange).req, message) }
  }
  caches.add(mount.cache)
  for (const route of table.routes) {
    const methods = Object.keys(route.handlers) as Method[]
    mount.endpoints.set(route, Object.fromEntries(methods.map((method) => [method, new Endpoint(mount, route, method, '')])))
  }
  mount.statics = new StaticRoutes(mount, table, '')
  if (mount.prerender === 'startup') await mount.statics.prerender()
  return mount
}

/** With NODE_DEBUG=fastify-app-routes in the environment. */
const debug = debuglog('fastify-app-routes')

const LOG: CacheLog = {
  debug (message) { if (debug.enabled) debug(message()) },
  info: (message) => { warnOfProcess(message, 'FAR_CACHE') },
  warn: (message) => { warnOfProcess(message, 'FAR_CACHE') },
  error: (error, message) => { console.error(message, error) }
}

/** For a plain `node:http` server, which has nothing to go on to. */
function finalHandler (res: ConnectResponse): Next {
  return (error) => {
    if (res.headersSent) {
      cutOff(res)
      return
    }
    const answer = error instanceof Error ? defaultAnswer(error) : undefined
    const status = error === undefined ? 404 : answer?.status ?? (error as { statusCode?: unknown }).statusCode
    res.statusCode = typeof status === 'number' ? status : 500
    for (const [name, value] of Object.entries(answer?.headers ?? {})) res.setHeader(name, value)
    res.end(answer?.body)
  }
}

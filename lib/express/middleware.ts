import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { CacheLog } from '../cache/observe.ts'
import type { Prerender } from '../cache/options.ts'
import { ServerCaches, type AppRoutesCache } from '../cache/outside.ts'
import { createOldCode } from '../beside/fallback.ts'
import { createShadows, type Shadows } from '../beside/shadow.ts'
import { isWebSocket, responseOn, serveWithoutUpgrade, unlessTaken } from '../beside/upgrade.ts'
import type { Mount } from '../handle/context.ts'
import { defaultAnswer } from '../handle/default-answer.ts'
import { Endpoint } from '../handle/endpoint.ts'
import { handle } from '../handle/handle.ts'
import { Lifecycle } from '../handle/lifecycle.ts'
import { enterProcess } from '../handle/process.ts'
import { startInstrumentation } from '../instrumentation/start.ts'
import { traceRequest } from '../instrumentation/trace.ts'
import type { OldCode } from '../handle/passed-request.ts'
import { answerUnhandled, withoutTrailingSlash, type AutomaticAnswer } from '../handle/unhandled.ts'
import { openCache, StaticRoutes } from '../handle/static-routes.ts'
import { pagesSource } from '../legacy/pages.ts'
import { releaseCompiler } from '../loader/compile.ts'
import { loadModule, loadModules } from '../loader/load.ts'
import { metadataSource } from '../metadata/source.ts'
import { parseOptions, type AppRoutesOptions, type ParsedOptions } from '../options.ts'
import { loadTable } from '../routes/load-table.ts'
import { canonicalPath } from '../routes/path.ts'
import type { Method, Route, RouteTable } from '../routes/table.ts'
import { onceClosed } from '../web/exchange.ts'
import { sendToNode } from '../web/send.ts'
import { pathOf, searchOf } from '../web/target.ts'
import { ExpressExchange, fullTarget, type ConnectRequest, type ConnectResponse, type Next } from './exchange.ts'
import { logError, logWarning } from './log.ts'
import { ExpressPassed } from './passed.ts'

export interface ExpressAppRoutesOptions extends AppRoutesOptions {
  /**
   * What happens to requests for paths of ours that no handler takes: 405, automatic OPTIONS and slash redirects are
   * answered, or the request goes on to `'next'`.
   * @default 'answer'
   */
  unhandledMethod?: 'answer' | 'next'
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

interface ExpressMount extends Mount {
  table: RouteTable
  endpoints: Map<Route, Partial<Record<Method, Endpoint>>>
  unhandledMethod: 'answer' | 'next'
  shadows: Shadows
  statics: StaticRoutes | undefined
  prerender: Prerender
  /** What the router cuts off the paths, as the first request for a static route shows it. */
  mountPath: string | undefined
  /** The server's, as connections show it. */
  port: number | undefined
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
  // Whoever asks is told: ready(), and every request.
  loading.catch(leaveProcess)

  const middleware = (req: ConnectRequest, res: ConnectResponse, next: Next = finalHandler(res)): void => {
    if (mount !== undefined) dispatch(mount, req, res, next)
    else {
      loading.then(() => { dispatch(mount!, req, res, next) }, next).catch((error: unknown) => {
        logError(req, error, 'the host failed to handle a request')
        res.destroy()
      })
    }
  }
  return Object.assign(middleware, {
    upgrade (req: ConnectRequest, socket: Duplex, head: Buffer) {
      unlessTaken(req, socket, head, () => {
        if (!isWebSocket(req) || oldCode?.wantsUpgrade?.(req) !== true) return serveWithoutUpgrade(req, socket)
        const res = responseOn(req, socket)
        middleware(req, res, finalHandler(res))
      })
    },
    ready: () => loading,
    cache: caches,
    async close () {
      lifecycle.close()
      await loading.catch(() => {})
      mount?.statics?.close()
      await lifecycle.idle()
      await mount?.cache.close()
      await oldCode?.close()
      for (const shadow of mount?.shadows.values() ?? []) await shadow.close()
      leaveProcess()
    }
  })
}

const tellOfError: Mount['logError'] = (exchange, err, message) => { logError((exchange as ExpressExchange).req, err, message) }

async function load (options: ParsedOptions & Pick<ExpressAppRoutesOptions, 'unhandledMethod'>, lifecycle: Lifecycle, oldCode: OldCode | undefined, caches: ServerCaches): Promise<ExpressMount> {
  const reportError = await startInstrumentation({ ...options, loadModule, logError: tellOfError })
  const table = await loadTable(options.dir, {
    host: 'express',
    compat: options.compat,
    loadModule,
    loadModules,
    metadata: metadataSource(options.compat),
    pages: pagesSource(options.pagesDir),
    warn: (message) => { process.emitWarning(message, { type: 'AppRoutesWarning', code: 'FAR_WARN' }) }
  })
  releaseCompiler()
  const mount: ExpressMount = {
    table,
    endpoints: new Map(),
    lifecycle,
    strict: options.strict,
    oldCode,
    shadows: createShadows(options.shadow, table, false),
    compat: options.compat,
    trailingSlash: options.trailingSlash,
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
  mount.statics = new StaticRoutes(mount, table, 0, '')
  if (mount.prerender === 'startup') await mount.statics.prerender()
  return mount
}

const LOG: CacheLog = {
  debug () {},
  info: (message) => { process.emitWarning(message, { type: 'AppRoutesWarning', code: 'FAR_CACHE' }) },
  warn: (message) => { process.emitWarning(message, { type: 'AppRoutesWarning', code: 'FAR_CACHE' }) },
  error: (error, message) => { console.error(message, error) }
}

/** For a plain `node:http` server, which has nothing to go on to. */
function finalHandler (res: ConnectResponse): Next {
  return (error) => {
    if (res.headersSent) {
      res.destroy()
      return
    }
    const answer = error instanceof Error ? defaultAnswer(error) : undefined
    const status = error === undefined ? 404 : answer?.status ?? (error as { statusCode?: unknown }).statusCode
    res.statusCode = typeof status === 'number' ? status : 500
    for (const [name, value] of Object.entries(answer?.headers ?? {})) res.setHeader(name, value)
    res.end(answer?.body)
  }
}

function dispatch (mount: ExpressMount, req: ConnectRequest, res: ConnectResponse, next: Next): void {
  const { table, trailingSlash, oldCode, shadows } = mount
  const target = fullTarget(req)
  const path = pathOf(target)
  const own = pathOf(req.url!)
  const canonical = canonicalPath(path, trailingSlash)
  const route = canonical === null ? table.match(withoutTrailingSlash(own)) : null
  const endpoint = route === null ? undefined : mount.endpoints.get(route)![req.method as Method]
  if (endpoint === undefined) {
    const automatic = mount.unhandledMethod === 'answer' ? unhandled(mount, path, own, target, req.method!) : null
    if (automatic !== null) sendAutomatic(res, automatic)
    else if (oldCode === undefined) next()
    else oldCode.answer(new ExpressPassed(req, res, target, mount.lifecycle, next))
    return
  }
  onceClosed(res, mount.lifecycle.begin())
  const exchange = new ExpressExchange(endpoint, req, res, target, next)
  const answering = endpoint.takesBody ? undefined : mount.statics?.get(endpoint.route)
  if (answering !== undefined) {
    mount.port = req.socket.localPort
    const mountPath = path.endsWith(own) ? path.slice(0, path.length - own.length) : ''
    if (mount.mountPath === undefined) settleMountPath(mount, mountPath)
    answering.handle(endpoint, exchange, own, mountPath)
    return
  }
  const shadow = shadows.size === 0 || endpoint.takesBody ? undefined : shadows.get(endpoint.route)
  if (shadow === undefined) handle(endpoint, exchange, own)
  else shadow.handle(endpoint, exchange, own)
}

/** Express does not tell where it mounts a function: what was made ahead may have been made for another path. */
function settleMountPath (mount: ExpressMount, mountPath: string): void {
  mount.mountPath = mountPath
  if (mountPath !== '' && mount.prerender !== 'lazy') void mount.statics!.prerenderBehind(mountPath)
}

/** What the host's router has cut off the path stays in front of redirects. */
function unhandled (mount: ExpressMount, path: string, own: string, target: string, method: string): AutomaticAnswer | null {
  const prefix = path.endsWith(own) ? path.slice(0, path.length - own.length) : path
  return answerUnhandled(mount, path, searchOf(target), prefix, method)
}

function sendAutomatic (res: ConnectResponse, { status, headers, body }: AutomaticAnswer): void {
  sendToNode(res, { status, statusText: '', headers: Object.entries(headers).flat(), body }, () => {})
}

import type { OldCode } from './passed-request.ts'
import type { Cache } from '../cache/cache.ts'
import type { CacheLog } from '../cache/observe.ts'
import { CacheScope, type Run } from '../cache/scope.ts'
import { notStatic, type RequestContext } from '../context/request-context.ts'
import { ClassicNextRequest, ReceivedNextRequest, type NextRequest } from '../next/next-request.ts'
import { TrackedNextRequest, type Touched } from '../next/tracked-request.ts'
import type { Compat, TrailingSlash } from '../routes/options.ts'
import type { Route } from '../routes/table.ts'
import { endReadWithClient } from '../web/drain.ts'
import type { Exchange } from '../web/exchange.ts'
import { abort } from '../web/lazy-request.ts'
import { pathOf } from '../web/target.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { AfterQueue } from './after-queue.ts'
import type { Endpoint } from './endpoint.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Observe, Observer, ReportError } from './observe.ts'

/** What all requests of one mounted directory share. */
export interface Mount {
  compat: Compat
  /** Whether URLs end with a slash. */
  trailingSlash: TrailingSlash
  /** Which paths are redirected because of the slash at their end. */
  slashRedirects: TrailingSlash
  /** What stands in front of every path, and what handlers do not see. */
  basePath: string
  bodyLimit: number
  /** Whether `NextResponse.next()` in a handler is an error, as in Next.js. */
  strict: boolean
  lifecycle: Lifecycle
  /** What answers requests that no route file answers. */
  oldCode: OldCode | undefined
  observe: Observe
  /** Where `instrumentation.ts` wants to know of failed requests. */
  reportError: ReportError | undefined
  /** Logs what went wrong after the answer, when nobody else can be told. */
  logError: (exchange: HostExchange, error: unknown, message: string) => void
  /** Logs what is odd about an answer. */
  logWarning: (exchange: HostExchange, message: string) => void
  cache: Cache
  /** Whether kept answers get an `etag`. */
  etag: boolean
  /** What the host has for messages that belong to no request. */
  log: CacheLog
  /** Scheme and authority under which this machine itself can be reached, for answers that are made without a client. */
  localOrigin: () => string
}

/** An exchange of a certain host, with the host's own objects for `hostRequest()`. It is told how the request ends. */
export interface HostExchange extends Exchange {
  readonly host: RequestContext['host']
  /** Whether its answer goes nowhere, and somebody else has answered already. */
  readonly isShadow?: boolean
  /** The path that the directory is mounted at: '' for the root. */
  mountPath (): string
  /**
   * Where the answer may be kept for others: told what of the request is looked at.
   * @throws Error where there is no request
   */
  readonly touched: Touched | undefined
  /** Whether a proxy led the request here from another path, which handlers are shown. */
  readonly isRerouted?: boolean
  /** Whether draft mode is on, where no request tells. */
  readonly draft?: boolean
  /** The client's address as the host sees it. */
  clientIp (): string | undefined
  /** Sends a handler's answer. What it throws is given to `fail`. */
  answer (outgoing: Outgoing, context: Pick<HandlerContext, 'abort'>): void
  /**
   * Leaves the request, whose body nobody has read, to what the host has for it besides. What it throws is given to `fail`.
   * @param headers for whatever answers: names (in lower case) and values in turn
   * @param oldCode instead of what the host has
   */
  passOn (headers: string[], oldCode?: OldCode): void
  /** Leaves the request to what the host has for paths that nothing serves. */
  notFound (): void
  /** The headers that the host itself has for the answer, so far. */
  presetHeaders (): Record<string, unknown>
  /** Ends a request whose handler gave no answer. */
  fail (error: Error): void
}

/** One request on its way through one route. */
export class HandlerContext implements RequestContext, Run {
  readonly exchange: HostExchange
  readonly endpoint: Endpoint
  readonly request: NextRequest
  readonly observer: Observer | undefined
  readonly pathname: string
  phase: RequestContext['phase'] = 'handler'
  jar: object | undefined = undefined
  cookies: Promise<unknown> | undefined = undefined
  headers: RequestContext['headers'] = undefined
  draft: boolean | undefined
  isTouched = false
  #after: AfterQueue | undefined = undefined
  #settled = false
  #caching: CacheScope | undefined = undefined

  constructor (endpoint: Endpoint, exchange: HostExchange, pathname: string, observer: Observer | undefined) {
    this.endpoint = endpoint
    this.exchange = exchange
    this.observer = observer
    this.pathname = pathname
    this.draft = exchange.draft
    this.request = receive(this)
  }

  get compat (): Compat { return this.endpoint.mount.compat }

  get host (): RequestContext['host'] { return this.exchange.host }

  get route (): Route { return this.endpoint.route }

  get ownPathname (): string { return this.endpoint.ownPath(this.pathname) }

  get pathnames (): string[] {
    const { endpoint: { mount: { basePath } }, exchange, pathname, ownPathname } = this
    // In Express the others have no base path.
    return [pathname, pathOf(exchange.target), basePath + ownPathname]
  }

  get isStatic (): boolean { return this.exchange.touched !== undefined || this.endpoint.refusesUse }

  get caching (): CacheScope { return this.#caching ??= new CacheScope(this.endpoint.mount.cache, this) }

  /** What the caches know of the run, unless they had nothing to do with it. */
  get usedCaching (): CacheScope | undefined { return this.#caching }

  touch (used: string): void {
    if (this.exchange.isEmpty === true) return
    this.isTouched = true
    this.exchange.touched?.(used)
    if (this.endpoint.refusesUse && !this.caching.isDraft) throw notStatic(this.route.path, used)
  }

  background (work: Promise<unknown>): void {
    const done = this.endpoint.mount.lifecycle.begin()
    work.catch((error: unknown) => { this.endpoint.mount.logError(this.exchange, error, `work in the background failed (${this.route.file})`) }).finally(done)
  }

  warn (message: string): void { this.endpoint.mount.logWarning(this.exchange, `${message} (${this.route.file})`) }

  abort (reason?: unknown): void {
    abort(this.request, reason)
  }

  defer (task: () => unknown): void {
    this.#after ??= this.#queue()
    this.#after.add(task)
  }

  #queue (): AfterQueue {
    const queue = new AfterQueue(this.exchange.res, {
      begin: () => {
        this.#after = undefined
        this.phase = 'after'
      },
      done: this.endpoint.mount.lifecycle.begin(),
      failed: (error) => { this.endpoint.mount.logError(this.exchange, error, `An error occurred in a function passed to \`after()\` (${this.route.file})`) }
    })
    if (this.#settled) queue.settleSoon()
    return queue
  }

  /** To be called once the handler has come to its end. */
  settle (): void {
    if (this.#settled) return
    this.#settled = true
    if (this.endpoint.takesBody) endReadWithClient(this.exchange)
    this.#after?.settle()
  }
}

const WITH_SLASHES = { trailingSlash: true }

function receive (context: HandlerContext): NextRequest {
  const { exchange, endpoint } = context
  const { mount, isTracked, refusesLooks } = endpoint
  const nextConfig = mount.trailingSlash === true ? WITH_SLASHES : undefined
  const clientIp = mount.compat < 15 ? () => exchange.clientIp() : undefined
  if (refusesLooks) return new TrackedNextRequest(exchange, (used) => { throw notStatic(context.pathname, used) }, undefined, nextConfig)
  if (isTracked || exchange.touched !== undefined) return new TrackedNextRequest(exchange, (used) => { context.touch(used) }, clientIp, nextConfig)
  return clientIp === undefined ? new ReceivedNextRequest(exchange, nextConfig) : new ClassicNextRequest(exchange, clientIp, nextConfig)
}

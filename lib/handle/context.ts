import type { OldCode } from './passed-request.ts'
import type { RequestContext } from '../context/request-context.ts'
import { ClassicNextRequest, ReceivedNextRequest, type NextRequest } from '../next/next-request.ts'
import type { Compat, TrailingSlash } from '../routes/options.ts'
import type { Route } from '../routes/table.ts'
import type { Exchange } from '../web/exchange.ts'
import { abort } from '../web/lazy-request.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { AfterQueue } from './after-queue.ts'
import type { Endpoint } from './endpoint.ts'
import type { Lifecycle } from './lifecycle.ts'

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
  /** Logs what went wrong after the answer, when nobody else can be told. */
  logError: (exchange: HostExchange, error: unknown, message: string) => void
  /** Logs what is odd about an answer. */
  logWarning: (exchange: HostExchange, message: string) => void
}

/** An exchange of a certain host, with the host's own objects for `hostRequest()`. It is told how the request ends. */
export interface HostExchange extends Exchange {
  readonly host: RequestContext['host']
  /** The client's address as the host sees it. */
  clientIp (): string | undefined
  /** Sends a handler's answer. What it throws is given to `fail`. */
  answer (outgoing: Outgoing, context: HandlerContext): void
  /**
   * Leaves the request, whose body nobody has read, to what the host has for it besides. What it throws is given to `fail`.
   * @param headers for whatever answers: names (in lower case) and values in turn
   * @param oldCode instead of what the host has
   */
  passOn (headers: string[], oldCode?: OldCode): void
  /** The headers that the host itself has for the answer, so far. */
  presetHeaders (): Record<string, unknown>
  /** Ends a request whose handler gave no answer. */
  fail (error: Error): void
}

/** One request on its way through one route. */
export class HandlerContext implements RequestContext {
  readonly exchange: HostExchange
  readonly endpoint: Endpoint
  readonly request: NextRequest
  phase: RequestContext['phase'] = 'handler'
  jar: object | undefined = undefined
  cookies: Promise<unknown> | undefined = undefined
  headers: RequestContext['headers'] = undefined
  draft: boolean | undefined = undefined
  #after: AfterQueue | undefined = undefined
  #settled = false

  constructor (endpoint: Endpoint, exchange: HostExchange) {
    this.endpoint = endpoint
    this.exchange = exchange
    this.request = receive(endpoint.mount, exchange)
  }

  get compat (): Compat { return this.endpoint.mount.compat }

  get host (): RequestContext['host'] { return this.exchange.host }

  get route (): Route { return this.endpoint.route }

  abort (reason?: unknown): void {
    abort(this.request, reason)
  }

  defer (task: () => unknown): void {
    if (this.#after === undefined) {
      const done = this.endpoint.mount.lifecycle.begin()
      this.#after = new AfterQueue(this.exchange.res, (tasks) => {
        this.#after = undefined
        this.phase = 'after'
        void Promise.all(tasks.map((queued) => this.#run(queued))).finally(done)
      })
      this.#after.add(task)
      if (this.#settled) this.#after.settle()
    } else this.#after.add(task)
  }

  /** To be called once the handler has come to its end. */
  settle (): void {
    this.#settled = true
    this.#after?.settle()
  }

  async #run (task: () => unknown): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.endpoint.mount.logError(this.exchange, error, `An error occurred in a function passed to \`after()\` (${this.route.file})`)
    }
  }
}

const WITH_SLASHES = { trailingSlash: true }

function receive ({ compat, trailingSlash }: Mount, exchange: HostExchange): NextRequest {
  const nextConfig = trailingSlash === true ? WITH_SLASHES : undefined
  return compat < 15 ? new ClassicNextRequest(exchange, () => exchange.clientIp(), nextConfig) : new ReceivedNextRequest(exchange, nextConfig)
}

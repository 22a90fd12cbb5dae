import { AsyncResource } from 'node:async_hooks'
import type { RequestContext } from '../context/request-context.ts'
import { ClassicNextRequest, ReceivedNextRequest, setNextConfig, type NextRequest } from '../next/next-request.ts'
import { promiseWithValues } from '../next/thenable.ts'
import type { Compat, TrailingSlash } from '../routes/options.ts'
import { readParams } from '../routes/path.ts'
import type { Route } from '../routes/table.ts'
import { onceClosed, type Exchange } from '../web/exchange.ts'
import { abort } from '../web/lazy-request.ts'
import type { Lifecycle } from './lifecycle.ts'

/** What all requests of one mounted directory share. */
export interface Mount {
  compat: Compat
  trailingSlash: TrailingSlash
  lifecycle: Lifecycle
  /** Logs what went wrong after the answer, when nobody else can be told. */
  logError: (exchange: HostExchange, error: unknown, message: string) => void
}

/** An exchange of a certain host, with the host's own objects for `hostRequest()`. */
export interface HostExchange extends Exchange {
  readonly host: RequestContext['host']
  /** The client's address as the host sees it. */
  clientIp (): string | undefined
}

/** One request on its way through one route. */
export class HandlerContext implements RequestContext {
  readonly exchange: HostExchange
  readonly route: Route
  readonly #mount: Mount
  #request: NextRequest | undefined
  #tasks: Array<() => unknown> | undefined
  #settled = false
  #onSettled: (() => void) | undefined
  phase: RequestContext['phase'] = 'handler'
  jar: object | undefined
  draft: boolean | undefined

  constructor (mount: Mount, exchange: HostExchange, route: Route) {
    this.#mount = mount
    this.exchange = exchange
    this.route = route
  }

  get compat (): Compat { return this.#mount.compat }

  get host (): RequestContext['host'] { return this.exchange.host }

  get request (): NextRequest {
    if (this.#request === undefined) {
      this.#request = this.compat < 15 ? new ClassicNextRequest(this.exchange, () => this.exchange.clientIp()) : new ReceivedNextRequest(this.exchange)
      if (this.#mount.trailingSlash === true) setNextConfig(this.#request, { trailingSlash: true })
    }
    return this.#request
  }

  /** The second argument of a handler. */
  handlerContext (path: string, skip: number): { params: unknown } {
    return { params: promiseWithValues(readParams(this.route, path, skip)) }
  }

  abort (reason?: unknown): void {
    abort(this.request, reason)
  }

  defer (task: () => unknown): void {
    // The event that starts the tasks comes from the connection, where neither our context nor the host's stores are.
    const bound = AsyncResource.bind(task)
    if (this.#tasks !== undefined) {
      this.#tasks.push(bound)
      return
    }
    const tasks = this.#tasks = [bound]
    const done = this.#mount.lifecycle.begin()
    onceClosed(this.exchange.res, () => {
      this.#whenSettled(() => {
        this.#tasks = undefined
        this.phase = 'after'
        void Promise.all(tasks.map((queued) => this.#run(queued))).finally(done)
      })
    })
  }

  /** To be called once the handler has come to its end; a client may leave long before. */
  settle (): void {
    this.#settled = true
    this.#onSettled?.()
  }

  #whenSettled (start: () => void): void {
    if (this.#settled) start()
    else this.#onSettled = start
  }

  async #run (task: () => unknown): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.#mount.logError(this.exchange, error, `An error occurred in a function passed to \`after()\` (${this.route.file})`)
    }
  }
}

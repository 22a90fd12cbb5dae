import type { Caching, RequestContext } from '../context/request-context.ts'
import { NotSupportedError } from '../errors.ts'
import { AfterQueue } from '../handle/after-queue.ts'
import type { Lifecycle } from '../handle/lifecycle.ts'
import type { NextRequest } from '../next/next-request.ts'
import type { Compat } from '../routes/options.ts'
import type { Arrival } from './arrival.ts'

/** As in Next.js, nothing is cached in a proxy. */
const NO_CACHE: Caching = {
  noStore: true,
  invalidate () { throw new NotSupportedError('revalidateTag() and revalidatePath() cannot be called in a proxy. Call them in a route handler.') },
  async call ({ fn, args }) { return await (fn as (...args: unknown[]) => Promise<unknown>)(...args) }
}

/** What `cookies()`, `after()` and the like know while a proxy runs. */
export class ProxyContext implements RequestContext {
  readonly request: NextRequest
  readonly compat: Compat
  readonly route: RequestContext['route']
  phase: RequestContext['phase'] = 'handler'
  jar: object | undefined = undefined
  cookies: Promise<unknown> | undefined = undefined
  headers: RequestContext['headers'] = undefined
  draft: boolean | undefined = undefined
  readonly caching = NO_CACHE
  readonly #arrival: Arrival
  readonly #lifecycle: Lifecycle
  #after: AfterQueue | undefined = undefined

  constructor (request: NextRequest, arrival: Arrival, compat: Compat, page: string, lifecycle: Lifecycle) {
    this.request = request
    this.compat = compat
    this.route = { path: page, config: {} }
    this.#arrival = arrival
    this.#lifecycle = lifecycle
  }

  get host (): RequestContext['host'] { return this.#arrival.host }

  /** What a proxy answers is for its request alone. */
  touch (): void {}

  defer (task: () => unknown): void {
    this.#after ??= this.#queue()
    this.#after.add(task)
  }

  /** Its tasks wait for the answer, whoever gives it. */
  #queue (): AfterQueue {
    const queue = new AfterQueue(this.#arrival.res, {
      begin: () => {
        this.#after = undefined
        this.phase = 'after'
      },
      done: this.#lifecycle.begin(),
      failed: (error) => { this.#arrival.log(error, `An error occurred in a function passed to \`after()\` (${this.route.path})`) }
    })
    queue.settleSoon()
    return queue
  }
}

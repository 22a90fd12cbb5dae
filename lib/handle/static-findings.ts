import type { Cache } from '../cache/cache.ts'
import type { Route } from '../routes/table.ts'
import { usedIn, type Outcome } from './generation.ts'
import { Pauses } from './pauses.ts'

/** Milliseconds */
const UNKEPT = 60_000
/** Seconds */
const SHORTEST_RETRY = 3
const LONGEST_RETRY = 30

/** What the runs of a static route's handler have shown so far. */
export class StaticFindings {
  readonly #cache: Cache
  readonly #route: Route
  /** When another attempt may be made, for what failed to be made anew. */
  readonly #retryAt = new Pauses()
  /** Until when nobody tries to keep an answer, for what turned out to be for one request alone. */
  readonly #unkeptUntil = new Pauses()
  #isDynamic = false
  /** Whether others will be kept, because one was, or by what the file says. */
  #isProven: boolean
  #hasKept = false

  constructor (cache: Cache, route: Route) {
    this.#cache = cache
    this.#route = route
    this.#isProven = this.isForced || route.config.dynamic === 'error'
  }

  get isForced (): boolean { return this.#route.config.dynamic === 'force-static' }

  /** Whether the first run has shown that the route is none that answers once for all. */
  get isDynamic (): boolean { return this.#isDynamic }

  /** Whether any answer was kept. */
  get hasKept (): boolean { return this.#hasKept }

  isUnkept (key: string): boolean { return (this.#unkeptUntil.get(key) ?? 0) > this.#cache.now() }

  mayTry (key: string): boolean { return (this.#retryAt.get(key) ?? 0) <= this.#cache.now() }

  /** Seconds until it is attempted again to make a new answer, after the last attempt failed. */
  retryIn (key: string): number | undefined {
    const at = this.#retryAt.get(key)
    return at === undefined ? undefined : (at - this.#cache.now()) / 1000
  }

  kept (key: string): void {
    this.#isProven = this.#hasKept = true
    this.#retryAt.delete(key)
  }

  /**
   * An answer was not kept. What the first run shows holds from then on; what happens later concerns one path.
   * @param isFirst whether it is what a build of Next.js would make
   */
  notKept (key: string, outcome: Outcome, isFirst: boolean): void {
    if (outcome.kind !== 'failed') {
      if (this.#isProven || (isFirst && isRefusal(outcome) && usedIn(outcome) === undefined)) this.#unkeptUntil.set(key, this.#cache.now() + UNKEPT)
      else this.#isDynamic = true
    } else if (outcome.used !== undefined && !this.#isProven) this.#isDynamic = true
  }

  /** Another process is about to make the answer. */
  leaveToOthers (key: string): void { this.#pause(key, SHORTEST_RETRY) }

  /** The attempt to make an answer that nobody waits for failed. Like Next.js, leaves it alone for 3 s at least, and 30 s at most. */
  failed (key: string): void {
    const { revalidate } = this.#route.config
    this.#pause(key, Math.min(Math.max(typeof revalidate === 'number' ? revalidate : 0, SHORTEST_RETRY), LONGEST_RETRY))
  }

  #pause (key: string, seconds: number): void { this.#retryAt.set(key, this.#cache.now() + seconds * 1000) }
}

/** What builds of Next.js keep no answer of, since it may be well when somebody asks. */
export const isRefusal = (outcome: Outcome): boolean => outcome.kind === 'answer' && outcome.outgoing.status >= 400 && outcome.outgoing.status !== 404

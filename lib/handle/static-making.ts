import { Readable } from 'node:stream'
import type { Cache } from '../cache/cache.ts'
import type { CacheEntry } from '../cache/entry.ts'
import { SingleFlight } from '../cache/single-flight.ts'
import { GenerationTimeoutError } from '../errors.ts'
import type { Route } from '../routes/table.ts'
import type { HostExchange } from './context.ts'
import type { Endpoint } from './endpoint.ts'
import { runLive, runQuietly, type Outcome } from './generation.ts'
import { SERVER_CLOSING } from './lifecycle.ts'
import { entryOf } from './kept-answer.ts'
import { Pauses } from './pauses.ts'
import type { Place } from './static-paths.ts'

/** Milliseconds that the making of an answer may take when nobody waits for it, as in Next.js's builds. */
const LONGEST_GENERATION = 60_000
/** Milliseconds after which another process is asked again whether it is ready, … */
const POLL = 50
/** … and for how long. */
const LONGEST_WAIT = 10_000

/** Milliseconds */
const UNKEPT = 60_000
/** Seconds */
const SHORTEST_RETRY = 3
const LONGEST_RETRY = 30

/** What making an answer has come to: one that is kept, or one for its own request alone. */
export type Made = { entry: CacheEntry } | { outcome: Outcome }

/**
 * Makes the answers of one static route: for each path one at a time, for those who wait for it or behind them, and keeps them.
 */
export class StaticMaking {
  readonly #endpoint: Endpoint
  readonly #route: Route
  readonly #cache: Cache
  readonly #flights = new SingleFlight<Made>()
  /** When another attempt may be made, for what failed to be made anew. */
  readonly #retryAt = new Pauses()
  /** Until when nobody tries to keep an answer, for what turned out to be for one request alone. */
  readonly #unkeptUntil = new Pauses()
  #isDynamic = false
  /** Whether an answer was kept, so that others will be. */
  #isProven: boolean

  constructor (endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.#route = endpoint.route
    this.#cache = endpoint.mount.cache
    this.#isProven = this.isForced || this.#route.config.dynamic === 'error'
  }

  get isForced (): boolean { return this.#route.config.dynamic === 'force-static' }

  /** Whether the first run has shown that the route is none that answers once for all. */
  get isDynamic (): boolean { return this.#isDynamic }

  isUnkept (key: string): boolean { return (this.#unkeptUntil.get(key) ?? 0) > this.#cache.now() }

  /** Seconds until it is attempted again to make a new answer, after the last attempt failed. */
  retryIn (key: string): number | undefined {
    const at = this.#retryAt.get(key)
    return at === undefined ? undefined : (at - this.#cache.now()) / 1000
  }

  /** Has an answer made for a request, unless that is under way for another one already. */
  begin (place: Place, exchange: HostExchange): { made: Promise<Made>, isOthers: boolean } {
    const flight = this.#flightOf(place)
    const underway = this.#flights.get(flight)
    return { made: underway ?? this.#flights.run(flight, () => this.#makeOrAwait(place, exchange)), isOthers: underway !== undefined }
  }

  /** What was begun before something was invalidated is nothing to wait for. */
  #flightOf ({ key }: Place): string { return `${this.#cache.invalidations} ${key}` }

  /** Where several processes share the store, one of them makes what is missing. */
  async #makeOrAwait (place: Place, exchange: HostExchange): Promise<Made> {
    const { key } = place
    if (!this.#cache.isShared) return await this.#make(place, exchange)
    const release = await this.#cache.lock(key, LONGEST_WAIT)
    if (release !== 'taken') return await this.#makeUnlessKept(place, exchange).finally(release)
    for (const end = performance.now() + LONGEST_WAIT; performance.now() < end;) {
      await new Promise((resolve) => { setTimeout(resolve, POLL) })
      const kept = await this.#cache.get(key, NO_TAGS)
      if (kept !== undefined) return { entry: kept.entry }
    }
    return await this.#make(place, exchange)
  }

  /** Whoever had the lock before may have made it. */
  async #makeUnlessKept (place: Place, exchange: HostExchange): Promise<Made> {
    const kept = await this.#cache.get(place.key, NO_TAGS)
    return kept === undefined ? await this.#make(place, exchange) : { entry: kept.entry }
  }

  /** @param exchange of the client who waits for it */
  async #make (place: Place, exchange?: HostExchange): Promise<Made> {
    const createdAt = this.#cache.now()
    // What a client asked for that was led here from another path is not for those who ask for this one.
    const isAlone = exchange === undefined || this.isForced || exchange.isRerouted === true
    const outcome = isAlone ? await this.#runQuietly(place, exchange === undefined) : await runLive(this.#endpoint, exchange, place.path)
    const entry = outcome.kind !== 'answer' || outcome.used !== undefined ? undefined : await entryOf(outcome, createdAt, this.#route, (message) => { this.#endpoint.mount.log.warn(message) })
    if (entry === undefined) {
      this.#learn(outcome, place.key)
      return { outcome }
    }
    this.#isProven = true
    const setting = this.#cache.set(place.key, entry)
    // Others find it before they may make one of their own.
    if (setting !== undefined) await setting
    return { entry }
  }

  /** What the first run shows holds from then on; what happens later concerns one path. */
  #learn (outcome: Outcome, key: string): void {
    if (outcome.kind !== 'failed') {
      if (this.#isProven) this.#unkeptUntil.set(key, this.#cache.now() + UNKEPT)
      else this.#isDynamic = true
    } else if (outcome.used !== undefined && !this.#isProven) this.#isDynamic = true
  }

  /** @param isLimited whether it is ended after a minute, or when the server closes */
  async #runQuietly (place: Place, isLimited: boolean): Promise<Outcome> {
    const isEmpty = this.isForced
    if (!isLimited) return await runQuietly(this.#endpoint, place, { isEmpty })
    const controller = new AbortController()
    const ended = new Promise<Outcome>((resolve) => {
      controller.signal.addEventListener('abort', () => { resolve({ kind: 'failed', error: controller.signal.reason as Error }) }, { once: true })
    })
    const timer = setTimeout(() => { controller.abort(new GenerationTimeoutError(this.#route.file, LONGEST_GENERATION / 1000)) }, LONGEST_GENERATION).unref()
    const forget = this.#endpoint.mount.lifecycle.addStream({ abort () {}, cancel () { controller.abort(SERVER_CLOSING) } })
    return await Promise.race([runQuietly(this.#endpoint, place, { isEmpty, signal: controller.signal }), ended]).finally(() => {
      clearTimeout(timer)
      forget()
    })
  }

  /** Makes a new answer in the place of a stale one, behind the requests that go on getting the stale one. */
  renew (place: Place): void {
    const { key } = place
    const now = this.#cache.now()
    const flight = this.#flightOf(place)
    if (this.#flights.get(flight) !== undefined || (this.#retryAt.get(key) ?? 0) > now) return
    const done = this.#endpoint.mount.lifecycle.begin()
    this.#flights.run(flight, () => this.#renewAlone(place)).catch(() => {}).finally(done)
  }

  async #renewAlone (place: Place): Promise<Made> {
    const { key } = place
    const release = this.#cache.isShared ? await this.#cache.lock(key, LONGEST_GENERATION) : undefined
    if (release === 'taken') {
      this.#retryAt.set(key, this.#cache.now() + SHORTEST_RETRY * 1000)
      return NOTHING_MADE
    }
    try {
      const kept = release === undefined ? undefined : await this.#cache.get(key, NO_TAGS)
      return kept?.freshness === 'fresh' ? { entry: kept.entry } : await this.#prerender(place)
    } finally {
      await release?.()
    }
  }

  /**
   * Makes the answer for a place ahead, unless it is there already, from an earlier run or another process.
   * @throws Error where there is none that could be kept
   */
  async prerenderMissing (place: Place): Promise<void> {
    if (await this.#cache.get(place.key, NO_TAGS) === undefined) await this.#flights.run(this.#flightOf(place), () => this.#prerender(place))
  }

  /**
   * Makes the answer for a place that nobody has asked for just now.
   * @throws Error where there is none that could be kept; it is logged, and the next attempt waits some seconds
   */
  async #prerender (place: Place): Promise<Made> {
    const { observer } = this.#cache
    const { key } = place
    observer.tell('regeneration', 'route', key, this.#route.path)
    const made = await this.#make(place)
    if ('entry' in made) {
      this.#retryAt.delete(key)
      return made
    }
    if (this.#isDynamic) return made
    const error = failureOf(made.outcome, this.#route)
    const { revalidate } = this.#route.config
    // As Next.js does: 3 s at least, 30 s at most.
    const seconds = Math.min(Math.max(typeof revalidate === 'number' ? revalidate : 0, SHORTEST_RETRY), LONGEST_RETRY)
    this.#retryAt.set(key, this.#cache.now() + seconds * 1000)
    observer.tell('error', 'route', key, this.#route.path, error)
    throw error
  }
}

const NO_TAGS: readonly string[] = []
const NOTHING_MADE: Made = { outcome: { kind: 'failed', error: new Error('Another process makes it.') } }

function failureOf (outcome: Outcome, { path, file }: Route): Error {
  if (outcome.kind === 'failed') return outcome.error
  if (outcome.kind === 'passed') return new Error(`${file} passed on the request for its static answer, which nobody else has.`)
  if (outcome.outgoing.body instanceof Readable) outcome.outgoing.body.destroy()
  return new Error(`${file} gave an answer for ${path} that cannot be kept.`)
}

import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cache } from '../cache/cache.ts'
import type { CacheEntry } from '../cache/entry.ts'
import { LONGEST_WAIT } from '../cache/flights.ts'
import { bailout } from '../context/request-context.ts'
import { SingleFlight } from './single-flight.ts'
import { GenerationTimeoutError } from '../errors.ts'
import { isFixed } from '../routes/segments.ts'
import type { Route } from '../routes/table.ts'
import type { HostExchange } from './context.ts'
import type { Endpoint } from './endpoint.ts'
import { runLive, runWithoutClient, usedIn, type Outcome } from './generation.ts'
import { SERVER_CLOSING } from './lifecycle.ts'
import { entryOf } from './kept-answer.ts'
import { within } from './within.ts'
import { isRefusal, StaticFindings } from './static-findings.ts'
import type { Place } from './static-paths.ts'

/** Milliseconds that the making of an answer may take when nobody waits for it, as in Next.js's builds. */
const LONGEST_GENERATION = 60_000
/** Milliseconds after which another process is asked again whether it is ready. */
const POLL = 50

/** What making an answer has come to: one that is kept, or one for its own request alone, or a failure if nobody has asked for it. */
export type Made = { entry: CacheEntry } | { outcome: Outcome, failure?: Error }

/**
 * Makes the answers of one static route: for each path one at a time, for those who wait for it or behind them, and keeps them.
 */
export class StaticMaking {
  readonly #endpoint: Endpoint
  readonly #route: Route
  readonly #cache: Cache
  readonly #flights = new SingleFlight<Made>()
  readonly #hasParams: boolean
  readonly findings: StaticFindings

  constructor (endpoint: Endpoint) {
    this.#endpoint = endpoint
    this.#route = endpoint.route
    this.#cache = endpoint.mount.cache
    this.#hasParams = !isFixed(this.#route.segments)
    this.findings = new StaticFindings(this.#cache, this.#route)
  }

  /** Has an answer made for a request, unless that is under way for another one already; undefined where that takes too long. */
  begin (place: Place, exchange: HostExchange): { made: Promise<Made | undefined>, isOthers: boolean } {
    const flight = this.#flightOf(place)
    const underway = this.#flights.get(flight)
    if (underway !== undefined) return { made: within(LONGEST_WAIT, underway), isOthers: true }
    const make = (): Promise<Made> => this.#make(place, !this.findings.hasKept && !this.#hasParams, exchange)
    return { made: this.#flights.run(flight, () => this.#makeOrAwait(place, LONGEST_WAIT, make)), isOthers: false }
  }

  /** What was begun before something was invalidated is nothing to wait for. */
  #flightOf ({ key }: Place): string { return `${this.#cache.invalidations} ${key}` }

  /**
   * Where several processes share the store, one of them makes what is missing.
   * @param longest milliseconds for which it has the lock, if it does not give it back
   */
  async #makeOrAwait ({ key }: Place, longest: number, make: () => Promise<Made>): Promise<Made> {
    if (!this.#cache.isShared) return await make()
    for (const end = performance.now() + LONGEST_WAIT; performance.now() < end;) {
      const release = await this.#cache.lock(key, longest)
      const kept = await this.#cache.get(key, NO_TAGS)
      if (release !== 'taken') return await (kept === undefined ? make() : Promise.resolve({ entry: kept.entry })).finally(release)
      if (kept !== undefined) return { entry: kept.entry }
      await sleep(POLL)
    }
    return await make()
  }

  /**
   * @param isFirst whether it is what a build of Next.js would make
   * @param exchange of the client who waits for it
   */
  async #make (place: Place, isFirst: boolean, exchange?: HostExchange): Promise<Made> {
    const createdAt = this.#cache.now()
    // What a client asked for that was led here from another path is not for those who ask for this one.
    const isAlone = exchange === undefined || this.findings.isForced || exchange.isRerouted === true
    const outcome = isAlone ? await this.#runWithoutClient(place, exchange === undefined) : await runLive(this.#endpoint, exchange, place.path, true)
    let entry: CacheEntry | undefined
    try {
      entry = await this.#entryOf(outcome, createdAt, isFirst)
    } catch (error) {
      const failed = { kind: 'failed', error: error as Error, used: isAlone ? usedIn(outcome) : undefined } as const
      this.findings.notKept(place.key, failed, isFirst)
      return { outcome: failed }
    }
    if (entry === undefined) {
      this.findings.notKept(place.key, outcome, isFirst)
      const used = usedIn(outcome)
      if (!isAlone || outcome.kind !== 'answer' || used === undefined) return { outcome }
      // Its stream has looked at a request that is nobody's.
      letGo(outcome)
      return { outcome: { kind: 'failed', error: bailout(this.#route.path, used), used } }
    }
    this.findings.kept(place.key)
    const setting = this.#cache.set(place.key, entry)
    // Others find it before they may make one of their own.
    if (setting !== undefined) await setting
    return { entry }
  }

  /**
   * The answer as it is kept for others, unless it is for its own request alone.
   * @throws Error where its stream fails
   */
  async #entryOf (outcome: Outcome, createdAt: number, isFirst: boolean): Promise<CacheEntry | undefined> {
    if (usedIn(outcome) !== undefined || outcome.kind !== 'answer' || (isFirst && isRefusal(outcome))) return undefined
    const entry = await entryOf(outcome, createdAt, this.#route, (message) => { this.#endpoint.mount.log.warn(message) })
    // A stream may have looked at the request while it was read.
    return usedIn(outcome) === undefined ? entry : undefined
  }

  /** @param isLimited whether it is ended after a minute, or when the server closes */
  async #runWithoutClient (place: Place, isLimited: boolean): Promise<Outcome> {
    const isEmpty = this.findings.isForced
    if (!isLimited) return await runWithoutClient(this.#endpoint, place, { isEmpty })
    const controller = new AbortController()
    const ended = new Promise<Outcome>((resolve) => {
      controller.signal.addEventListener('abort', () => { resolve({ kind: 'failed', error: controller.signal.reason as Error }) }, { once: true })
    })
    const timer = setTimeout(() => { controller.abort(new GenerationTimeoutError(this.#route.file, LONGEST_GENERATION / 1000)) }, LONGEST_GENERATION).unref()
    const forget = this.#endpoint.mount.lifecycle.addStream({ abort () {}, cancel () { controller.abort(SERVER_CLOSING) } })
    return await Promise.race([runWithoutClient(this.#endpoint, place, { isEmpty, signal: controller.signal }), ended]).finally(() => {
      clearTimeout(timer)
      forget()
    })
  }

  /** Makes a new answer in the place of a stale one, behind the requests that go on getting the stale one. */
  renew (place: Place): void {
    const flight = this.#flightOf(place)
    if (this.#flights.has(flight) || !this.findings.mayTry(place.key)) return
    const done = this.#endpoint.mount.lifecycle.begin()
    this.#flights.run(flight, () => this.#renewAlone(place)).catch(() => {}).finally(done)
  }

  async #renewAlone (place: Place): Promise<Made> {
    const { key } = place
    const release = this.#cache.isShared ? await this.#cache.lock(key, LONGEST_GENERATION) : undefined
    if (release === 'taken') {
      this.findings.leaveToOthers(key)
      return NOTHING_MADE
    }
    try {
      const kept = release === undefined ? undefined : await this.#cache.get(key, NO_TAGS)
      return kept?.freshness === 'fresh' ? { entry: kept.entry } : await this.#prerender(place, false)
    } finally {
      await release?.()
    }
  }

  /**
   * Makes the answer for a place ahead, unless it is there already, from an earlier run or another process.
   * @throws Error where there is none that could be kept
   */
  async prerenderMissing (place: Place): Promise<void> {
    if (await this.#cache.get(place.key, NO_TAGS) !== undefined) return
    const made = await this.#flights.run(this.#flightOf(place), () => this.#makeOrAwait(place, LONGEST_GENERATION, () => this.#prerender(place, true)))
    if ('outcome' in made && made.failure !== undefined) throw made.failure
  }

  /**
   * Makes the answer for a place that nobody has asked for just now. Where there is none that could be kept, that is logged, and
   * the next attempt waits some seconds.
   */
  async #prerender (place: Place, isFirst: boolean): Promise<Made> {
    const { observer } = this.#cache
    const { key } = place
    observer.tell('regeneration', 'route', key, this.#route.path)
    const made = await this.#make(place, isFirst)
    if ('entry' in made) return made
    letGo(made.outcome)
    if (this.findings.isDynamic) return made
    if (isFirst && isRefusal(made.outcome)) {
      this.#endpoint.mount.log.warn(`${this.#route.file} answered with an error when its answer was made ahead, so it is not kept: it is made when somebody asks.`)
      return made
    }
    const failure = failureOf(made.outcome, this.#route)
    this.findings.failed(key)
    observer.tell('error', 'route', key, this.#route.path, failure)
    return { ...made, failure }
  }
}

const NO_TAGS: readonly string[] = []
export const NOTHING_MADE: Made = { outcome: { kind: 'failed', error: new Error('Another process makes it.') } }

function failureOf (outcome: Outcome, { path, file }: Route): Error {
  if (outcome.kind === 'failed') return outcome.error
  if (outcome.kind === 'passed') return new Error(`${file} passed on the request for its static answer, which nobody else has.`)
  return new Error(`${file} gave an answer for ${path} that cannot be kept.`)
}

/** Ends a stream that nobody reads. */
function letGo (outcome: Outcome): void {
  if (outcome.kind !== 'answer' || !(outcome.outgoing.body instanceof Readable)) return
  outcome.outgoing.body.destroy()
  outcome.context.abort()
}

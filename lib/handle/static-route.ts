import { Readable } from 'node:stream'
import type { Cache, Kept } from '../cache/cache.ts'
import type { CacheEntry } from '../cache/entry.ts'
import { SingleFlight } from '../cache/single-flight.ts'
import { GenerationTimeoutError } from '../errors.ts'
import { BYPASS_COOKIE, isDraftSecret } from '../next/draft-mode.ts'
import { findCookie } from '../next/cookie-text.ts'
import type { Route } from '../routes/table.ts'
import type { Outgoing } from '../web/outgoing.ts'
import type { HostExchange, Mount } from './context.ts'
import { Endpoint } from './endpoint.ts'
import { runLive, runQuietly, type Outcome } from './generation.ts'
import { handle } from './handle.ts'
import { SERVER_CLOSING } from './lifecycle.ts'
import { answerOf, draftAnswer, entryOf } from './kept-answer.ts'
import { Pauses } from './pauses.ts'
import { StaticPaths, type Place } from './static-paths.ts'

/** Milliseconds that the making of an answer may take when nobody waits for it, as in Next.js's builds. */
const LONGEST_GENERATION = 60_000
/** Milliseconds after which another process is asked again whether it is ready, … */
const POLL = 50
/** … and for how long. */
const LONGEST_WAIT = 10_000

/** What making an answer has come to: one that is kept, or one for its own request alone. */
type Made = { entry: CacheEntry } | { outcome: Outcome }

/**
 * A route whose GET answers once for all who ask, as Next.js has static and revalidated routes. Whether it really is one
 * shows when its handler first runs: where it looks at its request, it is a dynamic route from then on.
 */
export class StaticRoute {
  readonly route: Route
  readonly paths: StaticPaths
  readonly #endpoint: Endpoint
  readonly #cache: Cache
  readonly #flights = new SingleFlight<Made>()
  /** When another attempt may be made, for what failed to be made anew. */
  readonly #retryAt = new Pauses()
  /** Until when nobody tries to keep an answer, for what turned out to be for one request alone. */
  readonly #unkeptUntil = new Pauses()
  #isDynamic = false
  /** Whether an answer was kept, so that others will be. */
  #isProven: boolean

  /** @param prefix the mount prefix */
  constructor (mount: Mount, route: Route, skip: number, prefix: string) {
    this.route = route
    this.#endpoint = new Endpoint(mount, route, 'GET', prefix)
    this.#cache = mount.cache
    this.paths = new StaticPaths(route, prefix)
    this.#isProven = this.#isForced || route.config.dynamic === 'error'
  }

  get #isForced (): boolean { return this.route.config.dynamic === 'force-static' }

  get isDynamic (): boolean { return this.#isDynamic }

  /**
   * Takes the place of `handle` for GET and HEAD.
   * @param endpoint the verb's own, for requests that are not answered once for all
   * @param mountPath what the router of the host has cut off the path
   */
  handle (endpoint: Endpoint, exchange: HostExchange, path: string, mountPath = ''): void {
    if (this.#isDynamic) {
      handle(endpoint, exchange, path)
      return
    }
    let place: Place
    try {
      place = this.paths.placeOf(this.#endpoint, path, mountPath)
    } catch {
      // The ordinary way says what is wrong with the path.
      handle(endpoint, exchange, path)
      return
    }
    if (isDraft(exchange)) return this.#answerDraft(exchange, place)
    const allowed = this.paths.isAllowed(place)
    if (allowed === true) this.#lookUp(endpoint, exchange, place)
    else {
      Promise.resolve(allowed).then((isAllowed) => {
        if (isAllowed) this.#lookUp(endpoint, exchange, place)
        else exchange.notFound()
      }).catch((error: unknown) => { exchange.fail(error as Error) })
    }
  }

  #lookUp (endpoint: Endpoint, exchange: HostExchange, place: Place): void {
    const kept = this.#cache.get(place.key, NO_TAGS)
    if (!(kept instanceof Promise)) return this.#answer(endpoint, exchange, place, kept)
    kept.then((found) => { this.#answerOrFail(endpoint, exchange, place, found) }, (error: unknown) => { exchange.fail(error as Error) })
  }

  /** Not by `catch()`, for one promise more would cost each hit. */
  #answerOrFail (endpoint: Endpoint, exchange: HostExchange, place: Place, kept: Kept | undefined): void {
    try {
      this.#answer(endpoint, exchange, place, kept)
    } catch (error) {
      exchange.fail(error as Error)
    }
  }

  #answer (endpoint: Endpoint, exchange: HostExchange, place: Place, kept: Kept | undefined): void {
    const { observer } = this.#cache
    const { key } = place
    if (kept === undefined && (this.#unkeptUntil.get(key) ?? 0) > this.#cache.now()) {
      observer.tell('bypass', 'route', key, this.route.path)
      this.#runForOne(endpoint, exchange, place)
    } else if (kept === undefined) {
      observer.tell('miss', 'route', key, this.route.path)
      this.#answerNew(endpoint, exchange, place).catch((error: unknown) => { exchange.fail(error as Error) })
    } else if (kept.freshness === 'fresh') {
      observer.tell('hit', 'route', key, this.route.path)
      this.#send(exchange, kept.entry, 'HIT')
    } else {
      observer.tell('stale', 'route', key, this.route.path)
      const retryAt = this.#retryAt.get(key)
      this.#send(exchange, kept.entry, 'STALE', retryAt === undefined ? undefined : (retryAt - this.#cache.now()) / 1000)
      this.#renew(place)
    }
  }

  #send (exchange: HostExchange, entry: CacheEntry, state: 'HIT' | 'STALE' | 'MISS', retryIn?: number): void {
    const { compat, etag } = this.#endpoint.mount
    try {
      const outgoing = answerOf(entry, state, { compat, etag: etag ? { ifNoneMatch: exchange.headers['if-none-match'] } : undefined, retryIn })
      // Those who wait for a new answer are looked on at while it is made.
      if (state !== 'MISS') this.#endpoint.mount.observe(this.#endpoint, exchange)?.answered(outgoing)
      exchange.answer(outgoing, NO_STREAM)
    } catch (error) {
      exchange.fail(error as Error)
    }
  }

  /** The first who asks has it made, and whoever comes meanwhile waits for that. */
  async #answerNew (endpoint: Endpoint, exchange: HostExchange, place: Place, waited = false): Promise<void> {
    const flight = this.#flightOf(place)
    const underway = this.#flights.get(flight)
    const made = await (underway ?? this.#flights.run(flight, () => this.#makeOrAwait(place, exchange)))
    if ('entry' in made && underway !== undefined && this.#cache.isShared && !waited) {
      // Another process may have invalidated it before this request was sent.
      const kept = await this.#cache.get(place.key, NO_TAGS)
      return kept === undefined ? await this.#answerNew(endpoint, exchange, place, true) : this.#send(exchange, kept.entry, 'MISS')
    }
    if ('entry' in made) return this.#send(exchange, made.entry, 'MISS')
    const { outcome } = made
    // Made without its client, a handler that looks at the request cannot answer it.
    const isForOne = outcome.kind === 'failed' && outcome.used !== undefined
    if (!isForOne && (underway === undefined || outcome.kind === 'failed')) return giveOwn(exchange, outcome)
    this.#runForOne(endpoint, exchange, place)
  }

  /** What was begun before something was invalidated is nothing to wait for. */
  #flightOf ({ key }: Place): string { return `${this.#cache.invalidations} ${key}` }

  /** Answers one request alone. */
  #runForOne (endpoint: Endpoint, exchange: HostExchange, place: Place): void {
    if (!this.#isForced) handle(endpoint, exchange, place.path)
    else runQuietly(this.#endpoint, place, { isEmpty: true }).then((outcome) => { giveOwn(exchange, outcome) }).catch((error: unknown) => { exchange.fail(error as Error) })
  }

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
    const isAlone = exchange === undefined || this.#isForced || exchange.isRerouted === true
    const outcome = isAlone ? await this.#runQuietly(place, exchange === undefined) : await runLive(this.#endpoint, exchange, place.path)
    const entry = outcome.kind !== 'answer' || outcome.used !== undefined ? undefined : await entryOf(outcome, createdAt, this.route, (message) => { this.#endpoint.mount.log.warn(message) })
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
    const isEmpty = this.#isForced
    if (!isLimited) return await runQuietly(this.#endpoint, place, { isEmpty })
    const controller = new AbortController()
    const ended = new Promise<Outcome>((resolve) => {
      controller.signal.addEventListener('abort', () => { resolve({ kind: 'failed', error: controller.signal.reason as Error }) }, { once: true })
    })
    const timer = setTimeout(() => { controller.abort(new GenerationTimeoutError(this.route.file, LONGEST_GENERATION / 1000)) }, LONGEST_GENERATION).unref()
    const forget = this.#endpoint.mount.lifecycle.addStream({ abort () {}, cancel () { controller.abort(SERVER_CLOSING) } })
    return await Promise.race([runQuietly(this.#endpoint, place, { isEmpty, signal: controller.signal }), ended]).finally(() => {
      clearTimeout(timer)
      forget()
    })
  }

  /** Makes a new answer in the place of a stale one, behind the requests that go on getting the stale one. */
  #renew (place: Place): void {
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
    observer.tell('regeneration', 'route', key, this.route.path)
    const made = await this.#make(place)
    if ('entry' in made) {
      this.#retryAt.delete(key)
      return made
    }
    if (this.#isDynamic) return made
    const error = failureOf(made.outcome, this.route)
    const { revalidate } = this.route.config
    // As Next.js does: 3 s at least, 30 s at most.
    const seconds = Math.min(Math.max(typeof revalidate === 'number' ? revalidate : 0, SHORTEST_RETRY), LONGEST_RETRY)
    this.#retryAt.set(key, this.#cache.now() + seconds * 1000)
    observer.tell('error', 'route', key, this.route.path, error)
    throw error
  }

  /** Draft mode goes past the caches. */
  #answerDraft (exchange: HostExchange, place: Place): void {
    this.#cache.observer.tell('bypass', 'route', place.key, this.route.path)
    const running = this.#isForced ? runQuietly(this.#endpoint, place, { isEmpty: true, isDraft: true }) : runLive(this.#endpoint, exchange, place.path)
    running.then((outcome) => {
      giveOwn(exchange, outcome.kind === 'answer' ? { ...outcome, outgoing: draftAnswer(outcome.outgoing) } : outcome)
    }).catch((error: unknown) => { exchange.fail(error as Error) })
  }
}

/** Milliseconds */
const UNKEPT = 60_000
/** Seconds */
const SHORTEST_RETRY = 3
const LONGEST_RETRY = 30

const NO_TAGS: readonly string[] = []
const NO_STREAM = { abort (): void {} }
const NOTHING_MADE: Made = { outcome: { kind: 'failed', error: new Error('Another process makes it.') } }

function isDraft ({ headers: { cookie } }: HostExchange): boolean {
  return cookie !== undefined && cookie.includes(BYPASS_COOKIE) && isDraftSecret(findCookie(cookie, BYPASS_COOKIE))
}

/** Gives an outcome to the one client that it is of. */
function giveOwn (exchange: HostExchange, outcome: Outcome): void {
  if (outcome.kind === 'failed') return exchange.fail(outcome.error)
  if (outcome.kind === 'passed') return exchange.passOn(outcome.headers, outcome.oldCode)
  try {
    exchange.answer(exchange.method === 'HEAD' ? withoutStream(outcome.outgoing) : outcome.outgoing, outcome.context)
  } catch (error) {
    exchange.fail(error as Error)
  }
}

/** The host drops the body of an answer to HEAD, but would wait for the end of a stream. */
function withoutStream (outgoing: Outgoing): Outgoing {
  if (!(outgoing.body instanceof Readable)) return outgoing
  outgoing.body.destroy()
  return { ...outgoing, body: null }
}

function failureOf (outcome: Outcome, { path, file }: Route): Error {
  if (outcome.kind === 'failed') return outcome.error
  if (outcome.kind === 'passed') return new Error(`${file} passed on the request for its static answer, which nobody else has.`)
  if (outcome.outgoing.body instanceof Readable) outcome.outgoing.body.destroy()
  return new Error(`${file} gave an answer for ${path} that cannot be kept.`)
}

import { Readable } from 'node:stream'
import type { Cache, Kept } from '../cache/cache.ts'
import type { CacheEntry } from '../cache/entry.ts'
import { BYPASS_COOKIE, isDraftSecret } from '../next/draft-mode.ts'
import { findCookie } from '../next/cookie-text.ts'
import type { Route } from '../routes/table.ts'
import { onceClosed } from '../web/exchange.ts'
import type { Outgoing } from '../web/outgoing.ts'
import type { HostExchange, Mount } from './context.ts'
import { Endpoint } from './endpoint.ts'
import { runLive, runWithoutClient, type Outcome } from './generation.ts'
import { handle } from './handle.ts'
import { draftAnswer, KeptAnswers } from './kept-answer.ts'
import { NOTHING_MADE, StaticMaking } from './static-making.ts'
import type { StaticFindings } from './static-findings.ts'
import { StaticPaths, type Place } from './static-paths.ts'

/**
 * A route whose GET answers once for all who ask, as Next.js has static and revalidated routes. Whether it really is one
 * shows when its handler first runs: where it looks at its request, it is a dynamic route from then on.
 */
export class StaticRoute {
  readonly route: Route
  readonly paths: StaticPaths
  readonly #endpoint: Endpoint
  readonly #cache: Cache
  readonly #making: StaticMaking
  readonly #findings: StaticFindings
  readonly #answers: KeptAnswers

  /** @param prefix the mount prefix */
  constructor (mount: Mount, route: Route, prefix: string) {
    this.route = route
    this.#endpoint = new Endpoint(mount, route, 'GET', prefix)
    this.#cache = mount.cache
    this.paths = new StaticPaths(route, prefix, mount)
    this.#making = new StaticMaking(this.#endpoint)
    this.#findings = this.#making.findings
    this.#answers = new KeptAnswers(mount)
  }

  /** Whether the first run has shown that it is a dynamic one. */
  get isDynamic (): boolean { return this.#findings.isDynamic }

  /**
   * Takes the place of `handle` for GET and HEAD.
   * @param endpoint the verb's own, for requests that are not answered once for all
   * @param mountPath what the router of the host has cut off the path
   */
  handle (endpoint: Endpoint, exchange: HostExchange, path: string, mountPath = ''): void {
    if (this.#findings.isDynamic) {
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
    if (kept === undefined && this.#findings.isUnkept(key)) {
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
      this.#send(exchange, kept.entry, 'STALE', this.#findings.retryIn(key))
      this.#making.renew(place)
    }
  }

  #send (exchange: HostExchange, entry: CacheEntry, state: 'HIT' | 'STALE' | 'MISS', retryIn?: number): void {
    try {
      const outgoing = this.#answers.outgoing(entry, state, exchange, retryIn)
      // Those who wait for a new answer are looked on at while it is made.
      if (state !== 'MISS') this.#endpoint.mount.observe(this.#endpoint, exchange)?.answered(outgoing)
      exchange.answer(outgoing, NO_STREAM)
    } catch (error) {
      exchange.fail(error as Error)
    }
  }

  /** The first who asks has it made, and whoever comes meanwhile waits for that. */
  async #answerNew (endpoint: Endpoint, exchange: HostExchange, place: Place, waited = false): Promise<void> {
    const { made: making, isOthers } = this.#making.begin(place, exchange)
    const made = await making
    if (made === undefined) return this.#runForOne(endpoint, exchange, place)
    if ('entry' in made && isOthers && this.#cache.isShared && !waited) {
      // Another process may have invalidated it before this request was sent.
      const kept = await this.#cache.get(place.key, NO_TAGS)
      return kept === undefined ? await this.#answerNew(endpoint, exchange, place, true) : this.#send(exchange, kept.entry, 'MISS')
    }
    if ('entry' in made) return this.#send(exchange, made.entry, 'MISS')
    const { outcome } = made
    // Made without its client, a handler that looks at the request cannot answer it.
    const isForOne = made === NOTHING_MADE || (outcome.kind === 'failed' && outcome.used !== undefined)
    if (!isForOne && (!isOthers || outcome.kind === 'failed')) return giveOwn(exchange, outcome)
    this.#runForOne(endpoint, exchange, place)
  }

  /** Answers one request alone. */
  #runForOne (endpoint: Endpoint, exchange: HostExchange, place: Place): void {
    if (!this.#findings.isForced) handle(endpoint, exchange, place.path)
    else runWithoutClient(this.#endpoint, place, { isEmpty: true }).then((outcome) => { giveOwn(exchange, outcome) }).catch((error: unknown) => { exchange.fail(error as Error) })
  }

  /**
   * Makes the answer for a place ahead, unless it is there already, from an earlier run or another process.
   * @throws Error where there is none that could be kept
   */
  async prerenderMissing (place: Place): Promise<void> { await this.#making.prerenderMissing(place) }

  /** Draft mode goes past the caches. */
  #answerDraft (exchange: HostExchange, place: Place): void {
    this.#cache.observer.tell('bypass', 'route', place.key, this.route.path)
    const running = this.#findings.isForced ? runWithoutClient(this.#endpoint, place, { isEmpty: true, isDraft: true }) : runLive(this.#endpoint, exchange, place.path, false)
    running.then((outcome) => {
      giveOwn(exchange, outcome.kind === 'answer' ? { ...outcome, outgoing: draftAnswer(outcome.outgoing) } : outcome)
    }).catch((error: unknown) => { exchange.fail(error as Error) })
  }
}

const NO_TAGS: readonly string[] = []
const NO_STREAM = { abort (): void {} }

function isDraft ({ headers: { cookie } }: HostExchange): boolean {
  return cookie !== undefined && cookie.includes(BYPASS_COOKIE) && isDraftSecret(findCookie(cookie, BYPASS_COOKIE))
}

/** Gives an outcome to the one client that it is of. */
function giveOwn (exchange: HostExchange, outcome: Outcome): void {
  if (outcome.kind === 'failed') return exchange.fail(outcome.error)
  if (outcome.kind === 'passed') return exchange.passOn(outcome.headers, outcome.oldCode)
  try {
    const outgoing = exchange.method === 'HEAD' ? withoutStream(outcome.outgoing) : outcome.outgoing
    // It has turned out to be for this client alone.
    if (outgoing.body instanceof Readable) onceClosed(exchange.res, (complete) => { if (!complete) outcome.context.abort() })
    exchange.answer(outgoing, outcome.context)
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

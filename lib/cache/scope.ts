import type { CachedCall, Caching, TagInvalidation } from '../context/request-context.ts'
import { BYPASS_COOKIE, isDraftSecret } from '../next/draft-mode.ts'
import { findCookie } from '../next/cookie-text.ts'
import type { Compat } from '../routes/options.ts'
import { isForReading, type Route } from '../routes/table.ts'
import { headerOf } from '../web/lazy-request.ts'
import type { Cache, Kept } from './cache.ts'
import { callCached } from './cached-function.ts'
import { pathTags } from '../next/cache-tags.ts'

/** The run of a handler, as its caches see it. */
export interface Run {
  readonly request: Request
  readonly compat: Compat
  readonly route: Pick<Route, 'path' | 'config' | 'handlers'>
  readonly draft: boolean | undefined
  /** The path without a mount prefix, … */
  readonly ownPathname: string
  /** … and those with it, as the host's router and the client have them. */
  readonly pathnames: readonly string[]
  /** Whether the answer is made once for all. */
  readonly isStatic: boolean
  /** Whether anything of the request was looked at. */
  readonly isTouched: boolean
  touch (used: string): void
  /** Has closing wait for work, and an error in it logged. */
  background (work: Promise<unknown>): void
  warn (message: string): void
}

/** What the caches keep of the run of a handler. */
export class CacheScope implements Caching {
  readonly cache: Cache
  readonly run: Run
  noStore = false
  /** The tags of what was used, for the answer that is made of it. */
  readonly tags = new Set<string>()
  /** Work that the answer waits for. */
  pending: Array<Promise<unknown>> | undefined = undefined
  #limit: number
  #pathTags: string[] | undefined
  #isDraft: boolean | undefined
  /** The tags that this run has invalidated. */
  #invalidated: Set<string> | undefined

  constructor (cache: Cache, run: Run) {
    this.cache = cache
    this.run = run
    const { revalidate } = run.route.config
    this.#limit = revalidate === undefined || revalidate === false ? Infinity : revalidate
  }

  /** Seconds for which the answer may be kept, by what was used so far. */
  get limit (): number { return this.#limit }

  /**
   * The same, as far as it counts for what is fetched: in 15 and 16 it does for static answers only. In 13 and 14 it is
   * nothing where a file has other verbs than GET: what a POST sends is to go out each time. In 13, `force-dynamic` is a look
   * at the request.
   */
  get fetchLimit (): number | undefined {
    const { compat, isStatic, isTouched, route } = this.run
    if (compat >= 15) return isStatic ? this.#limit : undefined
    const isFresh = isTouched || !isForReading(route) || (compat === 13 && route.config.dynamic === 'force-dynamic')
    return isFresh ? 0 : this.#limit
  }

  lower (seconds: number): void { this.#limit = Math.min(this.#limit, seconds) }

  /** Of what is made for this path. */
  get pathTags (): string[] { return this.#pathTags ??= pathTags(this.run.route.path, this.run.ownPathname, this.run.pathnames) }

  /** Whether everything is to be fresh, for the client has draft mode on. */
  get isDraft (): boolean {
    if (this.run.draft !== undefined) return this.run.draft
    return this.#isDraft ??= isDraftSecret(findCookie(headerOf(this.run.request, 'cookie') ?? '', BYPASS_COOKIE))
  }

  /** What is kept under a key. As in Next.js, a run does not see what it has invalidated itself, not even as stale. */
  async get (key: string, tags: readonly string[]): Promise<Kept | undefined> {
    const all = [...tags, ...this.pathTags]
    const invalidated = this.#invalidated
    return invalidated !== undefined && all.some((tag) => invalidated.has(tag)) ? undefined : await this.cache.get(key, all)
  }

  invalidate (tags: string[], invalidation: TagInvalidation): void | Promise<void> {
    this.#invalidated ??= new Set()
    for (const tag of tags) this.#invalidated.add(tag)
    const telling = this.cache.invalidate(tags, invalidation)
    if (telling !== undefined) (this.pending ??= []).push(telling)
    return telling
  }

  call (call: CachedCall): Promise<unknown> { return callCached(this, call) }
}

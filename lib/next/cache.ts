import { currentContext, dynamicContext, outsideRequests, requestStorage, type CachedCall } from '../context/request-context.ts'
import { NotSupportedError } from '../errors.ts'
import { invalidationOf, type CacheLife, type CacheLifeProfile } from './cache-profiles.ts'
import { soundTags, tagsOfPath } from './cache-tags.ts'
import { warnOfProcess } from '../warn.ts'

export type { CacheLifeProfiles } from './cache-profiles.ts'

/**
 * Drops everything that was made for a path: the answer of a static route, and what its handler fetched or computed. The
 * answer to this request is sent once every process can know.
 * @param type what a path with parameters in folder spelling stands for: the route (`'page'`) or all below it (`'layout'`)
 * @throws OutsideRequestError; there the server's handle does the same
 * @see https://nextjs.org/docs/app/api-reference/functions/revalidatePath
 */
export function revalidatePath (path: string, type?: 'layout' | 'page'): undefined {
  const context = currentContext('revalidatePath')
  context.touch(`revalidatePath(${JSON.stringify(path)})`)
  context.caching.invalidate(tagsOfPath(path, type, warnOfProcess), { expire: 0 })
}

let hasWarned = false

/**
 * Drops everything that has a tag: with a profile it is stale from now on, and given once more while it is made anew; with
 * `{ expire: 0 }` or none it is not given any more. The answer to this request is sent once every process can know.
 * @param profile the name of a profile, or seconds after which what is stale expires
 * @throws OutsideRequestError; there the server's handle does the same
 * @throws Error where there is no such profile
 * @see https://nextjs.org/docs/app/api-reference/functions/revalidateTag
 */
export function revalidateTag (tag: string, profile?: CacheLifeProfile | { expire?: number }): undefined {
  const context = currentContext('revalidateTag')
  if (profile === undefined && context.compat >= 16 && !hasWarned) {
    hasWarned = true
    warnOfProcess('"revalidateTag" without the second argument is now deprecated, add second argument of "max" or use "updateTag". See more info here: https://nextjs.org/docs/messages/revalidate-tag-single-arg')
  }
  context.touch(`revalidateTag(${JSON.stringify(tag)})`)
  context.caching.invalidate(soundTags([tag], 'revalidateTag', warnOfProcess), invalidationOf(profile))
}

/** @throws Error always: it is for server actions, which no route file has */
export function updateTag (tag: string): undefined {
  throw new Error('updateTag can only be called from within a Server Action. To invalidate cache tags in Route Handlers or other contexts, use revalidateTag instead. See more info here: https://nextjs.org/docs/app/api-reference/functions/updateTag')
}

/** @throws Error always: it is for server actions, which no route file has */
export function refresh (): void {
  throw new Error('refresh can only be called from within a Server Action. See more info here: https://nextjs.org/docs/app/api-reference/functions/refresh')
}

/**
 * Makes a function whose results are kept for the arguments that they are of, as far as JSON can tell them.
 * @param keyParts what tells it from others of the same text
 * @param options `revalidate`: seconds after which a result is stale, `false` for never; `tags` for `revalidateTag()`
 * @throws Error where `revalidate` is 0 or no number of seconds
 * @see https://nextjs.org/docs/app/api-reference/functions/unstable_cache
 */
export function unstable_cache<T extends (...args: never[]) => Promise<unknown>> (fn: T, keyParts?: string[], options: { revalidate?: number | false, tags?: string[] } = {}): T {
  const { revalidate } = options
  if (revalidate === 0) throw new Error(`Invariant revalidate: 0 can not be passed to unstable_cache(), must be "false" or "> 0" ${fn.toString()}`)
  if (revalidate !== undefined && revalidate !== false && !(typeof revalidate === 'number' && revalidate > 0)) throw new Error(`Invalid revalidate value "${String(revalidate)}" on "unstable_cache ${fn.name}", must be a non-negative number or false`)
  const tags = options.tags === undefined ? [] : soundTags(options.tags, `unstable_cache ${fn.name}`, warnOfProcess)
  const fixedKey = `${fn.toString()}-${Array.isArray(keyParts) ? keyParts.join(',') : ''}`
  const cached = async (...args: unknown[]): Promise<unknown> => {
    const call: CachedCall = { fn, args, fixedKey, tags, revalidate }
    const caching = requestStorage.getStore()?.caching ?? outsideRequests.caching
    if (caching === undefined) throw new Error(`Invariant: incrementalCache missing in unstable_cache ${fn.toString()}`)
    return await caching.call(call)
  }
  return cached as unknown as T
}

function useCacheOnly (name: string): never {
  throw new NotSupportedError(`${name}() of next/cache belongs to the directive 'use cache', which fastify-app-routes does not support yet. Use unstable_cache() instead.`)
}

/** @throws NotSupportedError */
export function cacheLife (profile: CacheLifeProfile | CacheLife): void { useCacheOnly('cacheLife') }
/** @throws NotSupportedError */
export function cacheTag (...tags: string[]): void { useCacheOnly('cacheTag') }
export { cacheLife as unstable_cacheLife, cacheTag as unstable_cacheTag }

/** In Next.js 15: `revalidatePath()`. */
export function unstable_expirePath (path: string, type?: 'layout' | 'page'): undefined { return revalidatePath(path, type) }

/** In Next.js 15: `revalidateTag(tag, { expire: 0 })` for each tag. */
export function unstable_expireTag (...tags: string[]): undefined {
  for (const tag of tags) revalidateTag(tag, { expire: 0 })
}

/** @throws NotSupportedError */
export function navigation (): Promise<void> { throw new NotSupportedError('navigation() of next/cache is for pages, which fastify-app-routes does not serve.') }
/** @throws NotSupportedError */
export function prefetch (): Promise<void> { throw new NotSupportedError('prefetch() of next/cache is for pages, which fastify-app-routes does not serve.') }

/** Waits for a request to be there; in a route handler one always is. */
export async function io (): Promise<void> {}

/**
 * Asks for fresh data from here on: what is fetched without a word about caching is not kept, and the answer is made for its
 * request alone.
 * @throws Error in route files with `dynamic = 'error'`
 * @see https://nextjs.org/docs/app/api-reference/functions/unstable_noStore
 */
export function unstable_noStore (): void {
  const context = requestStorage.getStore()
  // In a cached function it has no effect.
  if (context === undefined || context.caching.noStore) return
  dynamicContext('unstable_noStore')
  context.caching.noStore = true
}

/** One entry of a cache handler of `'use cache'`. */
export interface CacheEntry {
  value: ReadableStream<Uint8Array>
  tags: string[]
  /** Seconds. */
  stale: number
  /** When it was made: milliseconds since 1970. */
  timestamp: number
  /** Seconds. */
  expire: number
  /** Seconds. */
  revalidate: number
}

/** @see https://nextjs.org/docs/app/api-reference/config/next-config-js/cacheHandlers */
export interface CacheHandler {
  get (cacheKey: string, softTags: string[]): Promise<CacheEntry | undefined>
  set (cacheKey: string, pendingEntry: Promise<CacheEntry>): Promise<void>
  refreshTags (): Promise<void>
  getExpiration (tags: string[]): Promise<number>
  updateTags (tags: string[], durations?: { expire?: number }): Promise<void>
}

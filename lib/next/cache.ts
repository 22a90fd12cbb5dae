import { dynamicContext, requestStorage } from '../context/request-context.ts'
import { NotSupportedError } from '../errors.ts'

/**
 * The caching functions. Responses and data are not cached yet, so those that would change or fill a cache say so
 * instead of pretending; those that ask for fresh data have nothing to do.
 */

function notYet (name: string): never {
  throw new NotSupportedError(`${name}() of next/cache is not supported yet by fastify-app-routes: it caches nothing so far.`)
}

/** For module augmentation: the names of profiles of your own. */
export interface CacheLifeProfiles {}

type CacheLifeProfile = 'default' | 'seconds' | 'minutes' | 'hours' | 'days' | 'weeks' | 'max' | keyof CacheLifeProfiles | (string & {})

/** Seconds. */
interface CacheLife { stale?: number, revalidate?: number, expire?: number }

/** @throws NotSupportedError */
export function revalidatePath (path: string, type?: 'layout' | 'page'): undefined { notYet('revalidatePath') }
/** @throws NotSupportedError */
export function revalidateTag (tag: string, profile?: string | { expire?: number }): undefined { notYet('revalidateTag') }
/** @throws NotSupportedError */
export function updateTag (tag: string): undefined { notYet('updateTag') }
/** @throws NotSupportedError */
export function refresh (): void { notYet('refresh') }
/** @throws NotSupportedError when called */
export function unstable_cache<T extends (...args: never[]) => Promise<unknown>> (fn: T, keyParts?: string[], options?: { revalidate?: number | false, tags?: string[] }): T { return notYet('unstable_cache') }
/** @throws NotSupportedError */
export function cacheLife (profile: CacheLifeProfile | CacheLife): void { notYet('cacheLife') }
/** @throws NotSupportedError */
export function cacheTag (...tags: string[]): void { notYet('cacheTag') }
export { cacheLife as unstable_cacheLife, cacheTag as unstable_cacheTag }

/**
 * In Next.js 15.
 * @throws NotSupportedError
 */
export function unstable_expirePath (path: string, type?: 'layout' | 'page'): undefined { notYet('unstable_expirePath') }
/**
 * In Next.js 15.
 * @throws NotSupportedError
 */
export function unstable_expireTag (...tags: string[]): undefined { notYet('unstable_expireTag') }

/** @throws NotSupportedError */
export function navigation (): Promise<void> { return notYet('navigation') }
/** @throws NotSupportedError */
export function prefetch (): Promise<void> { return notYet('prefetch') }

/** Waits for a request to be there; in a route handler one always is. */
export async function io (): Promise<void> {}

/**
 * Asks for fresh data; everything is fresh.
 * @throws Error in route files with `dynamic = 'error'`
 */
export function unstable_noStore (): void {
  if (requestStorage.getStore() !== undefined) dynamicContext('unstable_noStore')
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

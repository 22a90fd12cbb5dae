import { NotSupportedError } from '../errors.ts'

/**
 * The caching functions. Responses and data are not cached yet, so those that would change or fill a cache say so
 * instead of pretending; those that ask for fresh data have nothing to do.
 */

function notYet (name: string): never {
  throw new NotSupportedError(`${name}() of next/cache is not supported yet by fastify-app-routes: it caches nothing so far.`)
}

/** @throws NotSupportedError */
export function revalidatePath (path: string, type?: 'layout' | 'page'): void { notYet('revalidatePath') }
/** @throws NotSupportedError */
export function revalidateTag (tag: string, profile?: string | { expire?: number }): void { notYet('revalidateTag') }
/** @throws NotSupportedError */
export function updateTag (tag: string): void { notYet('updateTag') }
/** @throws NotSupportedError */
export function refresh (): void { notYet('refresh') }
/** @throws NotSupportedError when called */
export function unstable_cache<T extends (...args: never[]) => Promise<unknown>> (fn: T, keyParts?: string[], options?: { revalidate?: number | false, tags?: string[] }): T { return notYet('unstable_cache') }
/** @throws NotSupportedError */
export function cacheLife (profile: string | { stale?: number, revalidate?: number, expire?: number }): void { notYet('cacheLife') }
/** @throws NotSupportedError */
export function cacheTag (...tags: string[]): void { notYet('cacheTag') }
export { cacheLife as unstable_cacheLife, cacheTag as unstable_cacheTag }

/** @throws NotSupportedError */
export function navigation (): never { return notYet('navigation') }
/** @throws NotSupportedError */
export function prefetch (): never { return notYet('prefetch') }

/** Waits for a request to be there; in a route handler one always is. */
export async function io (): Promise<void> {}

/** Asks for fresh data; everything is fresh. */
export function unstable_noStore (): void {}

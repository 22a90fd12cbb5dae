import type { Freshness } from './entry.ts'
import type { CacheScope } from './scope.ts'

interface Sought<F> {
  kind: 'fetch' | 'function'
  key: string
  /** What is kept, as far as the call may use it. */
  look: () => Promise<F | undefined>
  /** What ends the waiting. */
  signal?: AbortSignal | null
}

/**
 * Looks for what one call of a run wants. Where it has to be made, and somebody is at it, that is waited for; a run that is
 * not kept itself is content with something stale.
 * @returns what was found, and whether the call has to make it anew
 */
export async function lookUp<F extends { freshness: Freshness }> ({ cache, run }: CacheScope, { kind, key, look, signal }: Sought<F>): Promise<{ found: F | undefined, isDue: boolean }> {
  let found = await look()
  const underway = found?.freshness === 'fresh' ? undefined : cache.flights.get(key)
  if (underway !== undefined && (found === undefined || run.isStatic)) {
    await underway.wait(signal)
    // Meanwhile it may have been invalidated.
    found = await look()
  }
  cache.observer.tell(found === undefined ? 'miss' : found.freshness === 'stale' ? 'stale' : 'hit', kind, key, run.route.path)
  return { found, isDue: found === undefined || (found.freshness !== 'fresh' && (underway === undefined || run.isStatic)) }
}

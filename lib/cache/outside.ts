import type { CachedCall, Caching } from '../context/request-context.ts'
import { invalidationOf } from '../next/cache-profiles.ts'
import { soundTags, tagsOfPath } from '../next/cache-tags.ts'
import type { Cache } from './cache.ts'
import { callCachedOutside } from './cached-function.ts'
import type { CacheCounts } from './observe.ts'
import { warnOfProcess } from '../warn.ts'

/**
 * The caches of a server, for code that no request runs: a job, a queue, a test.
 */
export interface AppRoutesCache {
  /**
   * Drops everything that has a tag, as `revalidateTag()` of `next/cache` does. Resolves once every process can know, or
   * at once while the store fails: they are told when it is back.
   * @param profile the name of a profile, or seconds after which what is stale expires; none: at once
   * @throws Error where there is no such profile
   */
  revalidateTag (tag: string, profile?: string | { expire?: number }): Promise<void>
  /** Drops everything that was made for a path, as `revalidatePath()` of `next/cache` does. */
  revalidatePath (path: string, type?: 'layout' | 'page'): Promise<void>
  /** How often what happened since the start. */
  readonly counts: CacheCounts
}

/** One handle for all directories of a server. */
export class ServerCaches implements AppRoutesCache {
  readonly #caches: Cache[] = []

  add (cache: Cache): void { this.#caches.push(cache) }

  async revalidateTag (tag: string, profile?: string | { expire?: number }): Promise<void> {
    await this.#invalidate(soundTags([tag], 'revalidateTag', warnOfProcess), invalidationOf(profile))
  }

  async revalidatePath (path: string, type?: 'layout' | 'page'): Promise<void> {
    await this.#invalidate(tagsOfPath(path, type, warnOfProcess), { expire: 0 })
  }

  get counts (): CacheCounts {
    const sum: CacheCounts = { hit: 0, stale: 0, miss: 0, bypass: 0, regeneration: 0, error: 0 }
    for (const { observer } of this.#caches) for (const event of Object.keys(sum) as Array<keyof CacheCounts>) sum[event] += observer.counts[event]
    return sum
  }

  async #invalidate (tags: string[], invalidation: { expire?: number }): Promise<void> {
    await Promise.all(this.#caches.map((cache) => cache.invalidate(tags, invalidation)))
  }
}

/** What `unstable_cache()` uses where no request runs it. */
export class OutsideCaching implements Pick<Caching, 'call'> {
  readonly #cache: Cache

  constructor (cache: Cache) {
    this.#cache = cache
  }

  call (call: CachedCall): Promise<unknown> { return callCachedOutside(this.#cache, call) }
}

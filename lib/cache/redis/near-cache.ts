import type { CacheEntry } from '../entry.ts'
import { freshnessOf } from '../entry.ts'
import { MemoryStore, type MemoryStoreOptions } from '../memory-store.ts'
import type { Invalidation, StoredEntry } from '../store.ts'

/** Milliseconds after which a copy is looked up anew, in case a message was lost with a connection that only seemed alive. */
const LONGEST = 30_000

/**
 * Copies in this process of what was read from Redis. They are used only while this process is told of everything that is
 * invalidated, and not once they are stale: then another process may have made a new one.
 */
export class NearCache {
  readonly #options: MemoryStoreOptions
  readonly #now: () => number
  #copies: MemoryStore | undefined
  #isOn = false
  #since = 0

  constructor (options: MemoryStoreOptions, now: () => number) {
    this.#options = options
    this.#now = now
  }

  /** What was missed while nothing was told cannot be known afterwards. */
  switch (isOn: boolean): void {
    this.#isOn = isOn
    this.#copies = isOn ? this.#copies ?? new MemoryStore(this.#options, { now: this.#now, ttl: LONGEST }) : undefined
  }

  /** @param since when Redis began to keep the states of tags: what was there before is not believed here either */
  keptSince (since: number): void {
    if (since === this.#since) return
    this.#since = since
    this.#copies = undefined
    this.switch(this.#isOn)
  }

  get (key: string, tags: readonly string[]): StoredEntry | undefined {
    const found = this.#isOn ? this.#copies?.get(key, tags) : undefined
    return found?.tags === 'fresh' && freshnessOf(found.entry, found.now) === 'fresh' ? found : undefined
  }

  set (key: string, entry: CacheEntry): void {
    if (this.#isOn) this.#copies?.set(key, entry)
  }

  delete (key: string): void { this.#copies?.delete(key) }

  invalidate (tags: readonly string[], invalidation: Invalidation, at: number): void { this.#copies?.invalidate(tags, invalidation, at) }
}

import { LRUCache } from 'lru-cache'
import { sizeOf, type CacheEntry } from './entry.ts'
import { monotonic } from './monotonic.ts'
import type { CacheStore, Invalidation, StoredEntry } from './store.ts'
import { TagStates } from './tag-states.ts'

export interface MemoryStoreOptions {
  /**
   * How many bytes the entries may take, roughly.
   * @default 52428800 (50 MiB)
   */
  maxBytes?: number | undefined
  /**
   * How many entries there may be.
   * @default no limit but their size
   */
  maxEntries?: number | undefined
}

const DEFAULT_MAX_BYTES = 50 * 1024 * 1024

/** Keeps entries in the memory of this process; those that were not used for the longest time go first. */
export class MemoryStore implements CacheStore {
  readonly isShared = false
  readonly #tags = new TagStates()
  readonly #entries: LRUCache<string, CacheEntry>
  /** By default one that goes on where the clock of the machine is set back. */
  readonly now: () => number

  /** @param ttl milliseconds after which an entry is forgotten, however fresh it is */
  constructor ({ maxBytes = DEFAULT_MAX_BYTES, maxEntries }: MemoryStoreOptions = {}, { now = monotonic, ttl }: { now?: () => number, ttl?: number } = {}) {
    this.now = now
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      ...(ttl === undefined ? {} : { ttl }),
      // An array of that size would be made at once.
      ...(maxEntries === undefined ? {} : { max: maxEntries }),
      sizeCalculation: (entry, key) => sizeOf(key, entry)
    })
  }

  get (key: string, tags: readonly string[]): StoredEntry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const now = this.now()
    const own = this.#tags.freshness(entry.tags, entry.createdAt, now)
    return { entry, tags: own !== 'fresh' || tags.length === 0 ? own : this.#tags.freshness(tags, entry.createdAt, now), now }
  }

  set (key: string, entry: CacheEntry): void { this.#entries.set(key, entry) }

  delete (key: string): void { this.#entries.delete(key) }

  invalidate (tags: readonly string[], invalidation?: Invalidation, at = this.now()): void { this.#tags.invalidate(tags, at, invalidation) }

  /** How much is kept: for tests, and to look at. */
  get size (): { entries: number, bytes: number } { return { entries: this.#entries.size, bytes: this.#entries.calculatedSize } }
}

import type { CacheEntry, Freshness } from './entry.ts'

/** An entry as a store has it, and how its tags stand. Its age is looked at by whoever asks. */
export interface StoredEntry {
  entry: CacheEntry
  tags: Freshness
  /** The time of it, by the clock of the store. */
  now: number
}

/** How a tag is invalidated: at once, or stale now and expired after some time. */
export interface Invalidation {
  /** Seconds after which entries with the tag expire; undefined: they only become stale. */
  expire?: number
}

/**
 * Where entries are kept. A store knows tags: entries are not deleted when one is invalidated, but found out of date.
 * Answers may be promises; a store in memory gives them at once. What it throws, or takes too long for, makes requests go on
 * without it.
 */
export interface CacheStore {
  /**
   * The entry under a key.
   * @param tags what it is asked for with, beside its own: the tags of the call, and of the route that asks
   */
  get (key: string, tags: readonly string[]): StoredEntry | undefined | Promise<StoredEntry | undefined>
  set (key: string, entry: CacheEntry): void | Promise<void>
  /** Invalidates what has any of the tags and was begun before now; undefined: it expires at once. */
  invalidate (tags: readonly string[], invalidation?: Invalidation): void | Promise<void>
  /** The clock by which entries and invalidations are stamped: milliseconds since 1970. */
  now (): number
  /**
   * Takes the making of an entry upon this process, where several share the store.
   * @returns what gives it back; undefined where another process is at it
   */
  lock? (key: string, milliseconds: number): Promise<(() => Promise<void>) | undefined>
  /** Whether it is shared with other processes, or outlives this one: keys then say which deployment they are of. */
  readonly isShared: boolean
  /** Whether it tells deployments apart by itself: keys and tags come as they are then. */
  readonly hasOwnNamespace?: boolean
  /** Called once for all, when the server closes. */
  close? (): void | Promise<void>
}

import { LRUCache } from 'lru-cache'
import { decodeEntry, type CacheEntry } from '../entry.ts'

/** Bytes of what is remembered. */
const MOST_BYTES = 4 * 1024 * 1024

/** What bytes of Redis mean. Those that come again and again are compared, and not decoded. */
export class DecodedEntries {
  readonly #last = new LRUCache<string, { bytes: Buffer, entry: CacheEntry }>({ maxSize: MOST_BYTES, sizeCalculation: ({ bytes }) => bytes.length })

  /** @returns undefined for what is no entry */
  get (key: string, bytes: Buffer): CacheEntry | undefined {
    const last = this.#last.get(key)
    if (last?.bytes.equals(bytes) === true) return last.entry
    // A copy, for the client's buffer holds other answers too.
    const own = Buffer.from(bytes)
    const entry = decodeEntry(own)
    if (entry !== undefined) this.#last.set(key, { bytes: own, entry })
    return entry
  }
}

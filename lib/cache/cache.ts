import { CacheTimeoutError } from '../errors.ts'
import { freshnessOf, worse, type CacheEntry, type Freshness } from './entry.ts'
import { CacheObserver, type CacheLog } from './observe.ts'
import type { CacheStore, Found, Invalidation } from './store.ts'

/** An entry, and how it stands by age and tags together. */
export interface Kept {
  entry: CacheEntry
  freshness: Freshness
}

/** Milliseconds that a store gets for one operation. */
const DEADLINE = 500
/** Milliseconds for which a store that failed is left alone. */
const PAUSE = 1000

/**
 * The cache of one directory: a store whose failures are nobody's but the log's. While it fails it holds nothing, and what
 * is invalidated meanwhile is told to it before it is read again.
 */
export class Cache {
  readonly observer: CacheObserver
  readonly #store: CacheStore
  readonly #log: CacheLog
  #prefix = ''
  /** When the store may be asked again; undefined while it is well. */
  #failedUntil: number | undefined
  /** What the store has to be told before it is read again: tags, by how they are invalidated. */
  #untold = new Map<string, Set<string>>()
  #telling: Promise<boolean> | undefined

  constructor (store: CacheStore, log: CacheLog) {
    this.#store = store
    this.#log = log
    this.observer = new CacheObserver(log)
  }

  /** Keeps the entries of one deployment apart from those of others in the same store. */
  useNamespace (namespace: string): void {
    if (this.#store.isShared) this.#prefix = `${namespace}:`
  }

  get isShared (): boolean { return this.#store.isShared }

  now (): number { return this.#store.now() }

  /** The entry under a key unless it must not be used; undefined also while the store fails. */
  get (key: string, tags: readonly string[]): Kept | undefined | Promise<Kept | undefined> {
    if (this.#failedUntil !== undefined && !this.#mayTryAgain()) return undefined
    if (this.#hasUntold) return this.#tell().then((told) => told ? this.get(key, tags) : undefined)
    const found = this.#attempt(() => this.#store.get(this.#prefix + key, tags))
    return found instanceof Promise ? found.then((awaited) => this.#judge(awaited)) : this.#judge(found)
  }

  set (key: string, entry: CacheEntry): void | Promise<void> {
    if (this.#failedUntil !== undefined || this.#hasUntold) return
    return this.#attempt(() => this.#store.set(this.#prefix + key, entry))
  }

  /** Where the store cannot be told now it is told later; until then it is not read. */
  invalidate (tags: readonly string[], invalidation?: Invalidation): void | Promise<void> {
    if (tags.length === 0) return
    if (!this.#store.isShared) return this.#store.invalidate(tags, invalidation)
    this.#note(tags, JSON.stringify(invalidation ?? { expire: 0 }))
    return this.#tell().then(() => {})
  }

  /** Takes the making of an entry upon this process: what gives it back, or `'taken'` where another one is at it. */
  async lock (key: string, milliseconds: number): Promise<(() => Promise<void>) | 'taken'> {
    if (this.#store.lock === undefined || this.#failedUntil !== undefined) return nothing
    const release = await this.#attempt(async () => await this.#store.lock!(this.#prefix + key, milliseconds) ?? 'taken' as const)
    return release ?? nothing
  }

  async close (): Promise<void> {
    if (this.#hasUntold) await this.#tell()
    await this.#store.close?.()
  }

  #judge (found: Found | undefined): Kept | undefined {
    if (found === undefined) return undefined
    const freshness = worse(found.tags, freshnessOf(found.entry, this.#store.now()))
    return freshness === 'expired' ? undefined : { entry: found.entry, freshness }
  }

  #mayTryAgain (): boolean { return performance.now() >= this.#failedUntil! }

  /** What a store gives; undefined where it fails. */
  #attempt<T> (operation: () => T | Promise<T>): T | undefined | Promise<T | undefined> {
    try {
      const result = operation()
      return result instanceof Promise ? within(DEADLINE, result).then((value) => this.#wentWell(value), (error: unknown) => this.#wentWrong(error)) : this.#wentWell(result)
    } catch (error) {
      return this.#wentWrong(error)
    }
  }

  #wentWell<T> (value: T): T {
    if (this.#failedUntil !== undefined) {
      this.#failedUntil = undefined
      this.#log.info('The cache store is back.')
    }
    return value
  }

  #wentWrong (error: unknown): undefined {
    this.observer.counts.error++
    if (this.#failedUntil === undefined) this.#log.error(error, 'The cache store failed: requests are answered without it until it is back.')
    this.#failedUntil = performance.now() + PAUSE
    return undefined
  }

  get #hasUntold (): boolean { return this.#untold.size > 0 || this.#telling !== undefined }

  #note (tags: Iterable<string>, how: string): void {
    const noted = this.#untold.get(how)
    if (noted === undefined) this.#untold.set(how, new Set(tags))
    else for (const tag of tags) noted.add(tag)
  }

  /** Whether the store knows all that was noted until now. */
  async #tell (): Promise<boolean> {
    // What was noted while others were told about is told after that.
    while (this.#telling !== undefined) await this.#telling
    if (this.#untold.size === 0) return true
    if (this.#failedUntil !== undefined && !this.#mayTryAgain()) return false
    this.#telling = this.#tellAll()
    try {
      return await this.#telling
    } finally {
      this.#telling = undefined
    }
  }

  async #tellAll (): Promise<boolean> {
    const all = this.#untold
    this.#untold = new Map()
    for (const [how, tags] of all) {
      const told = await this.#attempt(async () => {
        await this.#store.invalidate([...tags], JSON.parse(how) as Invalidation)
        return true
      })
      if (told === true) all.delete(how)
      else break
    }
    for (const [how, tags] of all) this.#note(tags, how)
    return all.size === 0
  }
}

const nothing = async (): Promise<void> => {}

function within<T> (milliseconds: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new CacheTimeoutError(milliseconds)) }, milliseconds)
    promise.then(resolve, reject).finally(() => { clearTimeout(timer) })
  })
}

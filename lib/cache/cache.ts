import { freshnessOf, worse, type CacheEntry, type Freshness } from './entry.ts'
import { Flights } from './flights.ts'
import { Health } from './health.ts'
import { CacheObserver, type CacheLog } from './observe.ts'
import { MemoryStore } from './memory-store.ts'
import type { CacheStore, Invalidation, StoredEntry } from './store.ts'
import { Writes } from './writes.ts'

/** An entry, and how it stands by age and tags together. */
export interface Kept {
  entry: CacheEntry
  freshness: Freshness
}

/**
 * The cache of one directory: a store whose failures are nobody's but the log's. While it fails it holds nothing, and what
 * is invalidated meanwhile is told to it before it is read again.
 */
export class Cache {
  readonly observer: CacheObserver
  /** What is fetched and computed for it just now. */
  readonly flights = new Flights()
  readonly #store: CacheStore
  readonly #reads: Health
  readonly #writes: Writes
  #keyPrefix = ''
  #tagPrefix = ''
  /** What the store has to be told before it is read again: tags, by how they are invalidated. */
  #untold = new Map<string, Set<string>>()
  #telling: Promise<boolean> | undefined
  #retelling: NodeJS.Timeout | undefined
  /** How often anything was invalidated here. */
  invalidations = 0

  constructor (store: CacheStore, log: CacheLog) {
    this.#store = store
    this.observer = new CacheObserver(log)
    this.#reads = new Health('The cache store failed: requests are answered without it until it is back.', log, this.observer)
    const writing = new Health('The cache store takes nothing new.', log, this.observer)
    this.#writes = new Writes(writing, log, this.observer, () => store.set(`${this.#keyPrefix}function:probe`, { ...PROBE, createdAt: store.now() }))
  }

  /** Keeps what one deployment made apart from others' in the same store; what an application invalidates concerns all of its deployments. */
  useNamespace ({ application, deployment }: { application: string, deployment: string }): void {
    if (!this.#store.isShared || this.#store.hasOwnNamespace === true) return
    this.#keyPrefix = `${application}:${deployment}:`
    this.#tagPrefix = `${application}:`
  }

  get isShared (): boolean { return this.#store.isShared }

  now (): number { return this.#store.now() }

  /** The entry under a key unless it must not be used; undefined also while the store fails. */
  get (key: string, tags: readonly string[]): Kept | undefined | Promise<Kept | undefined> {
    if (this.#reads.isFailing) {
      this.#reads.tryAgain(() => this.#hasUntold ? this.#tell() : this.#find(key, tags))
      return undefined
    }
    if (this.#hasUntold) return this.#tell().then((told) => told ? this.get(key, tags) : undefined)
    return this.#find(key, tags)
  }

  set (key: string, entry: CacheEntry): void | Promise<void> {
    if (this.#reads.isFailing || this.#hasUntold) return
    return this.#writes.set(key, () => this.#store.set(this.#keyPrefix + key, this.#tagPrefix === '' ? entry : { ...entry, tags: this.#prefixed(entry.tags) }))
  }

  /** Where the store cannot be told now it is told later; until then it is not read. */
  invalidate (tags: readonly string[], invalidation?: Invalidation): void | Promise<void> {
    if (tags.length === 0) return
    this.invalidations++
    this.flights.clear()
    if (this.#store instanceof MemoryStore) return this.#store.invalidate(tags, invalidation)
    this.#note(this.#prefixed(tags), JSON.stringify(invalidation ?? { expire: 0 }))
    if (!this.#reads.isFailing) return this.#tell().then(() => {})
    this.#tellLater()
    this.#reads.tryAgain(() => this.#tell())
  }

  /** Takes the making of an entry upon this process: what gives it back, or `'taken'` where another one is at it. */
  async lock (key: string, milliseconds: number): Promise<(() => Promise<void>) | 'taken'> {
    if (this.#store.lock === undefined || this.#reads.isFailing || this.#writes.isFailing) return nothing
    const release = await this.#writes.lock(async () => await this.#store.lock!(this.#keyPrefix + key, milliseconds) ?? 'taken' as const)
    return release === undefined || release === 'taken' ? release ?? nothing : async () => { await this.#writes.lock(release) }
  }

  async close (): Promise<void> {
    if (this.#hasUntold) await this.#tell()
    clearTimeout(this.#retelling)
    await this.#store.close?.()
  }

  /** Made without functions of its own: every hit comes here. */
  #find (key: string, tags: readonly string[]): Kept | undefined | Promise<Kept | undefined> {
    try {
      const found = this.#store.get(this.#keyPrefix + key, this.#prefixed(tags))
      return found instanceof Promise ? this.#reads.inTime(found, judge) : this.#reads.wentWell(judge(found))
    } catch (error) {
      return this.#reads.wentWrong(error)
    }
  }

  #prefixed (tags: readonly string[]): readonly string[] {
    return this.#tagPrefix === '' ? tags : tags.map((tag) => this.#tagPrefix + tag)
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
      const told = await this.#reads.attempt(async () => {
        await this.#store.invalidate([...tags], JSON.parse(how) as Invalidation)
        return true
      })
      if (told === true) all.delete(how)
      else break
    }
    for (const [how, tags] of all) this.#note(tags, how)
    if (all.size > 0) this.#tellLater()
    return all.size === 0
  }

  /** Other processes wait to hear it, even where nobody asks this one for anything. */
  #tellLater (): void {
    this.#retelling ??= setTimeout(() => {
      this.#retelling = undefined
      void this.#tell()
    }, RETELL).unref()
  }
}

/** Milliseconds after which a store that could not be told is told again. */
const RETELL = 2000

/** Shows whether a store takes anything. */
const PROBE: Omit<CacheEntry, 'createdAt'> = { kind: 'function', revalidate: false, expire: 60, tags: [], status: 200, headers: [], url: '', body: '' }

function judge (found: StoredEntry | null | undefined): Kept | undefined {
  if (found == null || !isWhole(found)) return undefined
  const freshness = worse(found.tags, freshnessOf(found.entry, found.now))
  return freshness === 'expired' ? undefined : { entry: found.entry, freshness }
}

/** Whether it is what the interface says, of a store that others have written. */
function isWhole ({ entry, now }: StoredEntry): boolean {
  return typeof now === 'number' && typeof entry?.createdAt === 'number' && typeof entry.status === 'number' && Array.isArray(entry.tags) && Array.isArray(entry.headers) &&
    (typeof entry.body === 'string' || entry.body instanceof Uint8Array)
}

const nothing = async (): Promise<void> => {}

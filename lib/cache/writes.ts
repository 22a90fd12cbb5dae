import { LRUCache } from 'lru-cache'
import type { Health } from './health.ts'
import type { CacheLog, CacheObserver } from './observe.ts'

/** Milliseconds for which an entry that was not taken is not tried again. */
const PAUSE = 60_000
const MOST_REFUSED = 1000

/** Stands for all of them. */
const LOCK = 'a lock'

/**
 * What is written into a store. An entry that it does not take may be too large for it, or the store may take nothing at all: a
 * small one of our own shows which. A store that takes nothing is given that one alone, once in a while.
 */
export class Writes {
  readonly #health: Health
  readonly #log: CacheLog
  readonly #observer: CacheObserver
  readonly #probe: () => void | Promise<void>
  /** Until when what was not taken is not tried; 0: it failed together with the store, once. */
  readonly #refused = new LRUCache<string, number>({ max: MOST_REFUSED })
  /** What was not taken, by key, as long as it is not clear whether anything is. */
  #doubted: Map<string, unknown> | undefined
  #nextLine = 0

  /** @param probe writes a small entry */
  constructor (health: Health, log: CacheLog, observer: CacheObserver, probe: () => void | Promise<void>) {
    this.#health = health
    this.#log = log
    this.#observer = observer
    this.#probe = probe
  }

  /** Whether nothing is taken, as far as is known. */
  get isFailing (): boolean { return this.#health.isFailing || this.#doubted !== undefined }

  /** Takes a lock or gives it back; undefined where that fails, or takes too long. */
  lock<T> (operation: () => T | Promise<T>): T | undefined | Promise<T | undefined> {
    if (this.#rests(LOCK)) return undefined
    return this.#health.attempt(operation, (error) => { this.#doubt(LOCK, error) })
  }

  set (key: string, write: () => void | Promise<void>): void | Promise<void> {
    if (this.#health.isFailing) return this.#health.tryAgain(() => this.#health.attempt(this.#probe))
    if (this.#doubted !== undefined || this.#rests(key)) return
    return this.#health.attempt(write, (error) => { this.#doubt(key, error) })
  }

  #rests (key: string): boolean { return (this.#refused.get(key) ?? 0) > performance.now() }

  #doubt (key: string, error: unknown): void {
    this.#observer.counts.error++
    if (this.#health.isFailing) return
    if (this.#doubted !== undefined) {
      this.#doubted.set(key, error)
      return
    }
    this.#doubted = new Map([[key, error]])
    const probing = this.#health.attempt(this.#probe)
    if (probing instanceof Promise) void probing.then(() => { this.#judge() })
    else this.#judge()
  }

  #judge (): void {
    const doubted = this.#doubted!
    this.#doubted = undefined
    for (const [key, error] of doubted) {
      // Redis ends the connection at what is too large for it, so that the small one fails, too: the second time it rests.
      if (this.#health.isFailing) this.#refused.set(key, this.#refused.has(key) ? performance.now() + PAUSE : 0)
      else this.#refuse(key, error)
    }
  }

  /** Each is told once, and not all at a time. */
  #refuse (key: string, error: unknown): void {
    const now = performance.now()
    const isNew = (this.#refused.get(key) ?? 0) === 0
    this.#refused.set(key, now + PAUSE)
    if (!isNew || now < this.#nextLine) return
    this.#nextLine = now + PAUSE
    this.#log.error(error, `The cache store did not take ${key}, and is not given it again for a minute. The same may concern others.`)
  }
}

import { LRUCache } from 'lru-cache'

const MOST = 10_000

/** Until when something is left alone, by key. Nothing is there for routes that never need it. */
export class Pauses {
  #until: LRUCache<string, number> | undefined

  get (key: string): number | undefined { return this.#until?.get(key) }

  set (key: string, until: number): void {
    this.#until ??= new LRUCache({ max: MOST })
    this.#until.set(key, until)
  }

  delete (key: string): void { this.#until?.delete(key) }
}

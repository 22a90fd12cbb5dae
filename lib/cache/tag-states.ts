import { worse, type Freshness } from './entry.ts'
import type { Invalidation } from './store.ts'

/** When a tag was invalidated: milliseconds, by the clock of its store; 0 for never. */
export interface TagState {
  /** What was begun until then is expired. */
  expiredAt: number
  /** What was begun until then is stale … */
  staleAt: number
  /** … and expired from this time on. */
  staleUntil: number
}

export const NEVER: TagState = { expiredAt: 0, staleAt: 0, staleUntil: Infinity }

export function invalidated (state: TagState, now: number, { expire }: Invalidation = { expire: 0 }): TagState {
  if (expire === 0) return { ...state, expiredAt: now }
  const until = expire === undefined ? Infinity : now + expire * 1000
  // What an earlier call has left some time must not get more of it.
  if (state.staleUntil > now) return { ...state, staleAt: now, staleUntil: Math.min(state.staleUntil, until) }
  return { expiredAt: Math.max(state.expiredAt, state.staleAt), staleAt: now, staleUntil: until }
}

/** How an entry stands that was begun at some time and has the tag. */
export function freshnessBy ({ expiredAt, staleAt, staleUntil }: TagState, createdAt: number, now: number): Freshness {
  if (createdAt <= expiredAt) return 'expired'
  if (createdAt > staleAt) return 'fresh'
  return now >= staleUntil ? 'expired' : 'stale'
}

/** How an entry stands that has all the tags of some states. */
export function freshnessByAll (states: readonly TagState[], createdAt: number, now: number): Freshness {
  return states.reduce<Freshness>((found, state) => worse(found, freshnessBy(state, createdAt, now)), 'fresh')
}

const MOST_TAGS = 100_000

/**
 * The states of many tags. Of more than 100,000 invalidated tags the oldest are forgotten, and with them every entry that
 * is older: which of them had the tag is not known any more.
 */
export class TagStates {
  readonly #states = new Map<string, TagState>()
  #forgotten = 0

  get (tag: string): TagState { return this.#states.get(tag) ?? NEVER }

  set (tag: string, state: TagState): void {
    // The last one to be forgotten, of those in the map.
    this.#states.delete(tag)
    this.#states.set(tag, state)
    if (this.#states.size > MOST_TAGS) this.#forgetOldest()
  }

  #forgetOldest (): void {
    const [tag, { expiredAt, staleAt }] = this.#states.entries().next().value!
    this.#states.delete(tag)
    this.#forgotten = Math.max(this.#forgotten, expiredAt, staleAt)
  }

  invalidate (tags: readonly string[], now: number, invalidation: Invalidation | undefined): void {
    for (const tag of tags) this.set(tag, invalidated(this.get(tag), now, invalidation))
  }

  freshness (tags: readonly string[], createdAt: number, now: number): Freshness {
    if (this.#states.size === 0) return 'fresh'
    let found: Freshness = tags.length > 0 && createdAt <= this.#forgotten ? 'expired' : 'fresh'
    for (const tag of tags) {
      const state = this.#states.get(tag)
      if (state !== undefined) found = worse(found, freshnessBy(state, createdAt, now))
    }
    return found
  }
}

import { LRUCache } from 'lru-cache'
import { NEVER, type TagState } from '../tag-states.ts'

/** States of tags at one time. */
export interface States {
  /** Since when states are kept: what is older may have been invalidated before. */
  since: number
  all: TagState[]
  /** When any of them was invalidated last. */
  latest: number
}

/** Tags whose states cannot be read: nobody knows when they were invalidated. */
export interface Unreadable { unreadable: string[] }

/**
 * The states of tags, as this process knows them: what it has read once holds as long as no tag was invalidated by anybody,
 * which is told with each entry.
 */
export class KnownStates {
  readonly #read: (tags: readonly string[]) => Promise<Array<Buffer | null>>
  readonly #known = new LRUCache<string, TagState>({ max: 10_000 })
  #since: number | undefined
  #changed: Buffer | null = null

  /** @param read gives since when states are kept, and what is kept for some tags */
  constructor (read: (tags: readonly string[]) => Promise<Array<Buffer | null>>) {
    this.#read = read
  }

  /** @param changed when any tag was invalidated last, as Redis spells it; null where that is not known */
  changed (changed: Buffer | null): void {
    if (changed !== null && this.#changed?.equals(changed) === true) return
    // A copy, for the client's buffer holds other answers too.
    this.#changed = changed === null ? null : Buffer.from(changed)
    this.#since = undefined
    this.#known.clear()
  }

  /** What needs no look; undefined where something does. */
  known (tags: readonly string[]): States | undefined {
    if (this.#since === undefined) return undefined
    const all: TagState[] = []
    for (const tag of tags) {
      const state = this.#known.get(tag)
      if (state === undefined) return undefined
      all.push(state)
    }
    return statesOf(this.#since, all)
  }

  /** Undefined where states were never kept, or are lost. */
  async read (tags: readonly string[]): Promise<States | Unreadable | undefined> {
    const changed = this.#changed
    const [since, ...bytes] = await this.#read(tags)
    if (since == null) return undefined
    const read = bytes.map(stateOf)
    const states = read.filter((state) => state !== undefined)
    if (states.length < read.length) return { unreadable: tags.filter((_tag, index) => read[index] === undefined) }
    // Meanwhile others may have been told of a change that is not in these.
    if (changed === this.#changed) this.#remember(Number(since), tags, states)
    return statesOf(Number(since), states)
  }

  #remember (since: number, tags: readonly string[], states: TagState[]): void {
    this.#since = since
    for (const [index, tag] of tags.entries()) this.#known.set(tag, states[index]!)
  }
}

function statesOf (since: number, all: TagState[]): States {
  let latest = 0
  for (const { expiredAt, staleAt } of all) latest = Math.max(latest, expiredAt, staleAt)
  return { since, all, latest }
}

function stateOf (bytes: Buffer | null): TagState | undefined {
  if (bytes === null) return NEVER
  const [, expiredAt, staleAt, staleUntil] = /^([\d.]+) ([\d.]+) ([\d.]+|-)$/.exec(bytes.toString()) ?? []
  return expiredAt === undefined ? undefined : { expiredAt: Number(expiredAt), staleAt: Number(staleAt), staleUntil: staleUntil === '-' ? Infinity : Number(staleUntil) }
}

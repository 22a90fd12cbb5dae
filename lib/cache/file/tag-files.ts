import { LRUCache } from 'lru-cache'
import type { Invalidation } from '../store.ts'
import { invalidated, NEVER, type TagState } from '../tag-states.ts'
import { Files, type FileAt } from './files.ts'

/** Milliseconds for which the time of a change may not yet tell it from the next one. */
const TICK = 50

/**
 * The states of tags, each in a file. What was read once is known until the directory changes: of what nobody invalidates,
 * a look costs one `stat`.
 */
export class TagFiles {
  readonly #files: Files
  readonly #known = new LRUCache<string, TagState>({ max: 10_000 })
  #changed: number | undefined

  constructor (dir: string) {
    this.#files = new Files(dir)
  }

  /** Has forgotten what may have changed until now. */
  async refresh (): Promise<void> {
    const changed = await this.#files.changed()
    if (changed === this.#changed && Date.now() - changed > TICK) return
    this.#changed = changed
    this.#known.clear()
  }

  async get (tag: string): Promise<TagState> {
    const known = this.#known.get(tag)
    if (known !== undefined) return known
    const seen = this.#changed
    const state = await this.#read(tag)
    if (seen === this.#changed) this.#known.set(tag, state)
    return state
  }

  async invalidate (tag: string, now: number, invalidation: Invalidation | undefined): Promise<void> {
    const { expiredAt, staleAt, staleUntil } = invalidated(await this.#read(tag), now, invalidation)
    await this.#files.write(tag, JSON.stringify([expiredAt, staleAt, staleUntil === Infinity ? null : staleUntil]))
  }

  list (): Promise<{ files: FileAt[], abandoned: string[] }> { return this.#files.list() }

  async #read (tag: string): Promise<TagState> {
    const bytes = await this.#files.read(tag)
    return bytes === undefined ? NEVER : readState(bytes)
  }
}

/** What cannot be read is no reason to believe what is older. */
function readState (bytes: Buffer): TagState {
  try {
    const [expiredAt, staleAt, staleUntil] = JSON.parse(bytes.toString()) as [number, number, number | null]
    return { expiredAt, staleAt, staleUntil: staleUntil ?? Infinity }
  } catch {
    return { ...NEVER, expiredAt: Infinity }
  }
}

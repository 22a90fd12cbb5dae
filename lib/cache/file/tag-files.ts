import { LRUCache } from 'lru-cache'
import type { Invalidation } from '../store.ts'
import { invalidated, NEVER, type TagState } from '../tag-states.ts'
import type { FileLocks } from './file-locks.ts'
import { Files, type FileAt } from './files.ts'

/** Milliseconds for which the time of a change may not yet tell it from the next one. */
const TICK = 50

/** Milliseconds after which nobody is taken to write the state of a tag any more: less than what a cache waits for its store. */
const LONGEST_WRITE = 400

/**
 * The states of tags, each in a file. What was read once is known until the directory changes: of what nobody invalidates,
 * a look costs one `stat`.
 */
export class TagFiles {
  readonly #files: Files
  readonly #locks: FileLocks
  readonly #known = new LRUCache<string, TagState>({ max: 10_000 })
  #changed: number | undefined

  constructor (dir: string, locks: FileLocks) {
    this.#files = new Files(dir)
    this.#locks = locks
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
    const state = await this.#read(tag) ?? await this.#replace(tag)
    if (seen === this.#changed) this.#known.set(tag, state)
    return state
  }

  /** One at a time for each tag, since what comes of it depends on what was there: none may be lost. */
  async invalidate (tag: string, invalidation: Invalidation | undefined): Promise<void> {
    const release = await this.#locks.wait(`tag:${tag}`, LONGEST_WRITE)
    try {
      const { expiredAt, staleAt, staleUntil } = invalidated(await this.#read(tag) ?? expiredNow(), Date.now(), invalidation)
      await this.#files.write(tag, JSON.stringify([expiredAt, staleAt, staleUntil === Infinity ? null : staleUntil]))
    } finally {
      await release()
    }
  }

  list (): Promise<{ files: FileAt[], abandoned: string[] }> { return this.#files.list() }

  /** Undefined where it cannot be read: then nobody knows what was invalidated until now. */
  async #read (tag: string): Promise<TagState | undefined> {
    const bytes = await this.#files.read(tag)
    return bytes === undefined ? NEVER : readState(bytes)
  }

  /** Once, so that what is made from now on is kept. */
  async #replace (tag: string): Promise<TagState> {
    const state = expiredNow()
    await this.invalidate(tag, undefined)
    return state
  }
}

const expiredNow = (): TagState => ({ ...NEVER, expiredAt: Date.now() })

function readState (bytes: Buffer): TagState | undefined {
  try {
    const [expiredAt, staleAt, staleUntil] = JSON.parse(bytes.toString()) as [number, number, number | null]
    return [expiredAt, staleAt, staleUntil ?? 0].every(Number.isFinite) ? { expiredAt, staleAt, staleUntil: staleUntil ?? Infinity } : undefined
  } catch {
    return undefined
  }
}

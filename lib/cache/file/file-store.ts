import { rm } from 'node:fs/promises'
import path from 'node:path'
import { decodeEntry, encodeEntry, YEAR, type CacheEntry } from '../entry.ts'
import type { CacheStore, Invalidation, StoredEntry } from '../store.ts'
import { freshnessByAll } from '../tag-states.ts'
import { FileLocks, type Release } from './file-locks.ts'
import { Files, type FileAt } from './files.ts'
import { TagFiles } from './tag-files.ts'

export interface FileStoreOptions {
  /**
   * How many bytes the files of entries may take, roughly; those that were written the longest time ago go first.
   * @default 536870912 (512 MiB)
   */
  maxBytes?: number | undefined
}

const DEFAULT_MAX_BYTES = 512 * 1024 * 1024

/**
 * Keeps entries in files, for the processes of one machine, over their restarts. Every look reads from the disk, which is
 * the system's own cache as a rule: so each process sees what others have set and invalidated.
 */
export class FileStore implements CacheStore {
  readonly isShared = true
  readonly #entries: Files
  readonly #tags: TagFiles
  readonly #locks: FileLocks
  readonly #maxBytes: number
  /** As far as this process knows; undefined: it has not looked yet. */
  #bytes: number | undefined
  #sweeping: Promise<void> | undefined

  constructor (dir: string, { maxBytes = DEFAULT_MAX_BYTES }: FileStoreOptions = {}) {
    this.#entries = new Files(path.resolve(dir, 'entries'))
    this.#locks = new FileLocks(path.resolve(dir, 'locks'))
    this.#tags = new TagFiles(path.resolve(dir, 'tags'), this.#locks)
    this.#maxBytes = maxBytes
  }

  now (): number { return Date.now() }

  async get (key: string, tags: readonly string[]): Promise<StoredEntry | undefined> {
    const [, bytes] = await Promise.all([this.#tags.refresh(), this.#entries.read(key)])
    const entry = bytes === undefined ? undefined : decodeEntry(bytes)
    if (entry === undefined) return undefined
    const states = await Promise.all([...tags, ...entry.tags].map((tag) => this.#tags.get(tag)))
    const now = this.now()
    return { entry, tags: freshnessByAll(states, entry.createdAt, now), now }
  }

  async set (key: string, entry: CacheEntry): Promise<void> {
    const bytes = encodeEntry(entry)
    await this.#entries.write(key, bytes)
    if (this.#bytes !== undefined) this.#bytes += bytes.length
    if (this.#bytes === undefined || this.#bytes > this.#maxBytes) this.#sweep()
  }

  async invalidate (tags: readonly string[], invalidation?: Invalidation): Promise<void> {
    await Promise.all(tags.map((tag) => this.#tags.invalidate(tag, invalidation)))
  }

  lock (key: string, milliseconds: number): Promise<Release | undefined> { return this.#locks.take(`entry:${key}`, milliseconds) }

  async close (): Promise<void> { await this.#sweeping }

  /** Makes room; behind the requests, and once at a time. */
  #sweep (): void {
    this.#sweeping ??= this.#makeRoom().catch(() => {}).finally(() => { this.#sweeping = undefined })
  }

  async #makeRoom (): Promise<void> {
    const { files, abandoned } = await this.#entries.list()
    const room = this.#maxBytes - sum(files) >= 0 ? Infinity : this.#maxBytes * SWEPT_TO
    let bytes = 0
    const gone: string[] = []
    for (const file of files.sort((one, other) => other.modified - one.modified)) {
      if (bytes + file.bytes > room || isOld(file)) gone.push(file.path)
      else bytes += file.bytes
    }
    const [tags, locks] = [await this.#tags.list(), await this.#locks.list()]
    // No entry is as old as what was invalidated then.
    gone.push(...abandoned, ...tags.abandoned, ...locks.abandoned, ...[...tags.files, ...locks.files].filter(isOld).map((file) => file.path))
    for (const file of gone) await rm(file, { force: true })
    this.#bytes = bytes
  }
}

/** The part of what is allowed that is left after a sweep, so that the next one is not right behind. */
const SWEPT_TO = 0.8

const sum = (files: FileAt[]): number => files.reduce((bytes, file) => bytes + file.bytes, 0)

const isOld = ({ modified }: FileAt): boolean => Date.now() - modified > YEAR * 1000

import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** A file that others may delete at any time. */
export interface FileAt { path: string, bytes: number, modified: number }

type PutInPlace = (unfinished: string, file: string) => Promise<void>

/** Files by name, in one directory; a file is there as a whole or not at all. */
export class Files {
  readonly #dir: string
  #made: Promise<void> | undefined

  constructor (dir: string) {
    this.#dir = dir
  }

  /** Any text can be a name. */
  #pathOf (name: string): string {
    return path.join(this.#dir, createHash('sha256').update(name).digest('base64url'))
  }

  async read (name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#pathOf(name))
    } catch (error) {
      return absent(error)
    }
  }

  /** Is on the disk when it resolves, and survives a crash of the machine. */
  async write (name: string, bytes: Buffer | string): Promise<void> {
    await this.#finish(name, bytes, rename)
  }

  /** @returns false where there is one already */
  async create (name: string, text: string): Promise<boolean> {
    try {
      await this.#finish(name, text, link)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  async #finish (name: string, bytes: Buffer | string, place: PutInPlace): Promise<void> {
    await this.#make()
    try {
      await this.#place(name, bytes, place)
    } catch (error) {
      absent(error)
      // Somebody has deleted the directory, to have all made anew.
      this.#made = undefined
      await this.#make()
      await this.#place(name, bytes, place)
    }
  }

  async #place (name: string, bytes: Buffer | string, place: PutInPlace): Promise<void> {
    const file = this.#pathOf(name)
    const unfinished = `${file}.${randomUUID()}${UNFINISHED}`
    try {
      await writeFile(unfinished, bytes, { flush: true })
      await place(unfinished, file)
    } finally {
      await rm(unfinished, { force: true })
    }
  }

  async delete (name: string): Promise<void> { await rm(this.#pathOf(name), { force: true }) }

  /** When a file last came or went: milliseconds since 1970, by the clock of the file system; 0 while there is none. */
  async changed (): Promise<number> {
    return (await stat(this.#dir).catch(absent))?.mtimeMs ?? 0
  }

  /** All files, and what a crash has left unfinished more than an hour ago. */
  async list (): Promise<{ files: FileAt[], abandoned: string[] }> {
    const files: FileAt[] = []
    const abandoned: string[] = []
    for (const name of await readdir(this.#dir).catch(absent) ?? []) {
      const file = path.join(this.#dir, name)
      const stats = await stat(file).catch(absent)
      if (stats === undefined) continue
      if (!name.endsWith(UNFINISHED)) files.push({ path: file, bytes: stats.size, modified: stats.mtimeMs })
      else if (Date.now() - stats.mtimeMs > HOUR) abandoned.push(file)
    }
    return { files, abandoned }
  }

  async #make (): Promise<void> {
    await (this.#made ??= mkdir(this.#dir, { recursive: true }).then(() => {}, (error: unknown) => {
      this.#made = undefined
      throw error
    }))
  }
}

const UNFINISHED = '.unfinished'
const HOUR = 3_600_000

function absent (error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

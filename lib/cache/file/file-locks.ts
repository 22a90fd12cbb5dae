import { setTimeout as sleep } from 'node:timers/promises'
import { Files, type FileAt } from './files.ts'

/** Gives a lock back. */
export type Release = () => Promise<void>

/** Locks that the processes of one machine share: files that tell when each ends by itself. */
export class FileLocks {
  readonly #files: Files

  constructor (dir: string) {
    this.#files = new Files(dir)
  }

  /** @returns undefined where somebody else has it */
  async take (name: string, milliseconds: number): Promise<Release | undefined> {
    // Looked at before it is written: whoever waits looks often.
    const held = await this.#files.read(name)
    if (Number(held?.toString()) > Date.now()) return undefined
    const until = Date.now() + milliseconds
    const isOurs = held === undefined ? await this.#files.create(name, String(until)) : await this.#takeOver(name, held, until)
    if (!isOurs) return undefined
    return async () => {
      // Behind its time it may be somebody else's.
      if (Date.now() < until) await this.#files.delete(name)
    }
  }

  /** Whoever had it has ended without giving it back. Of those who find that at once, one may put its own in the place. */
  async #takeOver (name: string, expired: Buffer, until: number): Promise<boolean> {
    const release = await this.take(`taking over ${name}`, until - Date.now())
    if (release === undefined) return false
    try {
      const isUntouched = (await this.#files.read(name))?.equals(expired) === true
      if (isUntouched) await this.#files.write(name, String(until))
      return isUntouched
    } finally {
      await release()
    }
  }

  /** Takes it when its turn has come. */
  async wait (name: string, milliseconds: number): Promise<Release> {
    for (;;) {
      const release = await this.take(name, milliseconds)
      if (release !== undefined) return release
      await sleep(PAUSE)
    }
  }

  list (): Promise<{ files: FileAt[], abandoned: string[] }> { return this.#files.list() }
}

/** Milliseconds between two looks at a lock that is another's: about as long as a short piece of work on files takes. */
const PAUSE = 5

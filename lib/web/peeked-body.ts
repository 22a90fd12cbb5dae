import { Readable } from 'node:stream'

/** The bodies that are unread again, though their streams have been read from. */
const unread = new WeakSet<Readable>()

/** Whether nothing of a received body is missing: nobody has read from it, or all of that was put back. */
export const isWhole = (source: Readable): boolean => !source.readableDidRead || unread.has(source)

/**
 * A body that is read before its time: what is read of it is kept, and put back for whoever reads it next. Nothing is taken
 * from the source ahead of its reader, so an upload that nobody looks at stays where it is.
 */
export class PeekedBody extends Readable {
  readonly #source: Source
  readonly #kept: Uint8Array[] = []
  #isOver = false

  constructor (source: Readable) {
    super()
    this.#source = source
    source.on('error', this.#break).on('close', this.#break)
  }

  /** What HTTP/2 says of a truncated body. */
  get aborted (): boolean { return this.#source.aborted === true }

  override _read (): void {
    this.#next()
  }

  readonly #next = (): void => {
    if (this.destroyed || this.#isOver) return
    // Not `read()` where there is nothing: at the end of the body it would end the source for good.
    const chunk = this.#source.readableLength > 0 ? this.#source.read() as Uint8Array | string | null : null
    if (chunk !== null) this.#kept.push(typeof chunk === 'string' ? Buffer.from(chunk, this.#source.readableEncoding!) : chunk)
    const isOver = hasAll(this.#source) && this.#source.readableLength === 0
    // At once, for the source would end in the next tick.
    if (isOver) this.putBack()
    if (chunk !== null) this.push(this.#kept.at(-1)!)
    if (isOver) this.push(null)
    else if (chunk === null) this.#source.once('readable', this.#next)
  }

  readonly #break = (error?: Error): void => {
    if (!hasAll(this.#source)) this.destroy(error ?? Object.assign(new Error('aborted'), { code: 'ECONNRESET' }))
  }

  /** Gives the source back as it was, as far as it has been read. */
  putBack (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source.off('readable', this.#next).off('error', this.#break).off('close', this.#break)
    if (this.#kept.length > 0) this.#source.unshift(Buffer.concat(this.#kept))
    unread.add(this.#source)
  }
}

interface Source extends Readable {
  aborted?: boolean
  /** Whether the last chunk is here, if not read. Node.js has no public name for it before the stream ends. */
  _readableState?: { ended?: boolean }
}

const hasAll = (source: Source): boolean => source._readableState?.ended === true || source.readableEnded

import { performance } from 'node:perf_hooks'

/** Something under way. */
export class Pending {
  /** When its time is over, by `performance.now()`. */
  readonly due: number
  readonly overdue: () => void
  before: Pending = this
  after: Pending = this

  constructor (due: number, overdue: () => void) {
    this.due = due
    this.overdue = overdue
  }
}

/**
 * Ends what takes too long, with one timer for all of it: a timer of each operation's own costs more than all else about it.
 */
export class Deadlines {
  readonly #milliseconds: number
  /** Stands at both ends of the list, the oldest first. (A set would be copied again and again, and its old copies collected.) */
  readonly #ends = new Pending(0, () => {})
  #timer: NodeJS.Timeout | undefined

  constructor (milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  begin (overdue: () => void): Pending {
    const pending = new Pending(performance.now() + this.#milliseconds, overdue)
    const { before: last } = this.#ends
    pending.before = last
    pending.after = this.#ends
    last.after = this.#ends.before = pending
    this.#timer ??= this.#lookIn(this.#milliseconds)
    return pending
  }

  /** @returns whether it has not ended yet */
  end (pending: Pending): boolean {
    if (pending.after === pending) return false
    pending.before.after = pending.after
    pending.after.before = pending.before
    // What has ended must not keep alive what came after it.
    pending.before = pending.after = pending
    return true
  }

  /** It is there for some time after the last operation, and keeps no process alive for that. */
  #lookIn (milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => { this.#look() }, milliseconds).unref()
  }

  #look (): void {
    const now = performance.now()
    this.#timer = undefined
    for (let pending = this.#ends.after; pending !== this.#ends; pending = pending.after) {
      if (pending.due > now) {
        this.#timer = this.#lookIn(pending.due - now)
        return
      }
      const overdue = pending
      // Where this process itself was busy for so long, what has come meanwhile is heard first.
      setImmediate(() => setImmediate(() => { if (this.end(overdue)) overdue.overdue() }))
    }
  }
}

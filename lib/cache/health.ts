import { CacheTimeoutError } from '../errors.ts'
import { Deadlines } from './deadlines.ts'
import type { CacheLog, CacheObserver } from './observe.ts'

/** Milliseconds that a store gets for one operation. */
const DEADLINE = 500
/** Milliseconds for which a store that failed is left alone. */
const PAUSE = 1000

/** How a store does. What it fails at is told once; while it fails, one operation in a while finds out whether it still does. */
export class Health {
  readonly #trouble: string
  readonly #log: CacheLog
  readonly #observer: CacheObserver
  readonly #deadlines = new Deadlines(DEADLINE)
  #isFailing = false
  #nextTry = 0

  /** @param trouble what the log is told when it begins */
  constructor (trouble: string, log: CacheLog, observer: CacheObserver) {
    this.#trouble = trouble
    this.#log = log
    this.#observer = observer
  }

  get isFailing (): boolean { return this.#isFailing }

  /** Does something that fails as a rule now, unless that was just tried; nobody waits for it. */
  tryAgain (operation: () => unknown): void {
    if (performance.now() < this.#nextTry) return
    this.#nextTry = Infinity
    void operation()
  }

  /**
   * What an operation gives; undefined where it fails, or takes too long.
   * @param failed told of it where that does not show yet how the store does
   */
  attempt<T> (operation: () => T | Promise<T>, failed?: (error: unknown) => void): T | undefined | Promise<T | undefined> {
    try {
      const result = operation()
      return result instanceof Promise ? this.inTime(result as Promise<T>, asItIs, failed) : this.wentWell(result)
    } catch (error) {
      return this.#fail(error, failed)
    }
  }

  /** What is made of the result of an operation that is under way; undefined where that fails, or takes too long. */
  inTime<T, R> (operation: Promise<T>, convert: (result: T) => R, failed?: (error: unknown) => void): Promise<R | undefined> {
    return new Promise((resolve) => {
      const pending = this.#deadlines.begin(() => { resolve(this.#fail(new CacheTimeoutError(DEADLINE), failed)) })
      operation.then((result) => {
        if (this.#deadlines.end(pending)) resolve(this.attempt(() => convert(result)))
      }, (error: unknown) => {
        if (this.#deadlines.end(pending)) resolve(this.#fail(error, failed))
      })
    })
  }

  #fail (error: unknown, failed: ((error: unknown) => void) | undefined): undefined {
    if (failed === undefined) return this.wentWrong(error)
    failed(error)
  }

  wentWell<T> (value: T): T {
    if (this.#isFailing) {
      this.#isFailing = false
      this.#log.info('The cache store is well again.')
    }
    return value
  }

  wentWrong (error: unknown): undefined {
    this.#observer.counts.error++
    if (!this.#isFailing) this.#log.error(error, this.#trouble)
    this.#isFailing = true
    this.#nextTry = performance.now() + PAUSE
    return undefined
  }
}

const asItIs = <T>(result: T): T => result

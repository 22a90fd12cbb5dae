import { CacheTimeoutError } from '../errors.ts'
import type { CacheLog, CacheObserver } from './observe.ts'

/** Milliseconds that a store gets for one operation. */
const DEADLINE = 500
/** Milliseconds for which a store that failed is left alone. */
const PAUSE = 1000

/** How a store does: what it fails at is told once, and tried again after a pause. */
export class Health {
  readonly #trouble: string
  readonly #log: CacheLog
  readonly #observer: CacheObserver
  #failedUntil: number | undefined

  /** @param trouble what the log is told when it begins */
  constructor (trouble: string, log: CacheLog, observer: CacheObserver) {
    this.#trouble = trouble
    this.#log = log
    this.#observer = observer
  }

  /** Whether it should be left alone now. */
  get isFailing (): boolean { return this.#failedUntil !== undefined && performance.now() < this.#failedUntil }

  /** What an operation gives; undefined where it fails, or takes too long. */
  attempt<T> (operation: () => T | Promise<T>): T | undefined | Promise<T | undefined> {
    try {
      const result = operation()
      return result instanceof Promise ? within(DEADLINE, result).then((value) => this.#wentWell(value), (error: unknown) => this.#wentWrong(error)) : this.#wentWell(result)
    } catch (error) {
      return this.#wentWrong(error)
    }
  }

  #wentWell<T> (value: T): T {
    if (this.#failedUntil !== undefined) {
      this.#failedUntil = undefined
      this.#log.info('The cache store is well again.')
    }
    return value
  }

  #wentWrong (error: unknown): undefined {
    this.#observer.counts.error++
    if (this.#failedUntil === undefined) this.#log.error(error, this.#trouble)
    this.#failedUntil = performance.now() + PAUSE
    return undefined
  }
}

function within<T> (milliseconds: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { reject(new CacheTimeoutError(milliseconds)) }, milliseconds)
    promise.then(resolve, reject).finally(() => { clearTimeout(timer) })
  })
}

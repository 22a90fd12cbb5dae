import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * A promise without visible marks. Where contexts are followed by async hooks, as before Node.js 24, each promise gets
 * members of its own under symbols: ids, and a store for each `AsyncLocalStorage`. The prototype catches them here, and
 * keeps them in private members. Redefining them as not enumerable would turn every promise into a hash table.
 */
export class UnmarkedPromise extends Promise<object> {}

// With Promise's own constructor, `await` and `then` cost no more than usual.
Object.defineProperty(UnmarkedPromise.prototype, 'constructor', { value: Promise })

/** Who makes an `AsyncLocalStorage` for each piece of work makes as many marks, which must not stay for good. */
const MOST_MARKS = 100
let caught = 0

/** Hides the marks that are not caught yet, and has them caught from now on. */
export function hideMarks (promise: UnmarkedPromise): void {
  const marks = Object.getOwnPropertySymbols(promise)
  for (let index = 0; index < marks.length; index++) {
    Object.defineProperty(promise, marks[index]!, { enumerable: false })
    if (caught++ < MOST_MARKS) catchMark(marks[index]!)
  }
}

/** Has the ids caught from the start. In the first request that has a context they would come with its first `await`, unseen. */
export function catchIds (): void {
  const storage = new AsyncLocalStorage()
  storage.run({}, () => { hideMarks(new UnmarkedPromise(() => {})) })
  storage.disable()
}

function catchMark (mark: symbol): void {
  /** Gives any object a private member. */
  class Marked extends Given {
    #value: unknown

    constructor (target: object, value: unknown) {
      super(target)
      this.#value = value
    }

    static get (target: object): unknown { return #value in target ? target.#value : undefined }

    static set (target: object, value: unknown): void {
      if (#value in target) target.#value = value
      else new Marked(target, value) // eslint-disable-line no-new
    }
  }
  Object.defineProperty(UnmarkedPromise.prototype, mark, {
    configurable: true,
    get (this: object) { return Marked.get(this) },
    set (this: object, value) { Marked.set(this, value) }
  })
}

/** What it is given is what it makes. */
class Given {
  constructor (target: object) { return target }
}

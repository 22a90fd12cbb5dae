/** Names that make a promise one. */
const RESERVED = new Set(['then', 'catch', 'finally', 'constructor', '__proto__'])

const MARKS_PROMISES = Number(process.versions.node.split('.', 1)[0]) < 24

/**
 * Values that route files of every generation can read: 15 and 16 await them, 13 and 14 read them right away.
 * @see https://nextjs.org/docs/messages/sync-dynamic-apis
 */
export function promiseWithValues<T extends Record<string, unknown>> (values: T): Promise<T> & T {
  return new WithValues(values) as unknown as Promise<T> & T
}

class WithValues extends Promise<object> {
  constructor (values: Record<string, unknown>) {
    super((resolve) => { resolve(values) })
    // Node.js 20 and 22 put async ids on promises; `{ ...params }` is to copy parameters alone.
    if (MARKS_PROMISES) for (const key of Object.getOwnPropertySymbols(this)) Object.defineProperty(this, key, { enumerable: false })
    for (const key of Object.keys(values)) {
      // A parameter called `then` is there for those who await.
      if (!RESERVED.has(key)) (this as unknown as Record<string, unknown>)[key] = values[key]
    }
  }

  static {
    // With Promise's own constructor, `await` and `then` cost no more than usual.
    Object.defineProperty(this.prototype, 'constructor', { value: Promise })
  }
}

/** The same for an object with methods and accessors: the promise hands every one of them on. */
export function promiseWithMembers<T extends object> (target: T): Promise<T> & T {
  const prototype = Object.getPrototypeOf(target) as object
  let Class = classes.get(prototype)
  if (Class === undefined) classes.set(prototype, Class = delegatingClass(prototype))
  return new Class(target) as Promise<T> & T
}

type DelegatingClass = new (target: object) => Promise<object>

const classes = new WeakMap<object, DelegatingClass>()

/** A class of promises with the members of another class. */
function delegatingClass (source: object): DelegatingClass {
  class Delegating extends Promise<object> {
    readonly #target: object

    constructor (target: object) {
      super((resolve) => { resolve(target) })
      this.#target = target
    }

    static {
      for (let at = source; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
        for (const key of Reflect.ownKeys(at)) {
          if (key in this.prototype) continue
          Object.defineProperty(this.prototype, key, {
            configurable: true,
            get (this: Delegating) {
              const value: unknown = Reflect.get(this.#target, key)
              return typeof value === 'function' ? value.bind(this.#target) as unknown : value
            }
          })
        }
      }
      // With Promise's own constructor, `await` and `then` cost no more than usual.
      Object.defineProperty(this.prototype, 'constructor', { value: Promise })
    }
  }
  return Delegating
}

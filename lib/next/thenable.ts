/** Names that make a promise one. */
const RESERVED = new Set(['then', 'catch', 'finally', 'constructor'])

/**
 * Values that route files of every generation can read: 15 and 16 await them, 13 and 14 read them right away.
 * @see https://nextjs.org/docs/messages/sync-dynamic-apis
 */
export function promiseWithValues<T extends object> (values: T): Promise<T> & T {
  const promise = Promise.resolve(values)
  // Node.js 20 and 22 put async ids on promises; `{ ...params }` is to copy parameters alone.
  for (const key of Object.getOwnPropertySymbols(promise)) Object.defineProperty(promise, key, { enumerable: false })
  for (const key of Object.keys(values)) {
    // A parameter called `then` is there for those who await.
    if (!RESERVED.has(key)) Object.defineProperty(promise, key, { value: values[key as keyof T], enumerable: true, configurable: true, writable: true })
  }
  return promise as Promise<T> & T
}

const TARGET = Symbol('target')
const prototypes = new WeakMap<object, object>()

/** The same for an object with methods and accessors: the promise hands every one of them on. */
export function promiseWithMembers<T extends object> (target: T): Promise<T> & T {
  const promise = Promise.resolve(target)
  Object.defineProperty(promise, TARGET, { value: target })
  Object.setPrototypeOf(promise, delegatingPrototype(Object.getPrototypeOf(target) as object))
  return promise as Promise<T> & T
}

/** Made once for each class. It keeps Promise's own constructor, so that `await` costs no more than usual. */
function delegatingPrototype (source: object): object {
  let prototype = prototypes.get(source)
  if (prototype !== undefined) return prototype
  prototype = Object.create(Promise.prototype) as object
  for (let at = source; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const key of Reflect.ownKeys(at)) {
      if (key in prototype) continue
      Object.defineProperty(prototype, key, {
        configurable: true,
        get (this: { [TARGET]: object }) {
          const value: unknown = Reflect.get(this[TARGET], key)
          return typeof value === 'function' ? value.bind(this[TARGET]) as unknown : value
        }
      })
    }
  }
  prototypes.set(source, prototype)
  return prototype
}

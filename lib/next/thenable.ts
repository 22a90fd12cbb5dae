import { NODE_MAJOR } from '../node-major.ts'
import { catchIds, hideMarks, UnmarkedPromise } from './unmarked-promise.ts'

/** Names that make a promise one. */
const RESERVED = new Set(['then', 'catch', 'finally', 'constructor', '__proto__'])

/** Node.js 20 and 22 put async ids on promises; `{ ...params }` is to copy parameters alone. */
const MARKS_PROMISES = NODE_MAJOR < 24
if (MARKS_PROMISES) catchIds()

/** Those of the names that a promise can carry: a parameter called `then` is there for those who await. */
export const carriedNames = (names: string[]): string[] => names.filter((name) => !RESERVED.has(name))

/**
 * Values that route files of every generation can read: 15 and 16 await them, 13 and 14 read them right away.
 * @param names those of the values that are read right away
 * @see https://nextjs.org/docs/messages/sync-dynamic-apis
 */
export function promiseWithValues<T extends Record<string, unknown>> (values: T, names: readonly string[]): Promise<T> & T {
  const promise = (MARKS_PROMISES ? unmarked(values) : Promise.resolve(values)) as unknown as Promise<T> & Record<string, unknown>
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    // An optional catch-all without a rest has none.
    if (Object.hasOwn(values, name)) promise[name] = values[name]
  }
  return promise as Promise<T> & T
}

function unmarked (values: object): Promise<object> {
  const promise = new UnmarkedPromise(keepResolve)
  settle(values)
  hideMarks(promise)
  return promise
}

/** Not a private name, of which each class would have one of its own: that would cost every request. */
const TARGET = Symbol('target')

/** What `await` and those who look for promises need. */
const OF_PROMISES = new Set(Reflect.ownKeys(Promise.prototype))

/** Null for the Object.prototype of any realm: Jest runs modules in one of its own. */
const above = (prototype: object): object | null => Object.getPrototypeOf(prototype) as object | null

/**
 * The same for objects of one class: promises that hand on every member of theirs.
 * @param source the class, made out of methods and accessors
 */
export function promiseClassFor<T extends object> (source: { prototype: object }): new (target: T) => Promise<T> & T {
  class MemberPromise extends Promise<object> {
    declare [TARGET]: object

    constructor (target: object) {
      // One executor for all: a closure of each one's own costs more than the promise.
      super(keepResolve)
      settle(target)
      this[TARGET] = target
    }
  }
  for (let at = source.prototype, up = above(at); up !== null; at = up, up = above(at)) {
    for (const key of Reflect.ownKeys(at)) if (!OF_PROMISES.has(key) && !Object.hasOwn(MemberPromise.prototype, key)) handOn(MemberPromise.prototype, key)
  }
  // With Promise's own constructor, `await` and `then` cost no more than usual.
  Object.defineProperty(MemberPromise.prototype, 'constructor', { value: Promise })
  return MemberPromise as unknown as new (target: T) => Promise<T> & T
}

let settle: (value: object) => void
const keepResolve = (resolve: typeof settle): void => { settle = resolve }

function handOn (prototype: { [TARGET]: object }, key: PropertyKey): void {
  Object.defineProperty(prototype, key, {
    configurable: true,
    get (this: { [TARGET]: object }) {
      const value: unknown = Reflect.get(this[TARGET], key)
      return typeof value === 'function' ? value.bind(this[TARGET]) : value
    }
  })
}

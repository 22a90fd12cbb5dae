import { inspect, types } from 'node:util'
import type { HeadersInit } from './fetch-types.ts'
import { namesOfFetched } from './fetched-headers.ts'
import { isOrdinaryValue, keyOf } from './header-syntax.ts'
import { PairStore, type HeaderStore } from './pair-store.ts'
import { standIn } from './stand-in.ts'
import { markAsUncloneable } from './uncloneable.ts'
import { Response } from './native.ts'

/** The names and values of light headers that can be sent as they are, in turn; undefined where only a native list has them. */
export let pairsOf: (headers: Headers) => string[] | undefined

/** Whether a header is one that `fetch()` gave of a body, and the handler has only taken over. */
export let isTakenOver: (headers: Headers, name: string) => boolean

/** Which of the headers below were taken over from a response of `fetch()`; undefined for none. */
let takenOver: (headers: unknown) => readonly string[] | undefined

/**
 * A header by which a response made here speaks to whoever runs its handler. No other server may: of what `fetch()` gave, and
 * of what was taken over from that, there is none.
 */
export function ownWord (headers: Headers, name: string): string | null {
  const value = headers.get(name)
  return value === null || takenOver(headers)?.includes(name) === true ? null : value
}

/**
 * `Headers` without the cost of native ones for what handlers mostly do: get, set, and be sent. Whatever else is asked of
 * them, odd names and values included, is left to a native `Headers` that takes their place at that moment.
 */
class Light {
  #store: HeaderStore | undefined
  #native: Headers | undefined
  #takenOver: readonly string[] | undefined

  constructor (store: HeaderStore | undefined, native: Headers | undefined, takenOver: readonly string[] | undefined = undefined) {
    markAsUncloneable(this)
    this.#store = store
    this.#native = native
    this.#takenOver = takenOver
  }

  static {
    pairsOf = (headers) => #store in headers && headers.#store instanceof PairStore ? headers.#store.pairs : undefined
    isTakenOver = (headers, name) => #store in headers && headers.#takenOver?.includes(name) === true
    takenOver = (headers) => {
      if (!(headers instanceof Headers)) return undefined
      return #store in headers ? headers.#takenOver : namesOfFetched(headers)
    }
    const nativeOf = (self: unknown): unknown => typeof self === 'object' && self !== null && #store in self ? self.#toNative() : self
    standIn(Light.prototype, Headers.prototype, Headers.prototype, nativeOf)
    Object.defineProperty(Light.prototype, Symbol.iterator, { value: (Light.prototype as unknown as Headers).entries, configurable: true, writable: true })
    Reflect.deleteProperty(Light.prototype, 'constructor')
  }

  #toNative (): Headers {
    this.#native ??= this.#store!.toNative()
    this.#store = undefined
    return this.#native
  }

  // Calls with a wrong number of arguments are the native list's to refuse: it gets them as they are.
  get (name: string): string | null {
    const key = keyOf(name)
    return this.#store === undefined || key === undefined ? Reflect.apply(Headers.prototype.get, this.#toNative(), arguments) : this.#store.get(key)
  }

  has (name: string): boolean {
    const key = keyOf(name)
    return this.#store === undefined || key === undefined ? Reflect.apply(Headers.prototype.has, this.#toNative(), arguments) : this.#store.get(key) !== null
  }

  append (name: string, value: string): void {
    const key = keyOf(name)
    if (this.#store instanceof PairStore && key !== undefined && isOrdinaryValue(value)) this.#store.append(key, value)
    else {
      this.#disown(key)
      Reflect.apply(Headers.prototype.append, this.#toNative(), arguments)
    }
  }

  set (name: string, value: string): void {
    const key = keyOf(name)
    if (this.#store instanceof PairStore && key !== undefined && isOrdinaryValue(value)) {
      this.#store.delete(key)
      this.#store.append(key, value)
    } else {
      this.#disown(key)
      Reflect.apply(Headers.prototype.set, this.#toNative(), arguments)
    }
  }

  delete (name: string): void {
    const key = keyOf(name)
    if (this.#store instanceof PairStore && key !== undefined) this.#store.delete(key)
    else {
      this.#disown(key)
      Reflect.apply(Headers.prototype.delete, this.#toNative(), arguments)
    }
  }

  /** The handler says itself what a header is from now on. */
  #disown (key: string | undefined): void {
    if (this.#takenOver !== undefined) this.#takenOver = this.#takenOver.filter((taken) => taken !== key)
  }

  getSetCookie (): string[] {
    return this.#store instanceof PairStore ? this.#store.setCookies() : this.#toNative().getSetCookie()
  }

  forEach (...args: Parameters<Headers['forEach']>): void {
    const [callback, self] = args
    if (typeof callback !== 'function') return this.#toNative().forEach(...args)
    this.#toNative().forEach((value, name) => { Reflect.apply(callback, self, [value, name, this]) })
  }

  [inspect.custom] (...args: unknown[]): unknown {
    const native = this.#toNative() as unknown as Record<symbol, (...args: unknown[]) => unknown>
    return native[inspect.custom]!(...args)
  }
}

export const LightHeaders = Light as unknown as new (store: HeaderStore | undefined, native: Headers | undefined, takenOver?: readonly string[]) => Headers

/**
 * What `new Headers(init)` gives.
 * @param type a content type for those that name none
 */
export function lightHeaders (init: HeadersInit | undefined, type: string | null): Headers {
  const store = new PairStore(init instanceof Headers ? pairsOf(init)?.slice() : undefined)
  const rest = init === undefined || store.pairs.length > 0 ? undefined : fill(store, init)
  const native = rest === undefined ? undefined : nativeHeaders(rest)
  const list = native ?? store
  if (type !== null && list.get('content-type') === null) list.append('content-type', type)
  return native === undefined ? new LightHeaders(store, undefined) : new LightHeaders(undefined, native, takenOver(init))
}

/**
 * Headers of a native response, which stay as they are unless they were made of those of another body.
 * @param init what they were made of
 */
export function headersOf (response: Response, init: HeadersInit | undefined): Headers {
  const taken = takenOver(init)
  // A list of its own, since that of the response is filled again from this one.
  return taken === undefined ? response.headers : new LightHeaders(undefined, new Headers(response.headers), taken)
}

/** A native response words the errors. */
const nativeHeaders = (init: HeadersInit): Headers => init instanceof Headers ? new Headers(init) : new Response(null, { headers: init }).headers

/** Takes an ordinary object. Anything else is given back, for native headers to be made of. */
function fill (store: PairStore, init: HeadersInit): HeadersInit | undefined {
  if (typeof init !== 'object' || init === null || types.isProxy(init) || Object.getPrototypeOf(init) !== Object.prototype) return init
  if (Object.getOwnPropertySymbols(init).length > 0) return init
  const names = Object.keys(init)
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    const value = readValue(init, name)
    const key = keyOf(name)
    // Of each name there is one yet: so they can be told apart again, when another turns out to be unusual.
    if (key === undefined || !isOrdinaryValue(value) || store.get(key) !== null) return asRead(init, names, store, value)
    store.append(key, value)
  }
  return undefined
}

/** Read once, since it may be a getter, and made a text before the next is read. Symbols are for native headers to refuse. */
function readValue (init: HeadersInit, name: string): unknown {
  const given: unknown = (init as Record<string, unknown>)[name]
  return typeof given === 'string' || typeof given === 'symbol' ? given : String(given)
}

/**
 * An object with the same names and values, and no getters.
 * @param store has the values that were read first
 * @param last the one that was read after these
 */
function asRead (init: HeadersInit, names: string[], { pairs }: PairStore, last: unknown): Record<string, string> {
  const values = pairs.filter((_value, index) => index % 2 === 1) as unknown[]
  values.push(last)
  for (const name of names.slice(values.length)) values.push(readValue(init, name))
  return Object.defineProperties({}, Object.fromEntries(names.map((name, index) => [name, { value: values[index], enumerable: true }]))) as Record<string, string>
}

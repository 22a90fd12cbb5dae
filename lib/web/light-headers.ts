import { inspect } from 'node:util'
import type { HeadersInit } from './fetch-types.ts'
import { standIn } from './stand-in.ts'

/** Where light headers are kept until somebody asks for more than a few names. Names are in lower case. */
export interface HeaderStore {
  get (name: string): string | null
  /** A native `Headers` with the same content. */
  toNative (): Headers
}

/** The names and values of light headers that can be sent as they are, in turn; undefined where only a native list has them. */
export let pairsOf: (headers: Headers) => string[] | undefined

/**
 * `Headers` without the cost of native ones for what handlers mostly do: get, set, and be sent. Whatever else is asked of
 * them, odd names and values included, is left to a native `Headers` that takes their place at that moment.
 */
class Light {
  #store: HeaderStore | undefined
  #native: Headers | undefined

  constructor (store: HeaderStore | Headers) {
    if (store instanceof Headers) this.#native = store
    else this.#store = store
  }

  static {
    pairsOf = (headers) => #store in headers && headers.#store instanceof PairStore ? headers.#store.pairs : undefined
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

  /** The pairs, where a call with these arguments needs no native list. */
  #pairsFor (args: string[], count: number): PairStore | undefined {
    const isSimple = this.#store instanceof PairStore && args.length >= count && keyOf(args[0]) !== undefined && (count < 2 || isOrdinaryValue(args[1]))
    return isSimple ? this.#store as PairStore : undefined
  }

  get (...args: [name: string]): string | null {
    const key = keyOf(args[0])
    return this.#store === undefined || key === undefined ? this.#toNative().get(...args) : this.#store.get(key)
  }

  has (...args: [name: string]): boolean {
    const key = keyOf(args[0])
    return this.#store === undefined || key === undefined ? this.#toNative().has(...args) : this.#store.get(key) !== null
  }

  append (...args: [name: string, value: string]): void {
    const pairs = this.#pairsFor(args, 2)
    // Node.js joins cookies in a way of its own.
    if (pairs === undefined || keyOf(args[0]) === 'cookie') this.#toNative().append(...args)
    else pairs.append(keyOf(args[0])!, args[1])
  }

  set (...args: [name: string, value: string]): void {
    const pairs = this.#pairsFor(args, 2)
    if (pairs === undefined) return this.#toNative().set(...args)
    pairs.delete(keyOf(args[0])!)
    pairs.append(keyOf(args[0])!, args[1])
  }

  delete (...args: [name: string]): void {
    const pairs = this.#pairsFor(args, 1)
    if (pairs === undefined) this.#toNative().delete(...args)
    else pairs.delete(keyOf(args[0])!)
  }

  getSetCookie (): string[] {
    return this.#store instanceof PairStore ? this.#store.setCookies() : this.#toNative().getSetCookie()
  }

  [inspect.custom] (...args: unknown[]): unknown {
    const native = this.#toNative() as unknown as Record<symbol, (...args: unknown[]) => unknown>
    return native[inspect.custom]!(...args)
  }
}

/** A short list of names and values in turn. Only Set-Cookie comes more than once: the Fetch standard joins all others. */
class PairStore implements HeaderStore {
  readonly pairs: string[] = []

  get (name: string): string | null {
    const at = this.#indexOf(name)
    if (at === -1) return null
    return name === 'set-cookie' ? this.setCookies().join(', ') : this.pairs[at + 1]!
  }

  append (name: string, value: string): void {
    const at = name === 'set-cookie' ? -1 : this.#indexOf(name)
    if (at === -1) this.pairs.push(name, value)
    else this.pairs[at + 1] += `, ${value}`
  }

  delete (name: string): void {
    for (let at = this.#indexOf(name); at !== -1; at = this.#indexOf(name)) this.pairs.splice(at, 2)
  }

  setCookies (): string[] {
    return this.pairs.filter((_value, index) => index % 2 === 1 && this.pairs[index - 1] === 'set-cookie')
  }

  toNative (): Headers {
    const headers = new Headers()
    for (let index = 0; index < this.pairs.length; index += 2) headers.append(this.pairs[index]!, this.pairs[index + 1]!)
    return headers
  }

  #indexOf (name: string): number {
    for (let index = 0; index < this.pairs.length; index += 2) if (this.pairs[index] === name) return index
    return -1
  }
}

// RFC 9110, 5.6.2
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const MOST_KEYS = 1000
const keys = new Map<string, string>()

/** A name in lower case; undefined for what is no name. */
function keyOf (name: unknown): string | undefined {
  const known = keys.get(name as string)
  if (known !== undefined) return known
  if (typeof name !== 'string' || !TOKEN.test(name)) return undefined
  const key = name.toLowerCase()
  if (keys.size < MOST_KEYS) keys.set(name, key)
  return key
}

/** Without anything that the Fetch standard strips or refuses, or that Node.js would not send. */
const ORDINARY_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

const isOrdinaryValue = (value: unknown): value is string => typeof value === 'string' && ORDINARY_VALUE.test(value)

export const LightHeaders = Light as unknown as new (store: HeaderStore | Headers) => Headers

/**
 * What `new Headers(init)` gives.
 * @param type a content type for those that name none
 */
export function lightHeaders (init: HeadersInit | undefined, type: string | null): Headers {
  const store = new PairStore()
  const headers = new LightHeaders(init === undefined || fill(store, init) ? store : new Headers(init))
  if (type !== null && !headers.has('content-type')) headers.append('content-type', type)
  return headers
}

/** Takes an ordinary object of strings; false for everything else, which native headers are to be made of. */
function fill (store: PairStore, init: HeadersInit): boolean {
  if (typeof init !== 'object' || init === null || Object.getPrototypeOf(init) !== Object.prototype) return false
  if (Object.getOwnPropertySymbols(init).length > 0) return false
  for (const name of Object.keys(init)) {
    const descriptor = Object.getOwnPropertyDescriptor(init, name)!
    const key = keyOf(name)
    if (key === undefined || !isOrdinaryValue(descriptor.value)) return false
    store.append(key, descriptor.value)
  }
  return true
}

import { toHeaders } from './header-pairs.ts'

/** Where light headers are kept until somebody asks for more than a few names. Names are in lower case. */
export interface HeaderStore {
  get (name: string): string | null
  /** A native `Headers` with the same content. */
  toNative (): Headers
}

/** A short list of names and values in turn. Only Set-Cookie comes more than once: the Fetch standard joins all others. */
export class PairStore implements HeaderStore {
  readonly pairs: string[]

  constructor (pairs: string[] = []) {
    this.pairs = pairs
  }

  get (name: string): string | null {
    const at = this.#indexOf(name)
    if (at === -1) return null
    return name === 'set-cookie' ? this.setCookies().join(', ') : this.pairs[at + 1]!
  }

  append (name: string, value: string): void {
    const at = name === 'set-cookie' ? -1 : this.#indexOf(name)
    if (at === -1) this.pairs.push(name, value)
    // Node.js joins cookies in a way of its own.
    else this.pairs[at + 1] += (name === 'cookie' ? '; ' : ', ') + value
  }

  delete (name: string): void {
    for (let at = this.#indexOf(name); at !== -1; at = this.#indexOf(name)) this.pairs.splice(at, 2)
  }

  setCookies (): string[] {
    return this.pairs.filter((_value, index) => index % 2 === 1 && this.pairs[index - 1] === 'set-cookie')
  }

  toNative (): Headers { return toHeaders(this.pairs) }

  #indexOf (name: string): number {
    for (let index = 0; index < this.pairs.length; index += 2) if (this.pairs[index] === name) return index
    return -1
  }
}

import { parseSetCookie, type ResponseCookie, type ResponseCookies as EdgeResponseCookies } from '@edge-runtime/cookies'
import { inspect } from 'node:util'
import { writeCookie } from './cookie-text.ts'

export type SetArguments = [key: string, value: string, cookie?: Partial<ResponseCookie>] | [options: ResponseCookie]
export type DeleteArguments = [key: string] | [options: Omit<ResponseCookie, 'value' | 'expires'>]

/**
 * The cookies that a response sets. What is set here is in the response's headers at once.
 * @see https://nextjs.org/docs/app/api-reference/functions/next-response#cookies
 */
export class ResponseCookies implements EdgeResponseCookies {
  readonly #headers: Headers
  readonly #cookies = new Map<string, ResponseCookie>()
  /** Whether the headers have other lines than were written here: they are written anew with the first change. */
  #hasForeign: boolean

  constructor (headers: Headers) {
    this.#headers = headers
    const lines = headers.getSetCookie()
    this.#hasForeign = lines.length > 0
    for (const line of lines) {
      const cookie = parseSetCookie(line)
      if (cookie !== undefined) this.#cookies.set(cookie.name, cookie)
    }
  }

  get (...[key]: [key: string] | [options: ResponseCookie]): ResponseCookie | undefined {
    return this.#cookies.get(nameOf(key))
  }

  getAll (...args: [key: string] | [options: ResponseCookie] | []): ResponseCookie[] {
    const all = [...this.#cookies.values()]
    if (args.length === 0) return all
    const name = nameOf(args[0] ?? { name: '' })
    return all.filter((cookie) => cookie.name === name)
  }

  has (name: string): boolean { return this.#cookies.has(name) }

  set (...args: SetArguments): this {
    const cookie = settledCookie(args)
    const isKnown = this.#cookies.has(cookie.name)
    this.#cookies.set(cookie.name, cookie)
    if (isKnown || this.#hasForeign) this.#writeAll()
    else this.#headers.append('set-cookie', writeCookie(cookie))
    return this
  }

  delete (...args: DeleteArguments): this {
    return this.set(deletedCookie(args))
  }

  toString (): string { return this.getAll().map(writeCookie).join('; ') }

  [inspect.custom] (): string { return `ResponseCookies ${JSON.stringify(Object.fromEntries(this.#cookies))}` }

  #writeAll (): void {
    this.#headers.delete('set-cookie')
    for (const cookie of this.#cookies.values()) this.#headers.append('set-cookie', writeCookie(cookie))
    this.#hasForeign = false
  }
}

/** The cookie that `set()` is asked for. A `maxAge` makes an `expires`, for old clients. */
export function settledCookie (args: SetArguments): ResponseCookie {
  const cookie = (args.length === 1 ? { ...args[0] } : { name: args[0], value: args[1], ...args[2] }) as ResponseCookie
  if (typeof cookie.expires === 'number') cookie.expires = new Date(cookie.expires)
  if (cookie.maxAge) cookie.expires = new Date(Date.now() + cookie.maxAge * 1000)
  cookie.path ??= '/'
  return cookie
}

/** What `delete()` has set: an empty cookie that expired long ago. */
export function deletedCookie ([key]: DeleteArguments): ResponseCookie {
  return { ...(typeof key === 'string' ? undefined : key), name: nameOf(key), value: '', expires: new Date(0) }
}

export const nameOf = (key: string | { name: string }): string => typeof key === 'string' ? key : key.name

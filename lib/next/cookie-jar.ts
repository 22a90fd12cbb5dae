import { parseCookie, ResponseCookies, stringifyCookie, type RequestCookies, type ResponseCookie } from '@edge-runtime/cookies'
import type { RequestContext } from '../context/request-context.ts'

type SetArguments = [key: string, value: string, cookie?: Partial<ResponseCookie>] | [options: ResponseCookie]
type DeleteArguments = [key: string] | [options: Omit<ResponseCookie, 'value' | 'expires'>]

/** What `cookies()` gives: the client's cookies, and what the handler set or deleted among them. */
export type ReadonlyRequestCookies = Omit<RequestCookies, 'set' | 'clear' | 'delete'> & Pick<ResponseCookies, 'set' | 'delete'>

export class CookieJar implements ReadonlyRequestCookies {
  readonly #context: RequestContext
  // Not ResponseCookies: it writes all headers anew for each cookie, and clients can send thousands.
  readonly #received: Map<string, string>
  readonly #changed = new Map<string, ResponseCookie>()

  constructor (context: RequestContext) {
    this.#context = context
    this.#received = parseCookie(context.request.headers.get('cookie') ?? '')
  }

  /** How many cookies there are. */
  get size (): number { return this.#names().size }

  get (...[key]: [name: string] | [ResponseCookie]): ResponseCookie | undefined {
    const name = nameOf(key)
    const value = this.#received.get(name)
    return this.#changed.get(name) ?? (value === undefined ? undefined : { name, value, path: '/' })
  }

  getAll (...[key]: [name: string] | [ResponseCookie] | []): ResponseCookie[] {
    const names = key === undefined ? [...this.#names()] : [nameOf(key)]
    return names.map((name) => this.get(name)).filter((cookie) => cookie !== undefined)
  }

  has (name: string): boolean { return this.#changed.has(name) || this.#received.has(name) }

  set (...args: SetArguments): this {
    return this.#change(args[0], (cookies) => cookies.set(...args))
  }

  delete (...args: DeleteArguments): this {
    return this.#change(args[0], (cookies) => cookies.delete(...args))
  }

  toString (): string { return this.getAll().map((cookie) => stringifyCookie(cookie)).join('; ') }

  [Symbol.iterator] (): MapIterator<[string, ResponseCookie]> {
    return new Map(this.getAll().map((cookie) => [cookie.name, cookie])).entries()
  }

  get [Symbol.toStringTag] (): string { return 'Cookies' }

  #change (key: string | { name: string }, change: (cookies: ResponseCookies) => void): this {
    if (this.#context.phase === 'after') throw new Error('Cookies can only be modified in a Server Action or Route Handler. Read more: https://nextjs.org/docs/app/api-reference/functions/cookies#options')
    const changed = new ResponseCookies(new Headers())
    change(changed)
    const name = nameOf(key)
    this.#changed.set(name, changed.get(name)!)
    return this
  }

  #names (): Set<string> { return new Set([...this.#received.keys(), ...this.#changed.keys()]) }

  /**
   * The headers of a response with the changed cookies added. Where both set the same name, the response wins.
   * Undefined where nothing was changed: then the response's own Set-Cookie lines go out as they are.
   */
  addTo (headers: Headers): Headers | undefined {
    if (this.#changed.size === 0) return undefined
    const merged = new Headers(headers)
    const cookies = new ResponseCookies(merged)
    const own = cookies.getAll()
    for (const name of this.#names()) if (this.#changed.has(name)) cookies.set(this.#changed.get(name)!)
    for (const cookie of own) cookies.set(cookie)
    return merged
  }
}

const nameOf = (key: string | { name: string }): string => typeof key === 'string' ? key : key.name

/** The jar of a request, made when first asked for. */
export function jarOf (context: RequestContext): CookieJar {
  return (context.jar ??= new CookieJar(context)) as CookieJar
}

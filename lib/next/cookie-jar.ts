import { parseCookie, RequestCookies, ResponseCookies, stringifyCookie, type ResponseCookie } from '@edge-runtime/cookies'
import { currentContext, type RequestContext } from '../context/request-context.ts'
import { bindMethods, bindMethodsToRequest } from './bind-methods.ts'

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

  get (...[key]: [name: string] | [ResponseCookie]): ResponseCookie | undefined { return this.#find(nameOf(key)) }

  getAll (...args: [name: string] | [ResponseCookie] | []): ResponseCookie[] {
    const names = args.length === 0 ? [...this.#names()] : [nameOf(args[0] ?? { name: '' })]
    return names.map((name) => this.#find(name)).filter((cookie) => cookie !== undefined)
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

  #change (key: string | { name: string }, change: (cookies: ResponseCookies) => void): this {
    if (this.#context.phase === 'after') refuse()
    const changed = new ResponseCookies(new Headers())
    change(changed)
    this.#changed.set(nameOf(key), changed.getAll()[0]!)
    return this
  }

  #find (name: string): ResponseCookie | undefined {
    const value = this.#received.get(name)
    return this.#changed.get(name) ?? (value === undefined ? undefined : { name, value, path: '/' })
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

bindMethodsToRequest(CookieJar.prototype, ['get', 'getAll', 'has', 'set', 'delete', 'toString'], () => jarOf(currentContext('cookies')))

/** What `cookies()` gives in `after()`: the client's cookies alone. */
export class LateCookies extends RequestCookies {
  override set (): never { return refuse() }
  override delete (): never { return refuse() }
  override clear (): never { return refuse() }
}

bindMethods(LateCookies.prototype, ['get', 'getAll', 'has', 'toString'])

function refuse (): never {
  throw new Error('Cookies can only be modified in a Server Action or Route Handler. Read more: https://nextjs.org/docs/app/api-reference/functions/cookies#options')
}

const nameOf = (key: string | { name: string }): string => typeof key === 'string' ? key : key.name

/** The jar of a request, made when first asked for. */
export function jarOf (context: RequestContext): CookieJar {
  return (context.jar ??= new CookieJar(context)) as CookieJar
}

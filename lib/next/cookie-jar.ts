import { RequestCookies, type ResponseCookie, type ResponseCookies as EdgeResponseCookies } from '@edge-runtime/cookies'
import { inspect } from 'node:util'
import { currentContext, type RequestContext } from '../context/request-context.ts'
import { lightHeaders } from '../web/light-headers.ts'
import { headerOf } from '../web/lazy-request.ts'
import { bindMethods } from './bind-methods.ts'
import { findCookie, readCookies, writeCookie } from './cookie-text.ts'
import { deletedCookie, nameOf, ResponseCookies, settledCookie, type DeleteArguments, type SetArguments } from './response-cookies.ts'

/** What `cookies()` gives: the client's cookies, and what the handler set or deleted among them. */
export type ReadonlyRequestCookies = Omit<RequestCookies, 'set' | 'clear' | 'delete'> & Pick<EdgeResponseCookies, 'set' | 'delete'>

/** Its methods may be taken off it, as in Next.js: without a `this`, they belong to the jar of the current request. */
export class CookieJar implements ReadonlyRequestCookies {
  readonly #context: RequestContext
  /** The header that the client sent. */
  readonly #received: string
  #changed: Map<string, ResponseCookie> | undefined

  constructor (context: RequestContext) {
    this.#context = context
    this.#received = headerOf(context.request, 'cookie') ?? ''
    this.#changed = undefined
  }

  /** How many cookies there are. */
  get size (): number { return this.#all().size }

  get (this: CookieJar | undefined, ...[key]: [name: string] | [ResponseCookie]): ResponseCookie | undefined {
    return CookieJar.#of(this).#find(nameOf(key))
  }

  getAll (this: CookieJar | undefined, ...args: [name: string] | [ResponseCookie] | []): ResponseCookie[] {
    const jar = CookieJar.#of(this)
    if (args.length === 0) return [...jar.#all().values()]
    const cookie = jar.#find(nameOf(args[0] ?? { name: '' }))
    return cookie === undefined ? [] : [cookie]
  }

  has (this: CookieJar | undefined, name: string): boolean {
    const jar = CookieJar.#of(this)
    return jar.#changed?.has(name) === true || findCookie(jar.#received, name) !== undefined
  }

  set (...args: SetArguments): this {
    return CookieJar.#of(this).#change(settledCookie(args)) as this
  }

  delete (...args: DeleteArguments): this {
    return CookieJar.#of(this).#change(settledCookie([deletedCookie(args)])) as this
  }

  toString (): string { return CookieJar.#of(this).getAll().map(writeCookie).join('; ') }

  [inspect.custom] (): string { return `RequestCookies ${JSON.stringify(Object.fromEntries(this.#all()))}` }

  [Symbol.iterator] (): ReturnType<RequestCookies[typeof Symbol.iterator]> {
    return this.#all().entries()
  }

  static #of (self: CookieJar | undefined): CookieJar {
    return self ?? jarOf(currentContext('cookies'))
  }

  #change (cookie: ResponseCookie): CookieJar {
    if (this.#context.phase === 'after') refuse()
    this.#changed ??= new Map()
    this.#changed.set(cookie.name, cookie)
    return this
  }

  #find (name: string): ResponseCookie | undefined {
    const changed = this.#changed?.get(name)
    if (changed !== undefined) return changed
    const value = findCookie(this.#received, name)
    return value === undefined ? undefined : { name, value, path: '/' }
  }

  /** By name, the client's first. */
  #all (): Map<string, ResponseCookie> {
    const all = new Map<string, ResponseCookie>()
    for (const [name, value] of readCookies(this.#received)) all.set(name, { name, value, path: '/' })
    for (const [name, cookie] of this.#changed ?? []) all.set(name, cookie)
    return all
  }

  /**
   * The headers of a response with the changed cookies added. Where both set the same name, the response wins.
   * Undefined where nothing was changed: then the response's own Set-Cookie lines go out as they are.
   * @param response looked at only where something was changed: a light response makes its headers when they are asked for
   */
  addTo (response: { readonly headers: Headers }): Headers | undefined {
    if (this.#changed === undefined) return undefined
    const merged = lightHeaders(response.headers, null)
    const cookies = new ResponseCookies(merged)
    const own = cookies.getAll()
    for (const [name, cookie] of this.#all()) if (this.#changed.has(name)) cookies.set(cookie)
    for (const cookie of own) cookies.set(cookie)
    return merged
  }
}

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

/** The jar of a request, made when first asked for. */
export function jarOf (context: RequestContext): CookieJar {
  return (context.jar ??= new CookieJar(context)) as CookieJar
}

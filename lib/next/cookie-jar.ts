import { RequestCookies, ResponseCookies, type ResponseCookie } from '@edge-runtime/cookies'
import type { RequestContext } from '../context/request-context.ts'

type SetArguments = [key: string, value: string, cookie?: Partial<ResponseCookie>] | [options: ResponseCookie]
type DeleteArguments = [key: string] | [options: Omit<ResponseCookie, 'value' | 'expires'>]

/** What `cookies()` gives: the client's cookies, and what the handler set or deleted among them. */
export class CookieJar {
  readonly #context: RequestContext
  readonly #cookies = new ResponseCookies(new Headers())
  readonly #changed = new Set<string>()

  constructor (context: RequestContext) {
    this.#context = context
    for (const cookie of new RequestCookies(context.request.headers).getAll()) this.#cookies.set(cookie)
  }

  /** How many cookies there are. */
  get size (): number { return this.#cookies.getAll().length }

  get (...args: [name: string] | [ResponseCookie]): ResponseCookie | undefined { return this.#cookies.get(...args) }

  getAll (...args: [name: string] | [ResponseCookie] | []): ResponseCookie[] { return this.#cookies.getAll(...args) }

  has (name: string): boolean { return this.#cookies.has(name) }

  set (...args: SetArguments): this {
    this.#change(args[0])
    this.#cookies.set(...args)
    return this
  }

  delete (...args: DeleteArguments): this {
    this.#change(args[0])
    this.#cookies.delete(...args)
    return this
  }

  toString (): string { return this.#cookies.toString() }

  [Symbol.iterator] (): IterableIterator<[string, ResponseCookie]> {
    return this.#cookies.getAll().map((cookie): [string, ResponseCookie] => [cookie.name, cookie]).values()
  }

  get [Symbol.toStringTag] (): string { return 'Cookies' }

  #change (cookie: string | { name: string }): void {
    if (this.#context.phase === 'after') throw new Error('Cookies can only be modified in a Server Action or Route Handler. Read more: https://nextjs.org/docs/app/api-reference/functions/cookies#options')
    this.#changed.add(typeof cookie === 'string' ? cookie : cookie.name)
  }

  /**
   * The headers of a response with the changed cookies added. Where both set the same name, the response wins.
   * Undefined where nothing was changed: then the response's own Set-Cookie lines go out as they are.
   */
  addTo (headers: Headers): Headers | undefined {
    if (this.#changed.size === 0) return undefined
    const merged = new Headers(headers)
    const cookies = new ResponseCookies(merged)
    const own = cookies.getAll()
    for (const cookie of this.#cookies.getAll()) if (this.#changed.has(cookie.name)) cookies.set(cookie)
    for (const cookie of own) cookies.set(cookie)
    return merged
  }
}

/** The jar of a request, made when first asked for. */
export function jarOf (context: RequestContext): CookieJar {
  return (context.jar ??= new CookieJar(context)) as CookieJar
}

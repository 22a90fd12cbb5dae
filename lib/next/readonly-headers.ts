import { LightHeaders, type HeaderStore } from '../web/light-headers.ts'
import { currentContext } from '../context/request-context.ts'
import { bindMethodsToRequest } from './bind-methods.ts'

/** The request's headers, as `headers()` gives them. */
export type ReadonlyHeaders = Headers & {
  /** @deprecated Throws. */
  append (...args: unknown[]): void
  /** @deprecated Throws. */
  set (...args: unknown[]): void
  /** @deprecated Throws. */
  delete (...args: unknown[]): void
}

export const ReadonlyHeaders: new (headers: Headers) => ReadonlyHeaders = class ReadonlyHeaders extends LightHeaders {
  constructor (headers: Headers) {
    super(new View(headers))
  }

  static {
    for (const name of ['append', 'delete', 'set']) Object.defineProperty(this.prototype, name, { value: refuse, configurable: true, writable: true })
    bindMethodsToRequest(this.prototype, ['get', 'has', 'getSetCookie', 'keys', 'values', 'entries', 'forEach'], () => currentContext('headers').headers!.list)
  }
}

/** What another list has when it is asked. */
class View implements HeaderStore {
  readonly #headers: Headers

  constructor (headers: Headers) {
    this.#headers = headers
  }

  get (name: string): string | null { return this.#headers.get(name) }
  toNative (): Headers { return new Headers(this.#headers) }
}

function refuse (): never {
  throw new Error('Headers cannot be modified. Read more: https://nextjs.org/docs/app/api-reference/functions/headers')
}

import { LightHeaders } from '../web/light-headers.ts'
import type { HeaderStore } from '../web/pair-store.ts'
import { headerOf } from '../web/lazy-request.ts'
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

export const ReadonlyHeaders: (new (request: Request) => ReadonlyHeaders) = class ReadonlyHeaders extends LightHeaders {
  constructor (request: Request) {
    super(new View(request), undefined)
  }

  static {
    for (const name of ['append', 'delete', 'set']) Object.defineProperty(this.prototype, name, { value: refuse, configurable: true, writable: true })
    bindMethodsToRequest(this.prototype, ['get', 'has', 'getSetCookie', 'keys', 'values', 'entries', 'forEach'], () => currentContext('headers').headers!.list)
  }
}

/** What the headers of a request are when they are asked for. */
class View implements HeaderStore {
  readonly #request: Request

  constructor (request: Request) {
    this.#request = request
  }

  get (name: string): string | null { return headerOf(this.#request, name) }
  toNative (): Headers { return new Headers(this.#request.headers) }
}

function refuse (): never {
  throw new Error('Headers cannot be modified. Read more: https://nextjs.org/docs/app/api-reference/functions/headers')
}

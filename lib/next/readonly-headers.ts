/** The request's headers, as `headers()` gives them. */
export type ReadonlyHeaders = Headers & {
  /** @deprecated Throws. */
  append (...args: unknown[]): void
  /** @deprecated Throws. */
  set (...args: unknown[]): void
  /** @deprecated Throws. */
  delete (...args: unknown[]): void
}

export const ReadonlyHeaders: new (headers: Headers) => ReadonlyHeaders = class ReadonlyHeaders extends Headers {
  static {
    for (const name of ['append', 'delete', 'set']) Object.defineProperty(this.prototype, name, { value: refuse, configurable: true, writable: true })
  }
}

function refuse (): never {
  throw new Error('Headers cannot be modified. Read more: https://nextjs.org/docs/app/api-reference/functions/headers')
}

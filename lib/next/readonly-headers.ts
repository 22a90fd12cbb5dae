/** The request's headers, as `headers()` gives them. */
export class ReadonlyHeaders extends Headers {
  static {
    for (const name of ['append', 'delete', 'set']) Object.defineProperty(this.prototype, name, { value: refuse, configurable: true, writable: true })
  }
}

function refuse (): never {
  throw new Error('Headers cannot be modified. Read more: https://nextjs.org/docs/app/api-reference/functions/headers')
}

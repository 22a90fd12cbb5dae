/** The query as React's hooks give it; route handlers meet it in code that they share with pages. */
export class ReadonlyURLSearchParams extends URLSearchParams {
  static {
    for (const name of ['append', 'delete', 'set', 'sort']) Object.defineProperty(this.prototype, name, { value: refuse, configurable: true, writable: true })
  }
}

function refuse (): never {
  throw new Error('Method unavailable on `ReadonlyURLSearchParams`. Read more: https://nextjs.org/docs/app/api-reference/functions/use-search-params#updating-searchparams')
}

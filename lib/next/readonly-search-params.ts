/** The query as React's hooks give it; route handlers meet it in code that they share with pages. */
export class ReadonlyURLSearchParams extends URLSearchParams {
  /** @deprecated Throws. */
  override append (): void { refuse() }

  /** @deprecated Throws. */
  override delete (): void { refuse() }

  /** @deprecated Throws. */
  override set (): void { refuse() }

  /** @deprecated Throws. */
  override sort (): void { refuse() }
}

function refuse (): never {
  throw new Error('Method unavailable on `ReadonlyURLSearchParams`. Read more: https://nextjs.org/docs/app/api-reference/functions/use-search-params#updating-searchparams')
}

/** The query of a URL that is not parsed before its query changes: most requests only read it. */
export class LinkedSearchParams<Owner> extends URLSearchParams {
  readonly #owner: Owner
  readonly #changed: (owner: Owner, search: string) => void

  /** @param changed told the new query of `owner` whenever it has changed */
  constructor (search: string, owner: Owner, changed: (owner: Owner, search: string) => void) {
    super(search)
    this.#owner = owner
    this.#changed = changed
  }

  override append (...args: Parameters<URLSearchParams['append']>): void {
    super.append(...args)
    this.#changed(this.#owner, this.toString())
  }

  override delete (...args: Parameters<URLSearchParams['delete']>): void {
    super.delete(...args)
    this.#changed(this.#owner, this.toString())
  }

  override set (...args: Parameters<URLSearchParams['set']>): void {
    super.set(...args)
    this.#changed(this.#owner, this.toString())
  }

  override sort (): void {
    super.sort()
    this.#changed(this.#owner, this.toString())
  }

  static {
    Object.defineProperty(this.prototype, 'constructor', { value: URLSearchParams })
  }
}

/** Lets a query follow what was set on its URL, without telling that again. */
export function refill (params: URLSearchParams, search: string): void {
  const { append, delete: remove } = URLSearchParams.prototype
  for (const name of new Set(params.keys())) remove.call(params, name)
  for (const [name, value] of new URLSearchParams(search)) append.call(params, name, value)
}

import { Upstream } from '../beside/upstream.ts'

/** More are closed, the one first that was not used for the longest time. */
const MOST_ORIGINS = 100

/** The servers that requests are rewritten to. */
export class Origins {
  readonly #upstreams = new Map<string, Upstream>()

  /**
   * @throws AppRoutesOptionError where it is no http: or https: URL
   * @throws MissingPackageError where `undici` is not installed
   */
  upstreamFor ({ origin }: URL): Upstream {
    const known = this.#upstreams.get(origin)
    if (known !== undefined) {
      this.#upstreams.delete(origin)
      this.#upstreams.set(origin, known)
      return known
    }
    const upstream = new Upstream({ upstream: origin }, 'rewrites')
    this.#upstreams.set(origin, upstream)
    if (this.#upstreams.size > MOST_ORIGINS) this.#closeOldest()
    return upstream
  }

  #closeOldest (): void {
    const [[origin, upstream]] = this.#upstreams as unknown as [[string, Upstream]]
    this.#upstreams.delete(origin)
    // Once what is on its connections has come to its end.
    void upstream.close()
  }

  async close (): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.close()))
  }
}

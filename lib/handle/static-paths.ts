import { StaticParamsError } from '../errors.ts'
import { readParams } from '../routes/path.ts'
import type { Route } from '../routes/table.ts'
import type { Endpoint } from './endpoint.ts'

type Params = Record<string, string | string[]>

/** The paths of a static route: what their answers are kept under, and which there are. */
export class StaticPaths {
  readonly #route: Route
  readonly #prefix: string
  readonly #hasParams: boolean
  readonly #fixedKey: string
  #known: Promise<Map<string, string>> | undefined
  #keys: Map<string, string> | undefined

  /** @param prefix the mount prefix */
  constructor (route: Route, prefix: string) {
    this.#route = route
    this.#prefix = prefix
    this.#hasParams = route.segments.some(({ kind }) => kind !== 'static')
    this.#fixedKey = `route:${prefix}${route.path}`
  }

  /**
   * One for each path, however it is spelled; query, headers and whatever else there is make no difference.
   * @throws URIError where an escape is malformed
   */
  keyOf (endpoint: Endpoint, path: string): string {
    return this.#hasParams ? `route:${this.pathOf(endpoint.readParams(path))}` : this.#fixedKey
  }

  /** The path for some parameters, prefix included. */
  pathOf (params: Params): string {
    let path = this.#prefix
    for (const segment of this.#route.segments) {
      if (segment.kind === 'static') path += `/${segment.value}`
      else if (segment.kind === 'dynamic') path += `/${segment.prefix}${encodeURIComponent(params[segment.name] as string)}`
      else for (const part of params[segment.name] ?? []) path += `/${encodeURIComponent(part)}`
    }
    return path === '' ? '/' : path
  }

  /** Whether there is a path at all, with `dynamicParams = false`: then the named ones are the only ones. */
  isAllowed (key: string): boolean | Promise<boolean> {
    if (this.#route.config.dynamicParams !== false || this.#route.config.generateStaticParams === undefined) return true
    return this.#keys?.has(key) ?? this.known().then((known) => known.has(key))
  }

  /**
   * The keys and paths that can be made ahead: the only one, or those that `generateStaticParams()` names.
   * @throws StaticParamsError where it gives no list; whatever it throws. It is asked again the next time then.
   */
  known (): Promise<Map<string, string>> {
    return this.#known ??= this.#findKnown().then((known) => this.#keys = known, (error: unknown) => {
      this.#known = undefined
      throw error
    })
  }

  async #findKnown (): Promise<Map<string, string>> {
    const { config, segments, file } = this.#route
    if (!this.#hasParams) {
      const path = this.pathOf({})
      return new Map([[this.#fixedKey, path]])
    }
    const list = await config.generateStaticParams?.({ params: {} }) ?? []
    if (!Array.isArray(list)) throw new StaticParamsError(file)
    const names = segments.filter((segment) => segment.kind === 'dynamic' || segment.kind === 'catch-all').map((segment) => (segment as { name: string }).name)
    const known = new Map<string, string>()
    // Like Next.js, passes over those that leave out a parameter.
    for (const params of list as Params[]) {
      if (typeof params !== 'object' || params === null || names.some((name) => params[name] === undefined)) continue
      const path = this.pathOf(params)
      known.set(`route:${this.pathOf(readParams({ segments }, path.slice(this.#prefix.length), 0))}`, path)
    }
    return known
  }
}

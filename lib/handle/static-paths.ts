import { StaticParamsError } from '../errors.ts'
import { readParams } from '../routes/path.ts'
import type { Route } from '../routes/table.ts'
import type { Endpoint } from './endpoint.ts'

type Params = Record<string, string | string[]>

/** Where an answer is for. */
export interface Place {
  /** What the router of the host has cut off the path. */
  readonly mountPath: string
  /** The path that the router gives to us. */
  readonly path: string
  /** One for all spellings of the path. */
  readonly own: string
  /** What the answer is kept under. */
  readonly key: string
}

/** The paths of a static route: what their answers are kept under, and which there are. */
export class StaticPaths {
  readonly #route: Route
  readonly #prefix: string
  readonly #hasParams: boolean
  /** The place where a route without parameters was last asked for, which is nearly always the same. */
  #last: Place | undefined
  #known: Promise<Map<string, string>> | undefined
  #keys: Map<string, string> | undefined

  /** @param prefix the mount prefix */
  constructor (route: Route, prefix: string) {
    this.#route = route
    this.#prefix = prefix
    this.#hasParams = route.segments.some(({ kind }) => kind !== 'static')
  }

  /**
   * Query, headers and whatever else there is make no difference.
   * @throws URIError where an escape is malformed
   */
  placeOf (endpoint: Endpoint, path: string, mountPath: string): Place {
    if (this.#hasParams) return place(mountPath, path, this.pathOf(endpoint.readParams(path)))
    if (this.#last?.path !== path || this.#last.mountPath !== mountPath) this.#last = place(mountPath, path, this.pathOf({}))
    return this.#last
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
  isAllowed ({ own }: Place): boolean | Promise<boolean> {
    if (this.#route.config.dynamicParams !== false || this.#route.config.generateStaticParams === undefined) return true
    return this.#keys?.has(own) ?? this.#findOnce().then((known) => known.has(own))
  }

  /**
   * The places whose answers can be made ahead: the only one, or those that `generateStaticParams()` names.
   * @throws StaticParamsError where it gives no list; whatever it throws. It is asked again the next time then.
   */
  async known (mountPath: string): Promise<Place[]> {
    return [...await this.#findOnce()].map(([own, path]) => place(mountPath, path, own))
  }

  #findOnce (): Promise<Map<string, string>> {
    return this.#known ??= this.#findKnown().then((known) => this.#keys = known, (error: unknown) => {
      this.#known = undefined
      throw error
    })
  }

  /** Paths, by what is one for all their spellings. */
  async #findKnown (): Promise<Map<string, string>> {
    const { config, segments, file } = this.#route
    if (!this.#hasParams) {
      const path = this.pathOf({})
      return new Map([[path, path]])
    }
    const list = await config.generateStaticParams?.({ params: {} }) ?? []
    if (!Array.isArray(list)) throw new StaticParamsError(file)
    const names = segments.filter((segment) => segment.kind === 'dynamic' || segment.kind === 'catch-all').map((segment) => (segment as { name: string }).name)
    const known = new Map<string, string>()
    // Like Next.js, passes over those that leave out a parameter.
    for (const params of list as Params[]) {
      if (typeof params !== 'object' || params === null || names.some((name) => params[name] === undefined)) continue
      const path = this.pathOf(params)
      known.set(this.pathOf(readParams({ segments }, path.slice(this.#prefix.length), 0)), path)
    }
    return known
  }
}

const place = (mountPath: string, path: string, own: string): Place => ({ mountPath, path, own, key: `route:${mountPath}${own}` })

import { StaticParamsError } from '../errors.ts'
import type { TrailingSlash } from '../routes/options.ts'
import { canonicalPath, readParams } from '../routes/path.ts'
import { isFixed, type Segment } from '../routes/segments.ts'
import type { Route } from '../routes/table.ts'
import type { Mount } from './context.ts'
import type { Endpoint } from './endpoint.ts'

type Params = Record<string, string | string[]>

/** Where an answer is for. */
export interface Place {
  /** What the router of the host has cut off the path. */
  readonly mountPath: string
  /** The path that the router gives to us. */
  readonly path: string
  /** One for all spellings of the path, without the mount prefix: '' for the root. */
  readonly own: string
  /** What the answer is kept under. */
  readonly key: string
}

/** The paths of a static route: what their answers are kept under, and which there are. */
export class StaticPaths {
  readonly #route: Route
  readonly #prefix: string
  /** Whether the prefix stands for many: `/:tenant`. */
  readonly #isOpen: boolean
  readonly #trailingSlash: TrailingSlash
  readonly hasParams: boolean
  /** Whether there are only the paths that `generateStaticParams()` names. */
  readonly #isClosed: boolean
  /** The place where a route without parameters was last asked for, which is nearly always the same. */
  #last: Place | undefined
  #known: Promise<Map<string, string>> | undefined
  #keys: Map<string, string> | undefined

  /** @param prefix the mount prefix */
  constructor (route: Route, prefix: string, { trailingSlash, compat }: Pick<Mount, 'trailingSlash' | 'compat'>) {
    this.#route = route
    this.#prefix = prefix
    this.#isOpen = /[:*]/.test(prefix)
    this.#trailingSlash = trailingSlash
    this.hasParams = !isFixed(route.segments)
    const { dynamicParams, generateStaticParams } = route.config
    // 13 and 14 leave a file open that names none at all.
    this.#isClosed = this.hasParams && dynamicParams === false && (compat >= 15 || generateStaticParams !== undefined)
  }

  /**
   * Query, headers and whatever else there is make no difference.
   * @throws URIError where an escape is malformed
   */
  placeOf (endpoint: Endpoint, path: string, mountPath: string): Place {
    if (this.hasParams) return this.#place(mountPath, path, this.ownPath(endpoint.readParams(path)))
    if (this.#last?.path !== path || this.#last.mountPath !== mountPath) this.#last = this.#place(mountPath, path, this.ownPath({}))
    return this.#last
  }

  #place (mountPath: string, path: string, own: string): Place {
    const prefix = this.#isOpen ? path.split('/').slice(0, this.#prefix.split('/').length).join('/') : this.#prefix
    return { mountPath, path, own, key: `route:${mountPath}${prefix}${own}` }
  }

  /** The path for some parameters, without the prefix. */
  ownPath (params: Params): string {
    let path = ''
    for (const segment of this.#route.segments) {
      if (segment.kind === 'static') path += `/${segment.value}`
      else if (segment.kind === 'dynamic') path += `/${segment.prefix}${encodeURIComponent(params[segment.name] as string)}`
      else for (const part of params[segment.name] ?? []) path += `/${encodeURIComponent(part)}`
    }
    return path
  }

  /** Whether there is such a path at all. */
  isAllowed ({ own }: Place): boolean | Promise<boolean> {
    if (!this.#isClosed) return true
    return this.#keys?.has(own) ?? this.#findOnce().then((known) => known.has(own))
  }

  /**
   * The places whose answers can be made ahead: the only one, or those that `generateStaticParams()` names. None where the
   * prefix stands for many.
   * @throws StaticParamsError where it gives no list; whatever it throws. It is asked again the next time then.
   */
  async known (mountPath: string): Promise<Place[]> {
    if (this.#isOpen) return []
    return Array.from(await this.#findOnce(), ([own, path]) => {
      const whole = this.#prefix + path || '/'
      return this.#place(mountPath, canonicalPath(whole, this.#trailingSlash) ?? whole, own)
    })
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
    if (!this.hasParams) return new Map([[this.ownPath({}), this.ownPath({})]])
    const list = await config.generateStaticParams?.({ params: {} }) ?? []
    if (!Array.isArray(list)) throw new StaticParamsError(file)
    const known = new Map<string, string>()
    for (const params of list as Params[]) {
      if (typeof params !== 'object' || params === null || !isWhole(params, segments)) continue
      if (segments.some((segment) => isCatchAll(segment) && !Array.isArray(params[segment.name] ?? []))) throw new StaticParamsError(file)
      const path = this.ownPath(params)
      known.set(this.ownPath(readParams({ segments }, path, 0)), path)
    }
    return known
  }
}

const isCatchAll = (segment: Segment): segment is Extract<Segment, { kind: 'catch-all' | 'optional-catch-all' }> => segment.kind === 'catch-all' || segment.kind === 'optional-catch-all'

/** Like Next.js, passes over those that leave out a parameter. */
function isWhole (params: Params, segments: readonly Segment[]): boolean {
  return segments.every((segment) => segment.kind === 'static' || segment.kind === 'optional-catch-all' || params[segment.name] !== undefined)
}

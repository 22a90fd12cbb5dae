import { carriedNames, promiseWithValues } from '../next/thenable.ts'
import { readParams } from '../routes/path.ts'
import type { Method, Route } from '../routes/table.ts'
import type { Mount } from './context.ts'
import { mayBeStatic } from './static-candidates.ts'

/** Where a handler that the library has made keeps the body limit that it asks for. */
export const BODY_LIMIT = Symbol.for('fastify-app-routes.bodyLimit')

/** One verb of one route in one server: everything about it that does not change from request to request. */
export class Endpoint {
  readonly mount: Mount
  readonly route: Route
  readonly handler: (request: Request, context: { params: Promise<unknown> | undefined }) => unknown
  readonly bodyLimit: number
  /** GET and HEAD have none, whatever the client sent. */
  readonly takesBody: boolean
  /** The mount prefix, as the host's router spells it. */
  readonly prefix: string
  /** Whether to look at the request is an error. */
  readonly refusesLooks: boolean
  /** Whether it is one to use anything else that makes an answer one for its own request alone; 13 lets that pass. */
  readonly refusesUse: boolean
  /** Whether what is fetched depends on what was looked at before, as in 13 and 14. */
  readonly isTracked: boolean
  readonly #skip: number
  /** The parameters that can be read without awaiting them; undefined where the route has none at all. */
  readonly #names: string[] | undefined
  /** 13 and 14 give no `params` to routes without parameters. */
  readonly #noParams: Promise<unknown> | undefined

  /** @param prefix what stands before the route's own path in the paths that it is given */
  constructor (mount: Mount, route: Route, method: Method, prefix: string) {
    this.mount = mount
    this.route = route
    this.handler = route.handlers[method] as Endpoint['handler']
    this.bodyLimit = route.config.bodyLimit ?? (this.handler as unknown as { [BODY_LIMIT]?: number })[BODY_LIMIT] ?? mount.bodyLimit
    this.takesBody = method !== 'GET' && method !== 'HEAD'
    this.refusesLooks = route.config.dynamic === 'error' && !this.takesBody
    this.refusesUse = this.refusesLooks && mount.compat >= 14 && mayBeStatic(route, mount.compat)
    this.isTracked = mount.compat < 15 && route.needsContext
    this.prefix = prefix
    this.#skip = prefix === '' ? 0 : prefix.split('/').length - 1
    const names = route.segments.filter((segment) => segment.kind !== 'static').map(({ name }) => name)
    this.#names = names.length > 0 ? carriedNames(names) : undefined
    this.#noParams = mount.compat < 15 ? undefined : NO_PARAMS
  }

  /**
   * What the handler gets as `params`.
   * @throws URIError where an escape is malformed
   */
  params (path: string): Promise<unknown> | undefined {
    return this.#names === undefined ? this.#noParams : promiseWithValues(this.readParams(path), this.#names)
  }

  /** A path without the mount prefix. */
  ownPath (path: string): string {
    return this.#skip === 0 ? path : '/' + path.split('/').slice(this.#skip + 1).join('/')
  }

  /** @throws URIError where an escape is malformed */
  readParams (path: string): Record<string, string | string[]> {
    return readParams(this.route, path, this.#skip)
  }
}

const NO_PARAMS = Promise.resolve(Object.freeze({}))

import { isClientsDoing, NotSupportedError } from '../errors.ts'
import type { PassedRequest } from '../handle/passed-request.ts'
import { withoutTrailingSlash } from '../handle/unhandled.ts'
import type { Arrival } from '../proxy/arrival.ts'
import type { Passage } from '../proxy/passage.ts'
import type { TrailingSlash } from '../routes/options.ts'
import type { Route } from '../routes/table.ts'
import { addKept } from '../web/send.ts'
import { searchOf } from '../web/target.ts'
import type { ExpressHost } from './exchange.ts'
import { hasTheRest, ignoresCase, ownPath, type Asked, type ExpressMount, type Host } from './mount.ts'
import { ExpressPassed } from './passed.ts'
import type { ConnectRequest } from './request.ts'

/** A request of Express's on its way to its route. */
export class ExpressArrival extends ExpressPassed implements Arrival {
  readonly path: string
  /** What stands behind the directory cannot be asked. */
  readonly hostRoute = undefined
  readonly #mount: ExpressMount
  readonly #host: Host
  readonly #asked: Asked
  readonly #mountPath: string
  readonly #deliver: (asked: Asked, passage: Passage | undefined) => void

  constructor (mount: ExpressMount, host: Host, asked: Asked, mountPath: string, deliver: (asked: Asked, passage: Passage | undefined) => void) {
    super(host.req, host.res, asked.target, mount.lifecycle, host.next)
    this.path = asked.path
    this.#mount = mount
    this.#host = host
    this.#asked = asked
    this.#mountPath = mountPath
    this.#deliver = deliver
  }

  get showsProxy (): boolean { return hasTheRest(this.#mount, this.#host) || this.routeOf(this.path) !== null }

  get ignoresCase (): boolean { return ignoresCase(this.#mount, this.#mountPath) }
  get slashRedirects (): TrailingSlash { return this.#mount.slashRedirects }
  get bodyLimit (): number { return this.#mount.bodyLimit }
  get host (): ExpressHost { return { name: 'express', req: this.req, res: this.res } }

  clientIp (): string | undefined { return this.req.ip ?? this.req.socket.remoteAddress }

  routeOf (path: string): Route | null {
    const own = ownPath(this.#mount, path, this.#mountPath)
    return own === null ? null : this.#mount.table.match(withoutTrailingSlash(own))
  }

  mayServe (): boolean { return false }

  to (target: string): PassedRequest {
    return new ExpressPassed(this.req, this.res, target, this.#mount.lifecycle, this.#host.next)
  }

  setHeaders (headers: readonly string[]): void {
    if (headers.length > 0 && !this.res.headersSent) addKept(this.res, headers)
  }

  proceed (passage: Passage): void {
    if (!this.res.headersSent) this.#deliver(this.#asked, passage.headers.length > 0 ? passage : undefined)
  }

  override fail (error: unknown, message?: string): void {
    super.fail(error, isClientsDoing(error) ? undefined : message)
  }

  /** To a route file of ours, or to what stands behind the directory. */
  reroute (passage: Passage): void {
    if (this.res.headersSent) return
    const { path, search } = passage
    const url = path.slice(this.#mountPath.length)
    if (!path.startsWith(this.#mountPath) || (url !== '' && !url.startsWith('/'))) {
      return this.fail(new NotSupportedError(`A rewrite leads from ${this.path} to ${path}, out of what is mounted at ${this.#mountPath}: Express cannot go there. Mount the directory without a path, and give it a \`basePath\`.`), 'a rewrite failed')
    }
    this.setHeaders(passage.headers)
    if (search !== searchOf(this.req.url!)) setQuery(this.req, search)
    this.req.url = (url === '' ? '/' : url) + search
    this.#deliver({ target: path + search, path, own: ownPath(this.#mount, path, this.#mountPath) }, passage)
  }
}

/** Express 4, and what makes `req.query` of Express 5 writable, parse the query once; its own parser gets null where there is none. */
function setQuery (req: ConnectRequest & { query?: unknown }, search: string): void {
  if (Object.getOwnPropertyDescriptor(req, 'query')?.writable !== true) return
  const parse = req.app?.get?.('query parser fn')
  if (typeof parse === 'function') req.query = (parse as (text: string | null) => unknown)(search === '' ? null : search.slice(1))
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { isClientsDoing } from '../errors.ts'
import type { PassedRequest } from '../handle/passed-request.ts'
import { withoutTrailingSlash } from '../handle/unhandled.ts'
import type { Arrival } from '../proxy/arrival.ts'
import type { Passage } from '../proxy/passage.ts'
import type { TrailingSlash } from '../routes/options.ts'
import { cutPrefix } from '../routes/path.ts'
import type { Route } from '../routes/table.ts'
import { sendAsUtf8 } from '../web/send.ts'
import { FastifyHost } from './exchange.ts'
import { FastifyPassed } from './passed.ts'
import { routedTarget } from './read-path.ts'
import { ignoresCase, type FastifyMount } from './route-handler.ts'
import { addReplyHeaders } from './send.ts'

interface Stage {
  mount: FastifyMount
  prefix: string
  /** The canonical path by which the router has matched. */
  path: string
  hostRoute: Arrival['hostRoute']
  showsProxy: boolean
  body: () => Readable | Uint8Array
  /** Goes on with the lifecycle of the request. */
  proceed: () => void
}

/** A request of Fastify's on its way to its route. */
export class FastifyArrival extends FastifyPassed implements Arrival {
  readonly #stage: Stage

  constructor (request: FastifyRequest, reply: FastifyReply, stage: Stage) {
    super(request, reply, stage.mount.lifecycle, stage.body, stage.proceed, routedTarget(request.url, stage.mount.router))
    this.#stage = stage
  }

  get path (): string { return this.#stage.path }
  get hostRoute (): Arrival['hostRoute'] { return this.#stage.hostRoute }
  get showsProxy (): boolean { return this.#stage.showsProxy }
  get ignoresCase (): boolean { return ignoresCase(this.#stage.mount) }
  get slashRedirects (): TrailingSlash { return this.#stage.mount.slashRedirects }
  get bodyLimit (): number { return this.#stage.mount.bodyLimit }
  get host (): FastifyHost { return new FastifyHost(this.request, this.reply) }

  clientIp (): string { return this.request.ip }

  routeOf (path: string): Route | null {
    const { mount, prefix } = this.#stage
    const own = cutPrefix(path, prefix)
    return own === null ? null : mount.table.match(withoutTrailingSlash(own))
  }

  /** Its router cannot be asked but by a request. */
  mayServe (): boolean { return true }

  to (target: string): PassedRequest {
    const { mount, body, proceed } = this.#stage
    return new FastifyPassed(this.request, this.reply, mount.lifecycle, body, proceed, target)
  }

  setHeaders (headers: readonly string[]): void {
    if (headers.length === 0) return
    addReplyHeaders(this.reply, headers)
    sendAsUtf8(this.reply.raw, headers)
  }

  proceed (): void {
    if (!this.reply.sent) this.#stage.proceed()
  }

  /** Through the router once more, so that all hooks of the route which it leads to guard it. */
  reroute ({ path, search }: Passage): void {
    const { request, reply } = this
    if (reply.sent) return
    const raw = request.raw as FastifyRequest['raw'] & { originalUrl?: string }
    raw.originalUrl ??= raw.url
    raw.url = path + search
    // This reply is given up; a new one comes with the new request.
    reply.hijack()
    request.server.routing(raw, reply.raw)
  }

  override fail (error: unknown, message = `rules or proxy failed: ${this.method} ${this.path}`): void {
    if (isClientsDoing(error)) this.reply.send(error)
    else super.fail(error, message)
  }
}

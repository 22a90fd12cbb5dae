import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { HandlerContext, HostExchange } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import { followStream } from '../handle/stream.ts'
import type { Passage } from '../proxy/passage.ts'
import { leadsOut } from '../routes/path.ts'
import type { Route } from '../routes/table.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { ifReadable } from '../web/parsed-body.ts'
import { isWhole } from '../web/peeked-body.ts'
import { addKept, cutOff, sendToNode } from '../web/send.ts'
import { pathOf } from '../web/target.ts'
import { ExpressPassed } from './passed.ts'
import { bodyOf, originFor, type ConnectRequest, type ConnectResponse, type Next } from './request.ts'

/** A request and its response, as Express, Connect or `node:http` hand them over. */
export class ExpressExchange implements HostExchange {
  readonly req: ConnectRequest
  readonly res: ConnectResponse
  readonly target: string
  readonly #endpoint: Endpoint
  readonly #next: Next
  readonly #passage: Passage | undefined

  /**
   * @param target what handlers are told that was asked for
   * @param passage through a gate that has something to add to the answer
   */
  constructor (endpoint: Endpoint, req: ConnectRequest, res: ConnectResponse, target: string, next: Next, passage: Passage | undefined) {
    this.#endpoint = endpoint
    this.#passage = passage
    this.req = req
    this.res = res
    this.target = target
    this.#next = next
  }

  get method (): string { return this.req.method! }
  get headers (): IncomingHttpHeaders { return this.req.headers }
  get touched (): undefined { return undefined }
  get bodyLimit (): number { return this.#endpoint.bodyLimit }

  get host (): ExpressHost { return { name: 'express', req: this.req, res: this.res } }

  mountPath (): string { return this.req.baseUrl ?? '' }

  clientIp (): string | undefined { return this.req.ip ?? this.req.socket.remoteAddress }

  origin (): string { return originFor(this.req) }

  body (): Readable | Uint8Array { return bodyOf(this.req) }

  remadeBody (): Readable | Uint8Array | undefined {
    const { req } = this
    // The handler itself may have read it, and Express 4 then left {} in its place.
    const isParsed = req._body === true || req.rawBody !== undefined || (req.body !== undefined && !isEmptyObject(req.body) && !isWhole(req))
    return isParsed ? ifReadable(() => bodyOf(req)) : undefined
  }

  answer (outgoing: Outgoing, context: Pick<HandlerContext, 'abort'>): void {
    const { res } = this
    const { lifecycle } = this.#endpoint.mount
    const { body } = outgoing
    // The handler, or the host, has answered by other ways.
    if (res.headersSent) {
      if (body instanceof Readable) body.destroy()
      return
    }
    if (lifecycle.closing) res.setHeader('connection', 'close')
    if (body instanceof Readable) followStream(body, res, context, lifecycle)
    sendToNode(res, this.#passage === undefined ? outgoing : this.#passage.overlay(outgoing), (error) => { this.fail(error) })
  }

  get isRerouted (): boolean { return this.#passage?.isRerouted === true }

  presetHeaders (): Record<string, unknown> { return { ...this.res.getHeaders() } }

  passOn (headers: string[], oldCode = this.#endpoint.mount.oldCode): void {
    if (this.res.headersSent) return
    addKept(this.res, headers)
    const { lifecycle, basePath } = this.#endpoint.mount
    if (oldCode === undefined || leadsOut(pathOf(basePath === '' ? this.req.url! : this.target))) this.#next()
    else oldCode.answer(new ExpressPassed(this.req, this.res, this.target, lifecycle, this.#next))
  }

  notFound (): void { this.#next() }

  fail (error: Error): void {
    const { res } = this
    const { mount, route } = this.#endpoint
    const hasLeft = res.destroyed && !res.writableFinished
    if (hasLeft) return
    // The host has answered, or the answer has begun: nobody else can be told.
    if (res.headersSent) mount.logError(this, error, `route handler failed: ${this.method} ${route.path} (${route.file})`)
    else this.#giveToHost(withRoute(error, route, this.method))
  }

  /** What the host does in `next` may fail, too; no request may hang because of it. */
  #giveToHost (error: Error): void {
    try {
      this.#next(error)
    } catch (thrown) {
      this.#endpoint.mount.logError(this, thrown, 'the host failed to handle an error')
      cutOff(this.res)
    }
  }
}

/** The host logs the error, so the error itself says which route it came from. */
function withRoute (error: Error, { file, path }: Route, method: string): Error {
  if (Object.isExtensible(error)) Object.defineProperty(error, 'appRoute', { value: { file, path, method }, enumerable: true, configurable: true, writable: true })
  return error
}

const isEmptyObject = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0

/** What `hostRequest()` gives in Express. */
export interface ExpressHost {
  readonly name: 'express'
  readonly req: ConnectRequest
  readonly res: ConnectResponse
}

import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Followed, PassedRequest } from '../handle/passed-request.ts'
import type { Lifecycle } from '../handle/lifecycle.ts'
import { followStream } from '../handle/stream.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { cutOffUnended, sendToNode } from '../web/send.ts'
import { logError } from './log.ts'
import { bodyOf, originFor, trustsProxy, type ConnectRequest, type ConnectResponse, type Next } from './request.ts'

/** A request of Express's that the old code is to answer. */
export class ExpressPassed implements PassedRequest {
  readonly req: ConnectRequest
  readonly res: ConnectResponse
  readonly target: string
  readonly #lifecycle: Lifecycle
  readonly #next: Next

  constructor (req: ConnectRequest, res: ConnectResponse, target: string, lifecycle: Lifecycle, next: Next) {
    this.req = req
    this.res = res
    this.target = target
    this.#lifecycle = lifecycle
    this.#next = next
  }

  get method (): string { return this.req.method! }
  get headers (): IncomingHttpHeaders { return this.req.headers }

  origin (): string { return originFor(this.req) }

  addresses (): string[] {
    const { req } = this
    const nearest = req.socket.remoteAddress ?? ''
    const said = req.headers['x-forwarded-for']
    return said !== undefined && trustsProxy(req) ? [String(said), nearest] : [nearest]
  }

  body (): Readable | Uint8Array { return bodyOf(this.req) }

  /** Headers of the host are on `res` already. */
  handOver (): void {}

  send (outgoing: Outgoing): void {
    const { res } = this
    if (this.#lifecycle.closing) res.setHeader('connection', 'close')
    if (outgoing.body instanceof Readable) followStream(outgoing.body, res, NO_SIGNAL, this.#lifecycle)
    sendToNode(res, outgoing, (error) => { if (!res.headersSent) this.fail(error) })
  }

  follow ({ closing, cut }: Followed): () => void {
    return this.#lifecycle.addStream({ abort: () => { closing?.() }, cancel: cut })
  }

  next (): void {
    if (!this.res.headersSent) this.#next()
  }

  fail (error: unknown, message?: string): void {
    if (message !== undefined || this.res.headersSent) this.log(error, message ?? 'the fallback failed')
    if (this.res.headersSent) cutOffUnended(this.res)
    else this.#next(error)
  }

  log (error: unknown, message: string): void {
    logError(this.req, error, message)
  }
}

/** Old code has no signal that could be aborted: it is told by its connection. */
const NO_SIGNAL = { abort: (): void => {} }

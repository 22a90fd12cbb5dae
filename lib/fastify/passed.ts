import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Followed, PassedRequest } from '../handle/passed-request.ts'
import { HandlerThrewError } from '../errors.ts'
import type { Lifecycle } from '../handle/lifecycle.ts'
import { followStream } from '../handle/stream.ts'
import type { NodeRequest, NodeResponse } from '../web/exchange.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { addKept, cutOffUnended } from '../web/send.ts'
import { pathOf } from '../web/target.ts'
import { sendDefault } from './errors.ts'
import { originFor } from './request.ts'
import { sendReply } from './send.ts'

/** A request of Fastify's that the old code is to answer. */
export class FastifyPassed implements PassedRequest {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly target: string
  readonly #lifecycle: Lifecycle
  readonly #nothing: () => void
  readonly body: () => Readable | Uint8Array

  /**
   * @param nothing goes on where the old code has no answer
   * @param target what is asked for, where it is not what the client asked for
   */
  constructor (request: FastifyRequest, reply: FastifyReply, lifecycle: Lifecycle, body: () => Readable | Uint8Array, nothing: () => void, target = request.url) {
    this.request = request
    this.reply = reply
    this.target = target
    this.#lifecycle = lifecycle
    this.body = body
    this.#nothing = nothing
  }

  get req (): NodeRequest { return this.request.raw }
  get res (): NodeResponse { return this.reply.raw }
  get method (): string { return this.request.method }
  get headers (): IncomingHttpHeaders { return this.request.headers }

  origin (): string { return originFor(this.request) }

  addresses (): string[] {
    const { ip, ips } = this.request
    // From the nearest to the farthest
    return ips === undefined ? [ip] : [...ips].reverse()
  }

  handOver (): void {
    const headers = Object.entries(this.reply.getHeaders()).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).flatMap((item) => [name, String(item)]))
    addKept(this.reply.raw, headers)
  }

  send (outgoing: Outgoing): void {
    const reply = this.reply
    if (this.#lifecycle.closing && this.req.httpVersionMajor < 2) reply.header('connection', 'close')
    if (outgoing.body instanceof Readable) followStream(outgoing.body, reply.raw, NO_SIGNAL, this.#lifecycle)
    sendReply(reply, outgoing)
  }

  follow ({ closing, cut }: Followed): () => void {
    return this.#lifecycle.addStream({ abort: () => { closing?.() }, cancel: cut })
  }

  next (): void {
    if (!this.reply.sent && !this.res.headersSent) this.#nothing()
  }

  fail (error: unknown, message = `the fallback failed: ${this.method} ${pathOf(this.target)}`): void {
    const reply = this.reply
    const reason = error instanceof Error ? error : new HandlerThrewError(String(error), { cause: error })
    this.log(reason, message)
    if (reply.raw.headersSent) cutOffUnended(reply.raw)
    // Fastify's own would send the message.
    else if (reply.server.errorHandler.name === 'defaultErrorHandler') sendDefault(reply, reason)
    else reply.send(reason)
  }

  log (err: unknown, message: string): void {
    this.request.log.error({ err }, message)
  }
}

/** Old code has no signal that could be aborted: it is told by its connection. */
const NO_SIGNAL = { abort: (): void => {} }

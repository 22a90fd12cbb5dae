import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { HandlerContext, HostExchange, Mount } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import type { OldCode } from '../handle/passed-request.ts'
import { followStream } from '../handle/stream.ts'
import type { Passage } from '../proxy/passage.ts'
import { leadsOut } from '../routes/path.ts'
import type { NodeRequest, NodeResponse } from '../web/exchange.ts'
import { ifReadable } from '../web/parsed-body.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { pathOf } from '../web/target.ts'
import { cutOff } from '../web/send.ts'
import { fail, noteFailure } from './errors.ts'
import { FastifyPassed } from './passed.ts'
import { bodyOf, originFor } from './request.ts'
import { addReplyHeaders, headersBefore, sendReply } from './send.ts'

/** A request and its reply, as Fastify hands them over. */
export class FastifyExchange implements HostExchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly target: string
  readonly #endpoint: Endpoint
  readonly #passage: Passage | undefined

  /**
   * @param target what handlers are told that was asked for
   * @param passage through a gate that has something to add to the answer
   */
  constructor (endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply, target: string, passage: Passage | undefined) {
    this.#endpoint = endpoint
    this.#passage = passage
    this.request = request
    this.reply = reply
    this.target = target
  }

  get req (): NodeRequest { return this.request.raw }
  get res (): NodeResponse { return this.reply.raw }
  get method (): string { return this.request.method }
  get headers (): IncomingHttpHeaders { return this.request.headers }
  get touched (): undefined { return undefined }
  get bodyLimit (): number { return this.#endpoint.bodyLimit }

  get host (): FastifyHost { return new FastifyHost(this.request, this.reply) }

  mountPath (): string { return this.#endpoint.prefix }

  clientIp (): string { return this.request.ip }

  origin (): string { return originFor(this.request) }

  body (): Readable | Uint8Array { return bodyOf(this.request) }

  remadeBody (): Readable | Uint8Array | undefined {
    const { body, raw } = this.request
    return body === undefined || body === raw ? undefined : ifReadable(() => bodyOf(this.request))
  }

  answer (outgoing: Outgoing, context: Pick<HandlerContext, 'abort'>): void {
    const { reply } = this
    const { lifecycle } = this.#endpoint.mount
    const { body } = outgoing
    // The handler has taken the reply over, or the host has given up waiting for it.
    if (reply.sent) {
      if (body instanceof Readable) body.destroy()
      return
    }
    if (lifecycle.closing && this.req.httpVersionMajor < 2) reply.header('connection', 'close')
    if (body instanceof Readable) {
      followStream(body, reply.raw, context, lifecycle)
      this.#takeBackOnError(body, outgoing)
    }
    sendReply(reply, this.#passage === undefined ? outgoing : this.#passage.overlay(outgoing))
  }

  /** A stream that fails before it begins leaves the reply as the handler found it. */
  #takeBackOnError (body: Readable, { headers }: Outgoing): void {
    const { reply } = this
    const takeBack = headersBefore(reply)
    body.once('error', (error) => {
      if (reply.raw.headersSent) return cutOff(reply.raw)
      takeBack(headers)
      noteFailure(this.request, reply, this.#endpoint.route, error)
    })
  }

  get isRerouted (): boolean { return this.#passage?.isRerouted === true }

  presetHeaders (): Record<string, unknown> { return { ...this.reply.getHeaders() } }

  passOn (headers: string[], oldCode = this.#endpoint.mount.oldCode): void {
    const { reply } = this
    if (reply.sent) return
    addReplyHeaders(reply, headers)
    giveToOthers(this.request, reply, this.#endpoint.mount, this.#endpoint.prefix, oldCode)
  }

  notFound (): void { this.reply.callNotFound() }

  fail (error: Error): void {
    fail(this.request, this.reply, this.#endpoint.route, error)
  }
}

/** Has a matched request that a route does not take answered by the old code, or by what the server has where nothing is. */
export function giveToOthers (request: FastifyRequest, reply: FastifyReply, { lifecycle }: Mount, prefix: string, oldCode: OldCode | undefined): void {
  const nothing = (): void => { reply.callNotFound() }
  if (oldCode === undefined || leadsOut(pathOf(request.url), prefix)) nothing()
  else oldCode.answer(new FastifyPassed(request, reply, lifecycle, () => bodyOf(request), nothing))
}

/** What `hostRequest()` gives in Fastify. */
export class FastifyHost {
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly name = 'fastify'

  constructor (request: FastifyRequest, reply: FastifyReply) {
    this.#request = request
    this.#reply = reply
  }

  get request (): FastifyRequest { return this.#request }
  get reply (): FastifyReply { return this.#reply }
  get server (): FastifyRequest['server'] { return this.#request.server }
}

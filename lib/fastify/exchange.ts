import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { BodyConsumedError } from '../errors.ts'
import type { HandlerContext, HostExchange } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import { followStream } from '../handle/stream.ts'
import type { NodeRequest, NodeResponse } from '../web/exchange.ts'
import { parsedBodyBytes } from '../web/parsed-body.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { originOf } from '../web/url.ts'
import { cutOff } from '../web/send.ts'
import { fail, noteFailure } from './errors.ts'
import { headersBefore, sendReply } from './send.ts'

/** A request and its reply, as Fastify hands them over. */
export class FastifyExchange implements HostExchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly target: string
  readonly #endpoint: Endpoint

  constructor (endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply, target: string) {
    this.#endpoint = endpoint
    this.request = request
    this.reply = reply
    this.target = target
  }

  get req (): NodeRequest { return this.request.raw }
  get res (): NodeResponse { return this.reply.raw }
  get method (): string { return this.request.method }
  get headers (): IncomingHttpHeaders { return this.request.headers }
  get bodyLimit (): number { return this.#endpoint.bodyLimit }

  get host (): FastifyHost { return new FastifyHost(this.request, this.reply) }

  clientIp (): string { return this.request.ip }

  origin (): string {
    return originOf(this.request.protocol, this.request.host, this.request.raw.socket?.localPort)
  }

  body (): Readable | Uint8Array {
    const { body, raw, headers } = this.request
    // Undefined: Fastify saw no body, and left the connection alone.
    if (body === undefined) return raw
    const bytes = parsedBodyBytes((this.request as { rawBody?: unknown }).rawBody, body, headers['content-type'])
    if (bytes === undefined) throw new BodyConsumedError()
    return bytes
  }

  answer (outgoing: Outgoing, context: HandlerContext): void {
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
    sendReply(reply, outgoing)
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

  fail (error: Error): void {
    fail(this.request, this.reply, this.#endpoint.route, error)
  }
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

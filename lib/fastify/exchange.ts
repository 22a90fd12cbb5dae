import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { BodyConsumedError } from '../errors.ts'
import type { HostExchange } from '../handle/context.ts'
import type { NodeRequest, NodeResponse } from '../web/exchange.ts'
import { parsedBodyBytes } from '../web/parsed-body.ts'
import { originOf } from '../web/url.ts'

/** A request and its reply, as Fastify hands them over. */
export class FastifyExchange implements HostExchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly target: string
  readonly bodyLimit: number

  constructor (request: FastifyRequest, reply: FastifyReply, target: string, bodyLimit: number) {
    this.request = request
    this.reply = reply
    this.target = target
    this.bodyLimit = bodyLimit
  }

  get req (): NodeRequest { return this.request.raw }
  get res (): NodeResponse { return this.reply.raw }
  get method (): string { return this.request.method }
  get headers (): IncomingHttpHeaders { return this.request.headers }

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

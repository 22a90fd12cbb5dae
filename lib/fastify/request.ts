import type { FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { BodyConsumedError } from '../errors.ts'
import { parsedBodyBytes } from '../web/parsed-body.ts'
import { originOf } from '../web/url.ts'

/** Scheme and authority as the host sees them. */
export function originFor ({ protocol, host, raw }: FastifyRequest): string {
  return originOf(protocol, host, raw.socket?.localPort)
}

/** @throws BodyConsumedError where somebody has read it, and left nothing */
export function bodyOf (request: FastifyRequest & { rawBody?: unknown }): Readable | Uint8Array {
  const { body, raw, headers, rawBody } = request
  // Undefined: Fastify saw no body, and left the connection alone.
  if (body === undefined) return raw
  const bytes = parsedBodyBytes(rawBody, body, headers['content-type'])
  if (bytes === undefined) throw new BodyConsumedError()
  return bytes
}

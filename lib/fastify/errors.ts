import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BadPathError, BodyTooLargeError } from '../errors.ts'
import type { Route } from '../routes/table.ts'

/** The requests whose handler failed, with the error. */
const failures = new WeakMap<FastifyRequest, Error>()

/** Ends a request whose handler failed: logs why, and gives the error to the host. */
export function fail (request: FastifyRequest, reply: FastifyReply, route: Route, error: Error): void {
  if (error instanceof BodyTooLargeError) {
    // The client is still sending what nobody is going to read.
    reply.header('connection', 'close')
  } else if (!(error instanceof BadPathError)) {
    failures.set(request, error)
    const gone = reply.raw.destroyed || request.raw.aborted
    request.log[gone ? 'debug' : 'error']({ err: error, route: { file: route.file, method: request.method } }, `route handler failed: ${request.method} ${route.path} (${route.file})`)
  }
  reply.send(error)
}

/**
 * The error handler of our routes. Where the host has one of its own, that one decides. Fastify's default handler would
 * send the message of a failed handler: there the client gets Next.js's empty 500.
 */
export function errorHandler (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (failures.get(request) !== error as Error || request.server.errorHandler.name !== 'defaultErrorHandler') throw error
  reply.code(500).send()
}

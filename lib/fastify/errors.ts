import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isClientsDoing } from '../errors.ts'
import { defaultAnswer } from '../handle/default-answer.ts'
import type { Route } from '../routes/table.ts'

/** The requests whose handler failed, with the error. */
const failures = new WeakMap<FastifyRequest, Error>()

/** Ends a request whose handler failed: logs why, and gives the error to the host. */
export function fail (request: FastifyRequest, reply: FastifyReply, route: Route, error: Error): void {
  try {
    if (!isClientsDoing(error)) noteFailure(request, reply, route, error)
  } catch {
    // A logger may choke on what was thrown; the client is answered all the same.
  }
  reply.send(error)
}

/** Logs why a handler failed, for an error that the host is going to get. */
export function noteFailure (request: FastifyRequest, reply: FastifyReply, route: Route, error: Error): void {
  failures.set(request, error)
  const gone = reply.raw.destroyed || request.raw.aborted
  const isClients = (defaultAnswer(error)?.status ?? 500) < 500
  request.log[gone ? 'debug' : isClients ? 'info' : 'error']({ err: error, route: { file: route.file, method: request.method } }, `route handler failed: ${request.method} ${route.path} (${route.file})`)
}

/**
 * The error handler of our routes. Where the host has one of its own, that one decides. Fastify's default handler would
 * send the message of a failed handler: there the client gets Next.js's empty 500, or what an old handler's error stands for.
 */
export function errorHandlerFor (child: FastifyInstance): FastifyRoutesErrorHandler {
  let inherited: unknown
  child.after(() => { inherited = child.errorHandler })
  return (error, request, reply) => {
    const own = child.errorHandler
    if (own.name === 'defaultErrorHandler' && failures.get(request) === error as Error) {
      sendDefault(reply, error)
      return
    }
    // Fastify's routes keep to the handler that was there when they were added; a later one is asked by hand.
    if (own !== inherited) return own(error, request, reply)
    throw error
  }
}

/** What an error stands for, where the host has no say in it. */
export function sendDefault (reply: FastifyReply, error: Error): void {
  // What was set for a stream that failed before it began is on the raw response already.
  const { status, headers = {}, body } = defaultAnswer(error) ?? { status: 500, body: undefined }
  reply.removeHeader('content-type').removeHeader('content-encoding').code(status).headers(headers)
  if (body === undefined) reply.send()
  else reply.type(headers['content-type'] ?? 'text/plain; charset=utf-8').send(body)
}

type FastifyRoutesErrorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => unknown

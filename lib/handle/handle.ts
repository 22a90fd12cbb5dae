import { requestStorage } from '../context/request-context.ts'
import { BadPathError, BodyTooLargeError, HandlerThrewError, NoResponseError } from '../errors.ts'
import type { CookieJar } from '../next/cookie-jar.ts'
import { controlFlow } from '../next/navigation.ts'
import type { Method, Route } from '../routes/table.ts'
import { announcesTooMuch, drainAfterAnswer } from '../web/body.ts'
import { LightResponse } from '../web/light-response.ts'
import { toOutgoing, type Outgoing } from '../web/outgoing.ts'
import { HandlerContext, type HostExchange, type Mount } from './context.ts'

/** An answer, and the context that it came from. */
export interface Answer {
  outgoing: Outgoing
  context: HandlerContext
}

/**
 * Runs a route's handler for a request.
 * @param path the path that the host matched, as the client sent it
 * @param skip how many segments of it belong to the mount prefix
 * @throws BodyTooLargeError before the handler runs, where the client announces too much
 * @throws whatever the handler throws that is not an answer in itself (redirect, notFound …), always as an `Error`
 */
export async function handle (mount: Mount, route: Route, exchange: HostExchange, path: string, skip: number): Promise<Answer> {
  if (announcesTooMuch(exchange)) {
    drainAfterAnswer(exchange)
    throw new BodyTooLargeError()
  }
  const context = new HandlerContext(mount, exchange, route)
  const handler = route.handlers[exchange.method as Method] as (request: unknown, context: unknown) => unknown
  const argument = decodeParams(context, path, skip)
  let response: unknown
  try {
    response = await requestStorage.run(context, handler, context.request, argument)
  } catch (error) {
    return answerToThrown(context, error)
  } finally {
    context.settle()
  }
  return answer(context, checked(response, context))
}

function decodeParams (context: HandlerContext, path: string, skip: number): unknown {
  try {
    return context.handlerContext(path, skip)
  } catch {
    throw new BadPathError(path)
  }
}

function answer (context: HandlerContext, response: Response): Answer {
  const headers = (context.jar as CookieJar | undefined)?.addTo(response.headers) ?? response.headers
  const { exchange } = context
  return { outgoing: toOutgoing(response, headers, exchange.method, exchange.req.httpVersionMajor), context }
}

/** Cookies that were set go out with redirects, and are lost with 401, 403 and 404, as in Next.js. */
function answerToThrown (context: HandlerContext, error: unknown): Answer {
  const flow = controlFlow(error)
  if (flow === undefined) throw error instanceof Error ? error : new HandlerThrewError(describe(error), { cause: error })
  if (flow.location === undefined) {
    context.jar = undefined
    return answer(context, new LightResponse(null, { status: flow.status }))
  }
  return answer(context, new LightResponse(null, { status: flow.status, headers: { location: flow.location } }))
}

/** @throws NoResponseError where a handler gave no response that can be sent */
function checked (response: unknown, { route, exchange }: HandlerContext): Response {
  const where = `(method: ${exchange.method}, url: ${exchange.target})`
  if (!(response instanceof Response)) {
    throw new NoResponseError(`No response is returned from route handler '${route.file}'. Expected a Response object but received '${describe(response)}' ${where}. Ensure you return a \`Response\` or a \`NextResponse\` in all branches of your handler.`)
  }
  if (response.status === 0) throw new NoResponseError(`The route handler '${route.file}' returned Response.error(), which no server can send ${where}.`)
  // A client would go on waiting for the final answer (RFC 9110, 15.2).
  if (response.status < 200) throw new NoResponseError(`The route handler '${route.file}' returned a Response of status ${response.status}, which is not a final one ${where}.`)
  if (response.bodyUsed) throw new NoResponseError(`The route handler '${route.file}' returned a Response whose body was read already ${where}.`)
  if (response.headers.has('x-middleware-rewrite')) {
    throw new NoResponseError(`NextResponse.rewrite() was used in the route handler '${route.file}'; it is for middleware only ${where}.`)
  }
  if (response.headers.get('x-middleware-next') === '1') {
    throw new NoResponseError(`NextResponse.next() was used in the route handler '${route.file}'; it is for middleware only ${where}. See https://nextjs.org/docs/messages/next-response-next-in-app-route-handler`)
  }
  return response
}

/** The kind of a value that should have been something else; never its content. */
function describe (value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return typeof value
  return (value as { constructor?: { name?: string } }).constructor?.name ?? 'Object'
}

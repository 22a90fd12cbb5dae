import { wrapFetch } from '../cache/global-fetch.ts'
import { requestStorage } from '../context/request-context.ts'
import { BadPathError, BodyTooLargeError, HandlerThrewError, NoResponseError } from '../errors.ts'
import type { CookieJar } from '../next/cookie-jar.ts'
import { controlFlowResponse } from '../next/control-flow.ts'
import { announcesTooMuch } from '../web/body.ts'
import { drainAfterAnswer } from '../web/drain.ts'
import { ownHeaders } from '../web/light-response.ts'
import { toOutgoing } from '../web/outgoing.ts'
import { HandlerContext, type HostExchange } from './context.ts'
import type { Endpoint } from './endpoint.ts'
import { answerObserved, failObserved } from './observe.ts'
import { passedOn, passesOn, setRequestHeaders } from './pass-on.ts'
import { Response } from '../web/native.ts'

/**
 * Runs a handler for a request, and tells the exchange what came of it: an answer, or an error that is no answer in itself
 * (as redirect and notFound are), always as an `Error`. Made of plain callbacks, since every promise more would cost each
 * request.
 * @param path the path that the host matched, as the client sent it
 * @returns the context of the handler, where one was called
 */
export function handle (endpoint: Endpoint, exchange: HostExchange, path: string): HandlerContext | undefined {
  const observer = endpoint.mount.observe(endpoint, exchange)
  if (endpoint.takesBody && announcesTooMuch(exchange)) {
    drainAfterAnswer(exchange)
    exchange.fail(new BodyTooLargeError())
    return undefined
  }
  let params: Promise<unknown> | undefined
  try {
    params = endpoint.params(path)
  } catch {
    exchange.fail(new BadPathError(path))
    return undefined
  }
  const context = new HandlerContext(endpoint, exchange, path, observer)
  let result: unknown
  try {
    result = observer === undefined ? callHandler(context, params) : observer.run(() => callHandler(context, params))
  } catch (error) {
    answerToThrown(context, error)
    return context
  }
  if (result instanceof Response) answerWith(context, result)
  // As `await` does it: whatever has a `then` is waited for.
  else Promise.resolve(result).then((response) => { answerWith(context, response) }, (error: unknown) => { answerToThrown(context, error) })
  return context
}

function callHandler (context: HandlerContext, params: Promise<unknown> | undefined): unknown {
  const { endpoint } = context
  if (!endpoint.route.needsContext) return endpoint.handler(context.request, { params })
  wrapFetch()
  return requestStorage.run(context, endpoint.handler, context.request, { params })
}

function answerWith (context: HandlerContext, response: unknown): void {
  const { exchange } = context
  context.settle()
  const pending = context.usedCaching?.pending
  if (pending !== undefined) {
    context.usedCaching!.pending = undefined
    // Whoever asks next is to see what was invalidated.
    void Promise.allSettled(pending).then(() => { answerWith(context, response) })
    return
  }
  try {
    if (!(response instanceof Response) || isUnsendable(response)) {
      answerByAnother(context, response)
      context.observer?.handled()
      return
    }
    const headers = (context.jar as CookieJar | undefined)?.addTo(response)
    answerObserved(context, toOutgoing(response, headers, exchange.method, exchange.req.httpVersionMajor))
  } catch (error) {
    failObserved(context, error as Error)
  }
}

/** Cookies that were set go out with redirects, and are lost with 401, 403 and 404, as in Next.js. */
function answerToThrown (context: HandlerContext, thrown: unknown): void {
  let error = thrown
  try {
    const response = controlFlowResponse(thrown, context)
    if (response !== undefined) {
      if (!response.headers.has('location')) context.jar = undefined
      answerWith(context, response)
      return
    }
  } catch (cause) {
    // The target of a redirect may be what no header can hold.
    error = cause
  }
  context.settle()
  failObserved(context, error instanceof Error ? error : new HandlerThrewError(describe(error), { cause: error }), error)
}

/** @throws NoResponseError where the handler does not pass the request on, either */
function answerByAnother (context: HandlerContext, response: unknown): void {
  const { exchange, endpoint } = context
  if (endpoint.mount.strict || !(response instanceof Response) || !passesOn(response)) throw noResponse(response, context)
  const { headers, requestHeaders } = passedOn(context, response)
  if (requestHeaders !== undefined) setRequestHeaders(exchange, requestHeaders)
  exchange.passOn(headers)
}

/** Why what a handler returned is no response that can be sent. */
function noResponse (response: unknown, { route, exchange }: HandlerContext): Error {
  const where = `(method: ${exchange.method}, url: ${exchange.target})`
  if (!(response instanceof Response)) {
    return new NoResponseError(`No response is returned from route handler '${route.file}'. Expected a Response object but received '${describe(response)}' ${where}. Ensure you return a \`Response\` or a \`NextResponse\` in all branches of your handler.`)
  }
  if (response.status === 0) return new NoResponseError(`The route handler '${route.file}' returned Response.error(), which no server can send ${where}.`)
  // A client would go on waiting for the final answer (RFC 9110, 15.2).
  if (response.status < 200) return new NoResponseError(`The route handler '${route.file}' returned a Response of status ${response.status}, which is not a final one ${where}.`)
  if (response.bodyUsed) return new NoResponseError(`The route handler '${route.file}' returned a Response whose body was read already ${where}.`)
  if (response.headers.has('x-middleware-rewrite')) {
    return new NoResponseError(`NextResponse.rewrite() was used in the route handler '${route.file}'; it is for middleware only ${where}.`)
  }
  return new NoResponseError(`NextResponse.next() was used in the route handler '${route.file}', and the option \`strict\` allows it in middleware only ${where}. See https://nextjs.org/docs/messages/next-response-next-in-app-route-handler`)
}

function isUnsendable (response: Response): boolean {
  if (response.status < 200 || response.bodyUsed) return true
  const headers = ownHeaders(response)
  return headers !== undefined && (headers.has('x-middleware-rewrite') || headers.get('x-middleware-next') === '1')
}

/** The kind of a value that should have been something else; never its content. */
function describe (value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return typeof value
  try {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name
    return typeof name === 'string' && name !== '' ? name : 'object'
  } catch {
    return 'object'
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { requestStorage } from '../context/request-context.ts'
import { BodyTooLargeError } from '../errors.ts'
import type { HandlerContext } from '../handle/context.ts'
import { setStatusAnswer } from '../handle/default-answer.ts'
import type { AnyNodeHandler } from '../handle/passed-request.ts'
import { addCookies, dress, inherit, loadExpress } from './express-objects.ts'
import { describesBody, keepHeaders } from './kept-headers.ts'
import { nodePair, type NodePair } from './node-pair.ts'
import { withVerbs, type LegacyRoute } from './verbs.ts'

/** The request of an old handler. Express and its middleware add more. */
export interface LegacyRequest extends IncomingMessage {
  /** The parameters of the route file's path. */
  params: Record<string, string | string[] | undefined>
  /** The query as Express parses it. */
  query: Record<string, unknown>
  /** The client's cookies, for a handler that stands alone. */
  cookies?: Record<string, string>
  /** What a body parser has read, of the host's or in the chain. */
  body?: unknown
}

/** Calls the next handler, or fails with an error. */
export type LegacyNext = (error?: unknown) => void

/** A handler of `node:http`, Connect or Express. */
export type NodeHandler = (req: LegacyRequest, res: ServerResponse, next: LegacyNext) => unknown

type Callable = (...args: unknown[]) => unknown

/**
 * Makes a route handler of old handlers: of a `(req, res)` or `(req, res, next)` function, of a whole Express or Connect
 * application or router, or of several in a row, as `app.use()` takes them.
 *
 *     export const { GET, POST } = fromNodeHandler(expressApp)
 *     export const PUT = fromNodeHandler(express.json(), updateUser)
 *
 * The result is a handler, and has itself as member for each verb. Where nobody answers (`next()`), the answer is 404;
 * `next(error)` and what handlers throw goes to the host's error handling. The page "Old handlers" of the documentation
 * (docs/legacy.md in the repository) has the rest.
 */
export function fromNodeHandler (handler: NodeHandler): LegacyRoute
export function fromNodeHandler (...handlers: AnyNodeHandler[]): LegacyRoute
export function fromNodeHandler (...handlers: unknown[]): LegacyRoute {
  if (handlers.length === 0 || handlers.some((handler) => typeof handler !== 'function')) {
    throw new TypeError('fromNodeHandler() takes functions: (req, res) handlers, middleware, or applications.')
  }
  const chain = handlers as Callable[]
  const isExpressApp = chain.length === 1 && 'request' in chain[0]!
  const standsAlone = chain.length === 1 && !isApplication(chain[0]!)
  // Now, while the server starts, rather than in the midst of its first request.
  if (!isExpressApp) loadExpress()

  return withVerbs(async (request, { params }) => {
    const context = requestStorage.getStore() as HandlerContext | undefined
    const pair = nodePair(request, context?.exchange.req.socket)
    const { req, res } = pair
    inherit(req, res, context)
    Object.assign(req, { params: { ...await params as object } })
    if (!isExpressApp) dress(req, res, context)
    if (standsAlone) addCookies(req)
    const fail = failing(pair, context)
    runChain(chain, req, res, (error) => {
      if (error !== undefined) fail(setStatusAnswer(error))
      else if (!res.headersSent) notFound(res)
    })
    return await pair.connection.response
  })
}

/** Express and Connect applications and routers. */
const isApplication = (handler: Callable): boolean => typeof (handler as { handle?: unknown }).handle === 'function'

/** Calls handlers in a row, as Express does: the next on `next()`, the next of four parameters on `next(error)`. */
function runChain (chain: Callable[], req: IncomingMessage, res: ServerResponse, done: (error?: unknown) => void): void {
  let index = 0
  const next = (error?: unknown): void => {
    const handler = chain[index++]
    const skipsRest = error === 'route' || error === 'router'
    if (handler === undefined || skipsRest) return done(skipsRest ? undefined : error ?? undefined)
    const hasError = error !== undefined && error !== null
    const takesErrors = handler.length === 4 && !isApplication(handler)
    if (hasError !== takesErrors) return next(error)
    try {
      const result = hasError ? handler(error, req, res, next) : handler(req, res, next)
      if (isPromise(result)) result.then(undefined, (reason: unknown) => { next(reason ?? new Error('An old handler was rejected without a reason')) })
    } catch (thrown) {
      next(thrown ?? new Error('An old handler threw nothing'))
    }
  }
  next()
}

const isPromise = (value: unknown): value is PromiseLike<unknown> => typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

/** What the handlers have set so far (cookies, CORS) stays, but for what describes a body. */
function notFound (res: ServerResponse): void {
  res.statusCode = 404
  for (const name of res.getHeaderNames()) if (describesBody(name)) res.removeHeader(name)
  res.end()
}

/** What to do with an error: it is the answer's, as long as the answer is not complete. */
export function failing ({ res, connection, bodyError }: NodePair, context: HandlerContext | undefined): (error: unknown) => void {
  const log = (error: unknown, message: string): void => {
    if (context === undefined) console.error(message, error)
    else context.endpoint.mount.logError(context.exchange, error, `${message}: ${context.exchange.method} ${context.route.path} (${context.route.file})`)
  }
  // In Node.js itself this would end the process.
  res.on('error', (error) => { log(error, 'an old handler failed to write its answer') })
  return (error) => {
    if (res.writableEnded) {
      log(error, 'an old handler failed after its answer')
      return
    }
    if (context !== undefined && !res.headersSent && !connection.destroyed) keepHeaders(res, context)
    // A parser may have made its own of it.
    connection.fail(isTooLarge(bodyError()) ? new BodyTooLargeError() : error)
  }
}

const isTooLarge = (error: unknown): boolean => (error as { code?: unknown } | undefined)?.code === 'FST_ERR_CTP_BODY_TOO_LARGE'

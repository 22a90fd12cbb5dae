import type { IncomingMessage, ServerResponse } from 'node:http'
import { parse } from 'node:querystring'
import { requestStorage } from '../context/request-context.ts'
import { NoResponseError } from '../errors.ts'
import type { HandlerContext } from '../handle/context.ts'
import { setDefaultAnswer } from '../handle/default-answer.ts'
import { BODY_LIMIT } from '../handle/endpoint.ts'
import type { NextApiHandler, NextApiRequest } from '../next/api-types.ts'
import { ApiBodyError, parseApiBody } from './api-body.ts'
import { parseApiConfig, type ApiConfig } from './api-config.ts'
import { readPreviewData } from './api-preview.ts'
import { toApiResponse } from './api-response.ts'
import { formatByteSize } from './byte-size.ts'
import { parseCookies } from './cookies.ts'
import { inherit } from './express-objects.ts'
import { lazily } from './lazily.ts'
import { failing } from './node-handler.ts'
import { nodePair } from './node-pair.ts'
import { withVerbs, type LegacyRoute } from './verbs.ts'

/** A handler by Next.js's own types, or others. */
export type AnyApiHandler = (req: never, res: never) => unknown

/**
 * Makes a route handler of a Next.js `pages/api` handler.
 *
 *     import handler, { config } from '../../../pages/api/users.js'
 *     export const { GET, POST } = fromApiRoute(handler, { config })
 *
 * The result is a handler, and has itself as member for each verb. A `sizeLimit` of the config takes the place of the
 * host's body limit. The page "Old handlers" of the documentation (docs/legacy.md in the repository) has the rest.
 * @throws AppRoutesOptionError where the config has a value that it cannot have
 */
export function fromApiRoute (handler: NextApiHandler, options?: { config?: ApiConfig }): LegacyRoute
export function fromApiRoute (handler: AnyApiHandler, options?: { config?: ApiConfig }): LegacyRoute
export function fromApiRoute (handler: NextApiHandler | AnyApiHandler, { config = {} }: { config?: ApiConfig } = {}): LegacyRoute {
  if (typeof handler !== 'function') throw new TypeError('fromApiRoute() takes the handler of an API route, a function (req, res).')
  const { bodyLimit, responseLimit } = parseApiConfig(config)

  const route = withVerbs(async (request, { params }) => {
    const context = requestStorage.getStore() as HandlerContext | undefined
    const pair = nodePair(request, context?.exchange.req.socket)
    const { req, res } = pair
    inherit(req, res, context)
    const apiResponse = toApiResponse(req, res)
    const apiRequest = toApiRequest(req, res, await params as object)
    if (responseLimit !== Infinity) watchSize(req, res, responseLimit, context)
    const fail = failing(pair, context)
    try {
      // The host may have parsed it.
      if (bodyLimit !== undefined && !apiRequest.body) apiRequest.body = await parseApiBody(req, bodyLimit.bytes, bodyLimit.text)
      Promise.resolve(handler(apiRequest as never, apiResponse as never)).then(refuseResponse).catch((error: unknown) => { fail(withText(error)) })
    } catch (error) {
      if (error instanceof ApiBodyError) sendBodyError(res, error)
      else fail(withText(error))
    }
    return await pair.connection.response
  })
  // The parser keeps the limit, and answers as Next.js does.
  return bodyLimit === undefined ? route : Object.assign(route, { [BODY_LIMIT]: Number.MAX_SAFE_INTEGER })
}

function toApiRequest (req: IncomingMessage, res: ServerResponse, params: object | undefined): NextApiRequest {
  const { url = '' } = req
  const search = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  const request = Object.assign(req as NextApiRequest, { query: { ...parse(search), ...params } })
  lazily(request, 'cookies', () => parseCookies(req.headers.cookie))
  lazily(request, 'previewData', () => readPreviewData(req, res))
  lazily(request, 'preview', () => request.previewData === false ? undefined : true)
  lazily(request, 'draftMode', () => request.preview)
  return request
}

/** In Next.js the client would wait for ever. */
function refuseResponse (result: unknown): void {
  if (result instanceof Response) throw new NoResponseError('An API route returned a Response, which only route handlers do. Answer through `res`, or move the handler to a route file.')
}

function sendBodyError (res: ServerResponse, { status, message }: ApiBodyError): void {
  res.statusCode = status
  res.statusMessage = message
  res.end(message)
}

/** Where the host has no error handler of its own, the client gets what Next.js sends. */
function withText (error: unknown): unknown {
  if (error instanceof Error) setDefaultAnswer(error, { status: 500, body: 'Internal Server Error' })
  return error
}

/** Warns of answers that are as large as Next.js advises against. */
function watchSize (req: IncomingMessage, res: ServerResponse, limit: number, context: HandlerContext | undefined): void {
  const { write, end } = res
  let length = 0
  const count = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) length += Buffer.byteLength(chunk)
  }
  res.write = (...args: unknown[]) => {
    count(args[0])
    return Reflect.apply(write, res, args)
  }
  res.end = (...args: unknown[]) => {
    count(args[0])
    if (length >= limit) {
      const message = `API response for ${req.url} exceeds ${formatByteSize(limit)}. API Routes are meant to respond quickly. https://nextjs.org/docs/messages/api-routes-response-size-limit`
      if (context === undefined) console.warn(message)
      else context.endpoint.mount.logWarning(context.exchange, message)
    }
    return Reflect.apply(end, res, args)
  }
}

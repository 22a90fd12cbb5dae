import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { parse } from 'node:querystring'
import type { HandlerContext } from '../handle/context.ts'
import { searchOf } from '../web/target.ts'
import { lazily } from './lazily.ts'
import { parseCookies } from './cookies.ts'

/** As much of an Express application as its request and response need. */
interface ExpressApp {
  request: object
  response: object
}

interface ExpressLikeRequest extends IncomingMessage {
  app?: Partial<ExpressApp>
  params?: unknown
  originalUrl?: string
  baseUrl?: string
  res?: ServerResponse
}

type ExpressLikeResponse = ServerResponse & { locals?: unknown }

/** What the host's router has put on its request; another one has led to this handler. */
const OF_THE_ROUTE = new Set(['app', 'baseUrl', 'next', 'originalUrl', 'params', 'query', 'res', 'route', '_parsedUrl', '_parsedOriginalUrl'])

/** What the host's middleware has put on its request (`user`, `session`, `body`, `log` …) is there for old handlers, too. */
export function inherit (req: IncomingMessage, res: ServerResponse, context: HandlerContext | undefined): void {
  if (context === undefined) return
  const { req: hostRequest, res: hostResponse } = context.exchange
  const source = hostRequest as unknown as Record<string, unknown>
  for (const key of Object.keys(source)) {
    if (!Object.hasOwn(req, key) && !OF_THE_ROUTE.has(key)) (req as unknown as Record<string, unknown>)[key] = source[key]
  }
  const { locals } = hostResponse as ExpressLikeResponse
  if (locals !== undefined) (res as ExpressLikeResponse).locals = locals
}

let ownApp: ExpressApp | null | undefined

/** An application for handlers that have none: Express's where it is installed. */
export function loadExpress (): ExpressApp | null {
  if (ownApp !== undefined) return ownApp
  const require = createRequire(import.meta.url)
  try {
    ownApp = (require('express') as () => ExpressApp)()
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error
    ownApp = null
  }
  return ownApp
}

/** Gives a handler outside any application what Express gives: `req.query`, `res.json()`, `res.locals` … */
export function dress (req: ExpressLikeRequest, res: ExpressLikeResponse, context: HandlerContext | undefined): void {
  const hostApp = (context?.exchange.req as ExpressLikeRequest | undefined)?.app
  const app = hostApp?.request !== undefined && hostApp.response !== undefined ? hostApp as ExpressApp : loadExpress()
  if (app !== null) {
    Object.setPrototypeOf(req, app.request)
    Object.setPrototypeOf(res, app.response)
  }
  req.originalUrl = req.url
  req.baseUrl = ''
  req.res = res
  res.locals ??= Object.create(null)
  // A getter in Express 5, set by a middleware in 4
  if (!('query' in req)) lazily(req, 'query', () => ({ ...parse(searchOf(req.url!).slice(1)) }))
}

/** For a handler that stands alone; in a chain `cookie-parser` does it, and leaves a request alone that has them. */
export function addCookies (req: IncomingMessage): void {
  if (!('cookies' in req)) lazily(req, 'cookies', () => parseCookies(req.headers.cookie))
}

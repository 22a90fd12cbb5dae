import { NoResponseError } from '../errors.ts'
import type { CookieJar } from '../next/cookie-jar.ts'
import { impliedHeader } from '../web/headers.ts'
import { claimHeaders } from '../web/connection-options.ts'
import type { Exchange } from '../web/exchange.ts'
import { ownWord } from '../web/light-headers.ts'
import { bodyTaken } from '../web/lazy-request.ts'
import { toOutgoing } from '../web/outgoing.ts'
import type { HandlerContext } from './context.ts'
import { pairsWhere } from '../web/header-pairs.ts'

/** What a handler that passes its request on has said of it, by `NextResponse.next()`. */
export interface PassedOn {
  /** Headers for whatever answers: names (in lower case) and values in turn. */
  headers: string[]
  /** All headers that the next one is to see; undefined where they stay as they are. */
  requestHeaders: Map<string, string> | undefined
}

/** Whether a response is none, but says that somebody else is to answer. */
export function passesOn ({ headers }: Response): boolean {
  return ownWord(headers, 'x-middleware-next') === '1' && !headers.has('x-middleware-rewrite')
}

/** @throws NoResponseError where the handler has read the body, which the next one would miss */
export function passedOn (context: HandlerContext, response: Response): PassedOn {
  const { exchange, route } = context
  if (isBodyLost(context)) {
    throw new NoResponseError(`The route handler '${route.file}' read the request body and then returned NextResponse.next(): the next handler would miss the body. Decide by the URL, headers or cookies instead (method: ${exchange.method}, url: ${exchange.target}).`)
  }
  const { headers } = response
  const merged = (context.jar as CookieJar | undefined)?.addTo(response) ?? headers
  const all = toOutgoing(response, merged, 'HEAD', exchange.req.httpVersionMajor).headers
  return { headers: pairsWhere(all, (name) => !isInternal(name)), requestHeaders: wantedHeaders(headers, exchange) }
}

/** What a parser of the host has read before us is still there for the next one. */
function isBodyLost ({ request, exchange }: HandlerContext): boolean {
  if (!bodyTaken(request)) return false
  try {
    return !(exchange.body() instanceof Uint8Array)
  } catch {
    return true
  }
}

/** The protocol between a response and what runs it, and what describes the body of another answer. */
const isInternal = (name: string): boolean => name.startsWith('x-middleware-') || /^content-(?:encoding|length|range|type)$/.test(name)

/** What `NextResponse.next({ request: { headers } })` says of the request's headers: all of them; undefined where they stay. */
export function wantedHeaders (headers: Headers, exchange: Exchange): Map<string, string> | undefined {
  const names = ownWord(headers, 'x-middleware-override-headers')
  // Like Next.js, takes an empty list for none.
  if (names === null || names === '') return undefined
  const wanted = new Map<string, string>()
  for (const name of names.split(',')) {
    const value = headers.get(`x-middleware-request-${name}`)
    if (value !== null && !isCopyOfImplied(name, value, exchange)) wanted.set(name, value)
  }
  return wanted
}

/** `new Headers(request.headers)` has the proxy headers that the client did not send: they are of our own making. */
function isCopyOfImplied (name: string, value: string, exchange: Exchange): boolean {
  return exchange.headers[name] === undefined && impliedHeader(name, exchange) === value
}

/** What frames the message that is on its way is not for a handler to change. */
const FRAMING = new Set(['connection', 'content-length', 'expect', 'host', 'transfer-encoding', 'upgrade'])

const isFixed = (name: string): boolean => name.startsWith(':') || FRAMING.has(name)

/** Makes a Node.js request have the given headers, for whoever looks at it next. */
export function setRequestHeaders ({ req, headers }: Pick<Exchange, 'req' | 'headers'>, wanted: Map<string, string>): void {
  const changed = new Map([...wanted].filter(([name, value]) => !isFixed(name) && headers[name] !== value))
  const stays = (name: string): boolean => isFixed(name) || (wanted.has(name) && !changed.has(name))
  const raw = pairsWhere(req.rawHeaders, (name) => stays(name.toLowerCase()))
  for (const name of Object.keys(headers)) if (!stays(name)) delete headers[name]
  for (const [name, value] of changed) {
    headers[name] = value
    raw.push(name, value)
  }
  req.rawHeaders.splice(0, Infinity, ...raw)
  // A client may send the value that will be set, too: which of them have changed makes no difference.
  claimHeaders({ req, headers }, (name) => wanted.has(name))
}

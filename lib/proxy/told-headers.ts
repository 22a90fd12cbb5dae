import { claimHeaders } from '../web/connection-options.ts'
import type { Arrival } from './arrival.ts'
import { removeRaw } from '../web/header-pairs.ts'

/**
 * Shows a request the headers that its proxy has set for the answer: Next.js does so, and code relies on it. Left out is what
 * would change the meaning of the request's own body, and cookies but by their internal name.
 * @param headers names (in lower case) and values in turn
 */
export function tellRequest ({ req, headers: received }: Arrival, headers: string[]): void {
  if (headers.length === 0) return
  const cookies: string[] = []
  const told = new Set([COOKIES])
  for (let index = 0; index < headers.length; index += 2) {
    const [name, value] = [headers[index]!, headers[index + 1]!]
    if (name === 'set-cookie') cookies.push(value)
    else if (!name.startsWith('content-') && !OF_THE_MESSAGE.has(name)) {
      set(req.rawHeaders, received, name, value)
      told.add(name)
    }
  }
  if (cookies.length > 0) set(req.rawHeaders, received, COOKIES, cookies.join(','))
  claimHeaders({ req, headers: received }, (name) => told.has(name))
}

const COOKIES = 'x-middleware-set-cookie'

const OF_THE_MESSAGE = new Set(['connection', 'host', 'trailer', 'transfer-encoding', 'upgrade', 'vary'])

function set (raw: string[], received: Arrival['headers'], name: string, value: string): void {
  removeRaw(raw, name)
  received[name] = value
  raw.push(name, value)
}

/** Nobody but a proxy may tell of cookies that a proxy has set. */
export function forgetTold ({ req, headers }: Pick<Arrival, 'req' | 'headers'>): void {
  if (headers[COOKIES] === undefined) return
  Reflect.deleteProperty(headers, COOKIES)
  removeRaw(req.rawHeaders, COOKIES)
}

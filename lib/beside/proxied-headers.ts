import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { PassedRequest } from '../handle/passed-request.ts'
import { OF_THE_CONNECTION } from '../web/connection-options.ts'

const OF_ONE_HOP = [...OF_THE_CONNECTION, 'connection', 'proxy-authenticate', 'proxy-authorization']

/** The headers that end at a proxy: those that `Connection` names are among them. */
export function hopByHop (connection: string | string[] | undefined): Set<string> {
  const named = String(connection ?? '').toLowerCase().split(',').map((name) => name.trim())
  return new Set([...OF_ONE_HOP, ...named])
}

/**
 * The headers of a request for the upstream, names and values in turn. Who the client is, and what it has asked for, is
 * said anew in `x-forwarded-*`: what a client says itself counts only where the host trusts it.
 * @param via our entry for `Via`
 */
export function requestHeaders (passed: PassedRequest, host: string, via: string): string[] {
  const { headers } = passed
  const dropped = hopByHop(headers.connection)
  const sent: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || dropped.has(name) || REPLACED.has(name) || name.startsWith(':')) continue
    for (const item of Array.isArray(value) ? value : [value]) sent.push(name, item)
  }
  const origin = new URL(passed.origin())
  sent.push(
    'host', host,
    'via', headers.via === undefined ? via : `${headers.via}, ${via}`,
    'x-forwarded-for', passed.addresses().join(', '),
    'x-forwarded-host', origin.host,
    'x-forwarded-proto', origin.protocol.slice(0, -1)
  )
  return sent
}

/** The server has answered `Expect` by itself. */
const REPLACED = new Set(['expect', 'forwarded', 'host', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'])

/**
 * What of an upstream's headers is for the client, names (in lower case) and values in turn. Hosts keep one value of each name, so
 * repeated ones become a list (RFC 9110, 5.3).
 * @param raw as they came
 * @throws TypeError where a header cannot be sent
 */
export function responseHeaders (raw: string[], status: number): string[] {
  const connection: string[] = []
  for (let index = 0; index < raw.length; index += 2) if (raw[index]!.toLowerCase() === 'connection') connection.push(raw[index + 1]!)
  const dropped = hopByHop(connection.join(','))
  // RFC 9110, 8.6
  if (status === 204) dropped.add('content-length')
  const sent: string[] = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    if (dropped.has(name)) continue
    const value = raw[index + 1]!
    validateHeaderName(name)
    validateHeaderValue(name, value)
    const first = name === 'set-cookie' ? -1 : indexOfValue(name, sent)
    if (first === -1) sent.push(name, value)
    else if (!SINGLE.has(name)) sent[first] += `, ${value}`
  }
  return sent
}

/** Where the value of a header is, or -1. */
function indexOfValue (name: string, headers: string[]): number {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return index + 1
  return -1
}

/** Of those that hold no list the first one counts, as in Node.js. */
const SINGLE = new Set(['age', 'content-length', 'content-type', 'date', 'etag', 'expires', 'last-modified', 'location', 'retry-after', 'server'])

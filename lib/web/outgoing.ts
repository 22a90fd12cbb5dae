import { validateHeaderValue } from 'node:http'
import type { Readable } from 'node:stream'
import { BodyReadable } from './body-readable.ts'
import { OF_THE_CONNECTION } from './connection-options.ts'
import { isLatin1 } from './latin1-heads.ts'
import { isLate, markAsLate } from './late-bodies.ts'
import { isBeyondAscii } from './header-pairs.ts'
import { isTakenOver, pairsOf } from './light-headers.ts'
import { ownHeaders, plainBody, typeOfBody } from './light-response.ts'
import { Response } from './native.ts'

/** A `Response` in the terms of a Node.js server. */
export interface Outgoing {
  status: number
  /** '' where the status has its ordinary reason phrase. */
  statusText: string
  /** Names (in lower case) and values in turn. Set-Cookie comes once for each cookie. */
  headers: string[]
  body: string | Uint8Array | Readable | null
  /** Whether a header of the handler's has to be sent as UTF-8. */
  headInUtf8?: boolean
}

/** Next.js's own word from its proxy to its server, which it sends to nobody. */
const COOKIES_OF_PROXY = 'x-middleware-set-cookie'

/** Answers that have no body, whatever was meant for one. */
export const BODYLESS_STATUS = new Set([204, 205, 304])

/**
 * The names that are not just sent as they are. Headers that speak of one connection (RFC 9110, 7.6.1) or of framing are
 * the server's, not the handler's; an upstream's often come along. `connection: close` may be asked for, but not in HTTP/2,
 * which knows none of them (RFC 9113, 8.2.2); whether a connection is kept otherwise depends on what the client has asked
 * for (RFC 9112, 9.3).
 */
const DELICATE = new Set([...OF_THE_CONNECTION, 'connection', 'content-length', 'content-encoding', 'set-cookie', COOKIES_OF_PROXY])

interface Framing {
  status: number
  httpVersionMajor: number
  /** Whether a content length of the handler's is true, and nobody else knows it. */
  keepsLength: boolean
  response: Response
  /** The body that is sent whole; undefined for a stream. */
  plain: string | Uint8Array | null | undefined
}

/**
 * Takes a `Response` apart. Its body is taken over: nobody else may read it afterwards.
 * @param response with an unread body
 * @param merged what to send in place of the response's own headers
 * @throws TypeError where a header cannot be sent
 */
export function toOutgoing (response: Response, merged: Headers | undefined, method: string, httpVersionMajor: number): Outgoing {
  const { status, statusText } = response
  const light = plainBody(response)
  const plain = light === undefined ? nativePlainBody(response) : light
  const bodyless = BODYLESS_STATUS.has(status)
  // HEAD and 304 speak of the length of another answer; 204 has none, 205 is empty (RFC 9110, 8.6 and 15.3.6).
  const ofAnother = status === 304 || (method === 'HEAD' && !bodyless)
  if (plain !== undefined) {
    const body = bodyless ? null : plain
    const headers = merged ?? ownHeaders(response)
    if (headers === undefined) return { status, statusText, headers: onlyType(typeOfBody(response)), body }
    // The host knows the length of what is sent whole.
    const keepsLength = body === null && ofAnother && !isDecoded(response, plain, headers.get('content-encoding'))
    const sent = sentHeaders(headers, { status, httpVersionMajor, keepsLength, response, plain })
    return { status, statusText, headers: sent, body, headInUtf8: body !== null && body.length > 0 && goesInUtf8(response, headers, sent) }
  }
  const headers = merged ?? response.headers
  const sendsStream = response.body !== null && method !== 'HEAD' && !bodyless
  const keepsLength = (sendsStream || ofAnother) && !isDecoded(response, plain, headers.get('content-encoding')) && !isOfOtherBody(response)
  const sent = sentHeaders(headers, { status, httpVersionMajor, keepsLength, response, plain })
  if (sendsStream) {
    const body = new BodyReadable(response.body, keepsLength ? announcedLength(headers) : null)
    return { status, statusText, headers: sent, body: isLate(response.body) ? markAsLate(body) : body, headInUtf8: goesInUtf8(response, headers, sent) }
  }
  // No content may be sent, and the source must not be left running (RFC 9110, 9.3.2).
  response.body?.cancel().catch(noop)
  return { status, statusText, headers: sent, body: null }
}

/** One list for each type, since nobody changes it. */
function onlyType (type: string | null): string[] {
  if (type === null) return NO_HEADERS
  const known = typeHeaders.get(type)
  if (known !== undefined) return known
  const headers = ['content-type', type]
  typeHeaders.set(type, headers)
  return headers
}

const NO_HEADERS: string[] = []
const typeHeaders = new Map<string, string[]>()

function sentHeaders (headers: Headers, framing: Framing): string[] {
  const pairs = pairsOf(headers) ?? nativePairs(headers)
  let isDelicate = false
  for (let index = 0; index < pairs.length; index += 2) isDelicate ||= DELICATE.has(pairs[index]!) && !isOneCookie(pairs[index]!, pairs[index + 1]!)
  if (!isDelicate) return pairs
  const sent: string[] = []
  for (let index = 0; index < pairs.length; index += 2) {
    const [name, value] = [pairs[index]!, pairs[index + 1]!]
    if (name === 'set-cookie') for (const cookie of splitCookies(value)) sent.push(name, cookie)
    else if (isSent(name, value, framing)) sent.push(name, value)
  }
  // The one answer that must name what to upgrade to (RFC 9110, 15.5.22).
  const upgrade = framing.status === 426 && framing.httpVersionMajor < 2 ? headers.get('upgrade') : null
  if (upgrade !== null) sent.push('upgrade', upgrade, 'connection', 'upgrade, close')
  return sent
}

/** Next.js sends its headers as UTF-8 in front of a body, and as latin1 where there is none. Light headers are in ASCII. */
const goesInUtf8 = (response: Response, headers: Headers, sent: string[]): boolean => pairsOf(headers) === undefined && isBeyondAscii(sent) && !isLatin1(response)

const isOneCookie = (name: string, value: string): boolean => name === 'set-cookie' && value !== '' && !value.includes(',')

/**
 * The cookies of one Set-Cookie value. An upstream's are joined to one by `headers.get('set-cookie')`; like Next.js, takes
 * a comma for the end of a cookie where something with an equals sign follows, which is so in no date.
 */
function splitCookies (value: string): string[] {
  return value.split(/,(?=[^=;,]*=)/).map((cookie) => cookie.trim()).filter((cookie) => cookie !== '')
}

/** Headers lets control characters pass that Node.js refuses, then in the midst of sending. */
function nativePairs (headers: Headers): string[] {
  const pairs: string[] = []
  for (const [name, value] of headers) {
    validateHeaderValue(name, value)
    pairs.push(name, value)
  }
  return pairs
}

function isSent (name: string, value: string, { httpVersionMajor, keepsLength, response, plain }: Framing): boolean {
  if (name === 'content-length') return keepsLength && LENGTH.test(value)
  if (name === 'content-encoding') return !isDecoded(response, plain, value)
  if (name === 'connection') return httpVersionMajor < 2 && /^close$/i.test(value)
  return !OF_THE_CONNECTION.has(name) && name !== COOKIES_OF_PROXY
}

const noop = (): void => {}

// Anything else would spoil the framing of the answer (RFC 9110, 8.6).
const LENGTH = /^\d+$/

function announcedLength (headers: Headers): string | null {
  const length = headers.get('content-length')
  return length !== null && LENGTH.test(length) ? length : null
}

/** Bodies of responses of `fetch()`, so that they are known again inside another response. */
export const fetchedBodies = new WeakSet<object>()

// What fetch() of Node.js decodes, zstd since undici 7.11; a list with any other coding in it stays as it is.
const [major, minor] = process.versions.undici!.split('.').map(Number) as [number, number]
const CODING = `(?:x-gzip|gzip|deflate|br${major > 7 || (major === 7 && minor >= 11) ? '|zstd' : ''})`
const DECODED = new RegExp(`^${CODING}(?:\\s*,\\s*${CODING})*$`, 'i')

/** Whether a body is no longer, or never was, encoded as a header says. */
function isDecoded (response: Response, plain: Framing['plain'], encoding: string | null): boolean {
  if (encoding === null || !DECODED.test(encoding.trim())) return false
  return typeof plain === 'string' || response.url !== '' || (plain === undefined && isFetchedBody(response)) || isTakenOver(response.headers, 'content-encoding')
}

/** Whether a content length is that of a body of `fetch()`, which went through something on its way. */
const isOfOtherBody = (response: Response): boolean => isTakenOver(response.headers, 'content-length') && !isFetchedBody(response)

const isFetchedBody = ({ body }: Response): boolean => body !== null && fetchedBodies.has(body)

// Node.js 20 and 22 keep what a native response was made of behind a symbol.
const STATE = Object.getOwnPropertySymbols(new Response()).find((symbol) => symbol.description === 'state')

/** The body of a native response that was made of a string or bytes and not looked at since; undefined for all others. */
function nativePlainBody (response: Response): string | Uint8Array | undefined {
  if (STATE === undefined || response.body === null || response.body.locked) return undefined
  const { body } = (response as unknown as Record<symbol, { body?: { source?: unknown } | null }>)[STATE] ?? {}
  const source = body?.source
  // Bytes that a clone has read are detached, and look empty.
  return typeof source === 'string' || (source instanceof Uint8Array && source.byteLength > 0) ? source : undefined
}

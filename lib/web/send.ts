import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex, Readable } from 'node:stream'
import type { Outgoing } from './outgoing.ts'
import type { NodeResponse } from './exchange.ts'
import { isLate } from './late-bodies.ts'
import { isBeyondAscii, pairsWhere } from './header-pairs.ts'

/** What a host already means to send under a name, where the handler's header joins it instead of replacing it. */
export function mergeVary (present: unknown, value: string): string {
  const old = Array.isArray(present) ? present.join(', ') : typeof present === 'string' ? present : ''
  if (old === '') return value
  const known = new Set(old.toLowerCase().split(/\s*,\s*/))
  const added = value.split(/\s*,\s*/).filter((name) => !known.has(name.toLowerCase()))
  return added.length === 0 ? old : `${old}, ${added.join(', ')}`
}

/**
 * Sends through a plain Node.js response. Headers that are set already stay, unless the handler set the same.
 * @param fail takes an error of the body; where nothing was sent yet, the response is as it was before
 */
export function sendToNode (res: NodeResponse, outgoing: Outgoing, fail: (error: Error) => void): void {
  const { status, statusText, headers, body, headInUtf8 = false } = outgoing
  const takeBack = body instanceof Readable ? stateBefore(res, headers) : undefined
  res.statusCode = status
  if (statusText !== '' && takesStatusText(res)) res.statusMessage = statusText
  addHeaders(res, headers)
  // Next.js sends latin1 where there is no body.
  if (headInUtf8 && res.req.method !== 'HEAD') writeHeadInUtf8(res)
  if (body === null) {
    if (status !== 204 && status !== 304 && res.req.method !== 'HEAD' && !res.hasHeader('content-length')) res.setHeader('content-length', '0')
    res.end()
  } else if (body instanceof Readable) pump(body, res, takeBack!, fail)
  else {
    res.setHeader('content-length', String(Buffer.byteLength(body)))
    // Where end() itself makes the head, Node.js writes a file name that is not in ASCII as U+FFFD.
    if (headInUtf8 && takesStatusText(res)) res.writeHead(status)
    res.end(body)
  }
}

/** Sets headers, given as names and values in turn, beside those that are set already. */
function addHeaders (res: NodeResponse, headers: readonly string[]): void {
  for (let index = 0; index < headers.length; index += 2) {
    const [name, value] = [headers[index]!, headers[index + 1]!]
    // Not writeHead(): on Node.js 20 it keeps one of several Set-Cookie where a header was set before (nodejs/node #50387).
    if (name === 'set-cookie') res.setHeader(name, [...asList(res.getHeader(name)), value])
    else res.setHeader(name, name === 'vary' ? mergeVary(res.getHeader(name), value) : value)
  }
}

/**
 * Sets headers for an answer that somebody else is going to give. Cookies and `Vary` stay in it, even where that one sets
 * its own in place of what is there (`writeHead()`, an error handler that starts anew); of all others, the later one wins.
 */
export function addKept (res: NodeResponse, headers: readonly string[]): void {
  addHeaders(res, headers)
  sendAsUtf8(res, headers)
  const kept = pairsWhere(headers, isKept)
  if (kept.length === 0) return
  beforeHead(res, () => { addMissing(res, kept) })
}

/** Calls back when the head is about to be written, once all of its headers can be seen by `getHeader()`. */
export function beforeHead (res: NodeResponse, listener: () => void): void {
  const { writeHead } = res as ServerResponse
  res.writeHead = function (this: ServerResponse, status: number, ...rest: unknown[]) {
    const message = typeof rest[0] === 'string' ? rest[0] : undefined
    addHeadersOfHead(this, message === undefined ? rest[0] : rest[1])
    listener()
    return message === undefined ? writeHead.call(this, status) : writeHead.call(this, status, message as never)
  } as never
}

/** Has a head written as UTF-8, as Node.js does on its own in front of a text, and not in front of bytes. */
export function writeHeadInUtf8 (res: NodeResponse): void {
  // HTTP/2 sends latin1.
  if (!takesStatusText(res)) return
  const { writeHead } = res
  res.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    Reflect.apply(writeHead, this, args)
    this.flushHeaders()
    return this
  } as never
}

/** Has headers go out as UTF-8 where one of them is not in ASCII. */
export function sendAsUtf8 (res: NodeResponse, headers: readonly string[]): void {
  if (isBeyondAscii(headers)) writeHeadInUtf8(res)
}

const isKept = (name: string): boolean => name === 'set-cookie' || name === 'vary'

/** `writeHead()` takes headers as an object, as a flat list, and as a list of pairs. */
function addHeadersOfHead (res: NodeResponse, given: unknown): void {
  if (typeof given !== 'object' || given === null) return
  const pairs = !Array.isArray(given) ? Object.entries(given) : Array.isArray(given[0]) ? given as Array<[string, unknown]> : given.flatMap((name, index) => index % 2 === 0 ? [[name, given[index + 1]] as [string, unknown]] : [])
  const values = new Map<string, unknown[]>()
  for (const [name, value] of pairs) {
    if (value !== undefined) values.set(name, [...values.get(name) ?? [], ...Array.isArray(value) ? value as unknown[] : [value]])
  }
  for (const [name, all] of values) res.setHeader(name, (all.length === 1 ? all[0] : all) as string)
}

function addMissing (res: NodeResponse, kept: string[]): void {
  const cookies = asList(res.getHeader('set-cookie'))
  for (let index = 0; index < kept.length; index += 2) {
    if (kept[index] === 'vary' || !cookies.includes(kept[index + 1]!)) addHeaders(res, [kept[index]!, kept[index + 1]!])
  }
}

const asList = (value: number | string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [String(value)]

/** HTTP/2 has no reason phrases, and Node.js warns of those who ask for one. */
const takesStatusText = (res: NodeResponse): res is ServerResponse => res.req.httpVersionMajor < 2

/** What puts a response back into the state that it had before a handler's head was set. */
function stateBefore (res: NodeResponse, headers: string[]): () => void {
  const hasMessage = takesStatusText(res)
  const { statusCode } = res
  const statusMessage = hasMessage ? res.statusMessage : undefined
  const names = headers.filter((_text, index) => index % 2 === 0)
  const before = names.map((name): [string, ReturnType<NodeResponse['getHeader']>] => [name, res.getHeader(name)])
  return () => {
    res.statusCode = statusCode
    if (hasMessage) res.statusMessage = statusMessage!
    for (const [name, value] of before) {
      if (value === undefined) res.removeHeader(name)
      else res.setHeader(name, value)
    }
  }
}

function pump (body: Readable, res: NodeResponse, takeBack: () => void, fail: (error: Error) => void): void {
  body.once('error', (error) => {
    const begun = res.headersSent || res.destroyed
    if (!begun) takeBack()
    fail(error)
    if (begun) cutOff(res)
  })
  flushHeadersSoon(res, body)
  body.pipe(res as unknown as NodeJS.WritableStream)
}

/**
 * Sends the headers of a stream that has nothing to say yet: an EventSource opens with them. It waits a moment for the
 * first chunk, which then shares their packet, and for an early error, which still can become a proper answer.
 */
export function flushHeadersSoon (res: NodeResponse, body: Readable): void {
  if (isLate(body)) return
  setImmediate(() => {
    // Who answers in place of a body that has failed may take its time.
    if (!res.headersSent && !res.destroyed && !res.writableEnded && !body.destroyed) (res as ServerResponse).flushHeaders()
  })
}

const INTERNAL_ERROR = 2 // RFC 9113, 7

/** Breaks an answer off, so that its client can tell it from a complete one. */
export function cutOff (res: NodeResponse): void {
  // A destroyed HTTP/2 response ends as if all of it had been sent.
  if ('stream' in res) res.stream.close(INTERNAL_ERROR)
  else {
    // A pipelined answer that still waits for its turn: from Node.js 24 on it would be given the connection all the same.
    if (res.socket === null) res.once('socket', (socket: Socket) => { socket.destroySoon() })
    res.destroy()
  }
}

/** The same for what has failed somewhere: an answer that was complete by then is none to break off. */
export function cutOffUnended (res: NodeResponse): void {
  if (!res.writableEnded) cutOff(res)
}

/**
 * Ends a connection with the answer that is on its way. Its headers promised to keep the connection, and a closing
 * server would wait for that: up to 72 s, in Fastify.
 */
export function endConnectionAfter (res: NodeResponse): void {
  const { socket, httpVersionMajor } = res.req
  // The socket of inject() is none.
  if (httpVersionMajor < 2 && socket instanceof Duplex) res.once('finish', () => { socket.destroySoon() })
}

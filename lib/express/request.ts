import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { BodyConsumedError } from '../errors.ts'
import { parsedBodyBytes } from '../web/parsed-body.ts'
import { isWhole } from '../web/peeked-body.ts'
import { pathOf, searchOf } from '../web/target.ts'
import { originOf } from '../web/url.ts'

/** What Express, Connect and body parsers put on a request. Any of it may be missing. */
export interface ConnectRequest extends IncomingMessage {
  originalUrl?: string | undefined
  baseUrl?: string | undefined
  protocol?: string | undefined
  ip?: string | undefined
  body?: unknown
  rawBody?: unknown
  /** Set by body-parser once it has read the body. */
  _body?: boolean | undefined
  app?: { get?: ((setting: string) => unknown) | undefined } | undefined
  log?: { error?: ((details: object, message: string) => void) | undefined, warn?: ((message: string) => void) | undefined } | undefined
}

export type ConnectResponse = ServerResponse

/** What comes after us in the host. */
export type Next = (error?: unknown) => void

/** Scheme and authority as the host sees them. */
export function originFor (req: ConnectRequest): string {
  const protocol = req.protocol ?? ((req.socket as { encrypted?: boolean }).encrypted === true ? 'https' : 'http')
  return originOf(protocol, authorityOf(req), req.socket?.localPort)
}

/** Express 4 has no accessor for host and port that follows `trust proxy`, so the setting is asked. */
function authorityOf (req: ConnectRequest): string | undefined {
  const forwarded = req.headers['x-forwarded-host']
  if (typeof forwarded === 'string' && trustsProxy(req)) return forwarded.split(',', 1)[0]!.trim()
  return req.headers.host ?? req.headers[':authority'] as string | undefined
}

/** Whether the host believes what the other end of the connection says of the client. */
export function trustsProxy (req: ConnectRequest): boolean {
  const trusts = req.app?.get?.('trust proxy fn')
  return typeof trusts === 'function' && (trusts as (address: string | undefined, hop: number) => boolean)(req.socket.remoteAddress, 0)
}

/** @throws BodyConsumedError where somebody has read it, and left nothing */
export function bodyOf (req: ConnectRequest): Readable | Uint8Array {
  if (req._body !== true && isWhole(req)) return req
  // Express 4 makes {} of an empty body.
  if (req.headers['content-length'] === '0') return new Uint8Array()
  const parsed = isParsedString(req) ? JSON.stringify(req.body) : req.body
  const bytes = parsedBodyBytes(req.rawBody, parsed, req.headers['content-type'])
  if (bytes === undefined) throw new BodyConsumedError()
  return bytes
}

/**
 * Whether a string in `req.body` is what `express.json({ strict: false })` made of a JSON string: what `express.text()` has
 * read is as long as the client said.
 */
function isParsedString ({ body, headers }: ConnectRequest): boolean {
  const length = headers['content-length']
  return typeof body === 'string' && length !== undefined && headers['content-encoding'] === undefined &&
    /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '') && Number(length) !== Buffer.byteLength(body)
}

/**
 * The target that the client asked for, mount prefix included. It ends with what the router matched (`url`): where a
 * middleware has rewritten that, the rewritten one counts, so that all see the same path.
 */
export function fullTarget (req: ConnectRequest): string {
  const url = req.url!
  const { originalUrl: original, baseUrl } = req
  if (original === undefined || original === url) return url
  if (!url.startsWith('/')) return fullAbsolute(url, original, baseUrl)
  return isCut(original, url, baseUrl) ? original : (baseUrl ?? '') + url
}

/** The absolute form keeps its authority, and loses the mount path behind it. */
function fullAbsolute (url: string, original: string, mountPath: string | undefined): string {
  const path = pathOf(url)
  return isCut(pathOf(original), path, mountPath) ? original : (mountPath ?? '') + path + searchOf(url)
}

/** Whether `rest` is what a router has left of a target behind a mount path. Connect does not tell which path that is. */
function isCut (original: string, rest: string, mountPath: string | undefined): boolean {
  if (original.endsWith(rest) && (mountPath === undefined || original === mountPath + rest)) return true
  // Mounted at /api, a request for /api has the url '/'.
  const end = /^\/(?:\?|$)/.test(rest) && !original.endsWith(rest) ? rest.slice(1) : rest
  if (!original.endsWith(end)) return false
  return mountPath === undefined || (mountPath !== '' && withoutExtraSlashes(original.slice(0, original.length - end.length)) === mountPath)
}

/** Express 4 cuts a slash too many off with the mount path: of `/api//admin`, mounted at /api, it leaves `/admin`. */
export function withoutExtraSlashes (mountPath: string): string {
  return mountPath.replace(/\/+(?=\/|$)/g, '')
}

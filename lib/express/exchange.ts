import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { BodyConsumedError } from '../errors.ts'
import type { HandlerContext, HostExchange } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import { followStream } from '../handle/stream.ts'
import type { Passage } from '../proxy/passage.ts'
import { leadsOut } from '../routes/path.ts'
import type { Route } from '../routes/table.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { ifReadable, parsedBodyBytes } from '../web/parsed-body.ts'
import { isWhole } from '../web/peeked-body.ts'
import { addKept, sendToNode } from '../web/send.ts'
import { pathOf, searchOf } from '../web/target.ts'
import { originOf } from '../web/url.ts'
import { ExpressPassed } from './passed.ts'

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

/** A request and its response, as Express, Connect or `node:http` hand them over. */
export class ExpressExchange implements HostExchange {
  readonly req: ConnectRequest
  readonly res: ConnectResponse
  readonly target: string
  readonly #endpoint: Endpoint
  readonly #next: Next
  readonly #passage: Passage | undefined

  /**
   * @param target what handlers are told that was asked for
   * @param passage through a gate that has something to add to the answer
   */
  constructor (endpoint: Endpoint, req: ConnectRequest, res: ConnectResponse, target: string, next: Next, passage: Passage | undefined) {
    this.#endpoint = endpoint
    this.#passage = passage
    this.req = req
    this.res = res
    this.target = target
    this.#next = next
  }

  get method (): string { return this.req.method! }
  get headers (): IncomingHttpHeaders { return this.req.headers }
  get touched (): undefined { return undefined }
  get bodyLimit (): number { return this.#endpoint.bodyLimit }

  get host (): ExpressHost { return { name: 'express', req: this.req, res: this.res } }

  mountPath (): string { return this.req.baseUrl ?? '' }

  clientIp (): string | undefined { return this.req.ip ?? this.req.socket.remoteAddress }

  origin (): string { return originFor(this.req) }

  body (): Readable | Uint8Array { return bodyOf(this.req) }

  remadeBody (): Readable | Uint8Array | undefined {
    const { req } = this
    // The handler itself may have read it, and Express 4 then left {} in its place.
    const isParsed = req._body === true || req.rawBody !== undefined || (req.body !== undefined && !isEmptyObject(req.body) && !isWhole(req))
    return isParsed ? ifReadable(() => bodyOf(req)) : undefined
  }

  answer (outgoing: Outgoing, context: Pick<HandlerContext, 'abort'>): void {
    const { res } = this
    const { lifecycle } = this.#endpoint.mount
    const { body } = outgoing
    // The handler, or the host, has answered by other ways.
    if (res.headersSent) {
      if (body instanceof Readable) body.destroy()
      return
    }
    if (lifecycle.closing) res.setHeader('connection', 'close')
    if (body instanceof Readable) followStream(body, res, context, lifecycle)
    sendToNode(res, this.#passage === undefined ? outgoing : this.#passage.overlay(outgoing), (error) => { this.fail(error) })
  }

  get isRerouted (): boolean { return this.#passage?.isRerouted === true }

  presetHeaders (): Record<string, unknown> { return { ...this.res.getHeaders() } }

  passOn (headers: string[], oldCode = this.#endpoint.mount.oldCode): void {
    if (this.res.headersSent) return
    addKept(this.res, headers)
    const { lifecycle, basePath } = this.#endpoint.mount
    if (oldCode === undefined || leadsOut(pathOf(basePath === '' ? this.req.url! : this.target))) this.#next()
    else oldCode.answer(new ExpressPassed(this.req, this.res, this.target, lifecycle, this.#next))
  }

  notFound (): void { this.#next() }

  fail (error: Error): void {
    const { res } = this
    const { mount, route } = this.#endpoint
    const hasLeft = res.destroyed && !res.writableFinished
    if (hasLeft) return
    // The host has answered, or the answer has begun: nobody else can be told.
    if (res.headersSent) mount.logError(this, error, `route handler failed: ${this.method} ${route.path} (${route.file})`)
    else this.#giveToHost(withRoute(error, route, this.method))
  }

  /** What the host does in `next` may fail, too; no request may hang because of it. */
  #giveToHost (error: Error): void {
    try {
      this.#next(error)
    } catch (thrown) {
      this.#endpoint.mount.logError(this, thrown, 'the host failed to handle an error')
      this.res.destroy()
    }
  }
}

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

/** The host logs the error, so the error itself says which route it came from. */
function withRoute (error: Error, { file, path }: Route, method: string): Error {
  if (Object.isExtensible(error)) Object.defineProperty(error, 'appRoute', { value: { file, path, method }, enumerable: true, configurable: true, writable: true })
  return error
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

const isEmptyObject = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0

/** What `hostRequest()` gives in Express. */
export interface ExpressHost {
  readonly name: 'express'
  readonly req: ConnectRequest
  readonly res: ConnectResponse
}

/** The absolute form keeps its authority, and loses the mount path behind it. Connect does not tell which that is. */
function fullAbsolute (url: string, original: string, mountPath: string | undefined): string {
  const path = pathOf(url)
  const asked = pathOf(original)
  const isCut = mountPath === undefined ? asked.endsWith(path) : asked === mountPath + path || (path === '/' && asked === mountPath)
  return isCut ? original : (mountPath ?? '') + path + searchOf(url)
}

/**
 * The target that the client asked for, mount prefix included. It ends with what the router matched (`url`): where a
 * middleware has rewritten that, the rewritten one counts, so that all see the same path.
 */
export function fullTarget (req: ConnectRequest): string {
  const url = req.url!
  const original = req.originalUrl
  if (original === undefined || original === url) return url
  if (!url.startsWith('/')) return fullAbsolute(url, original, req.baseUrl)
  if (original.endsWith(url) && (req.baseUrl === undefined || original === req.baseUrl + url)) return original
  // Mounted at /api, a request for /api has the url '/'.
  if (/^\/(?:\?|$)/.test(url) && original === (req.baseUrl ?? original.slice(0, original.length - url.length + 1)) + url.slice(1)) return original
  return (req.baseUrl ?? '') + url
}

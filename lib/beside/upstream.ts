import { randomBytes } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import type { buildConnector, Dispatcher, Pool } from 'undici'
import { UpstreamError, UpstreamLoopError } from '../errors.ts'
import { setDefaultAnswer } from '../handle/default-answer.ts'
import { redirectTo } from '../handle/unhandled.ts'
import { canonicalPath } from '../routes/path.ts'
import { drainAfterAnswer } from '../web/drain.ts'
import { onceClosed } from '../web/exchange.ts'
import { BODYLESS_STATUS, type Outgoing } from '../web/outgoing.ts'
import { cutOff } from '../web/send.ts'
import type { OldCode, PassedRequest } from '../handle/passed-request.ts'
import { pathOf, searchOf } from '../web/target.ts'
import { requestHeaders, responseHeaders } from './proxied-headers.ts'
import { openTunnel } from './tunnel.ts'
import { loadUndici } from './undici.ts'
import { upstreamError } from './upstream-errors.ts'
import { parseUpstream, type UpstreamOptions, type UpstreamTls } from './upstream-options.ts'
import { pairsWhere } from '../web/header-pairs.ts'

export type { UpstreamOptions } from './upstream-options.ts'

/** Another server, which gets requests as they are and whose answers are the client's. Nothing leads away from its origin. */
export class Upstream implements OldCode {
  readonly origin: URL
  readonly timeout: number
  readonly #tls: UpstreamTls
  readonly #pool: Pool
  readonly #via: string
  readonly #upgrade: boolean | ((req: IncomingMessage) => boolean)

  /** @param name the option, for errors */
  constructor (given: UpstreamOptions, name: string) {
    const { upstream, timeout, idleTimeout, upgrade, tls } = parseUpstream(given, name)
    const { Pool } = loadUndici()
    const connect = connectorFor(tls, timeout)
    this.origin = upstream
    this.timeout = timeout
    this.#tls = tls
    this.#upgrade = upgrade
    this.#via = `1.1 app-routes-${randomBytes(6).toString('hex')}`
    this.#pool = new Pool(upstream.origin, { connect, headersTimeout: timeout, bodyTimeout: idleTimeout })
  }

  async close (): Promise<void> {
    await this.#pool.close()
  }

  /** Where a request goes on the upstream; null for what is no path (`OPTIONS *`). */
  pathFor (target: string): string | null {
    const path = pathOf(target)
    return path.startsWith('/') ? this.origin.pathname.replace(/\/$/, '') + path + searchOf(target) : null
  }

  headersFor (passed: PassedRequest): string[] {
    return requestHeaders(passed, this.origin.host, this.#via)
  }

  /** Whether the upstream, by whatever ways, has sent a request of ours back to us. */
  isLoop ({ headers }: PassedRequest): boolean {
    return String(headers.via ?? '').split(/\s*,\s*/).includes(this.#via)
  }

  answer (passed: PassedRequest): void {
    const path = this.pathFor(passed.target)
    if (path === null) return passed.next()
    // It may resolve dot segments, and must not be led to what no hook or prefix here lets pass.
    const canonical = canonicalPath(pathOf(passed.target), 'ignore', 'keep')
    if (canonical !== null) return this.#redirect(passed, canonical)
    if (this.isLoop(passed)) return this.fail(passed, new UpstreamLoopError(this.origin.origin))
    if ((passed.req as IncomingMessage & { upgrade?: boolean }).upgrade === true) return this.#tunnel(passed, path)
    const leaving = new AbortController()
    onceClosed(passed.res, (complete) => { if (!complete) leaving.abort() })
    const { headers, body } = withBody(passed, this.headersFor(passed))
    this.#pool.request({ method: passed.method as Dispatcher.HttpMethod, path, headers, body, signal: leaving.signal, responseHeaders: 'raw' }).then((answer) => {
      this.#send(passed, answer)
    }).catch((error: unknown) => {
      if (leaving.signal.aborted) return
      drainAfterAnswer(passed)
      this.fail(passed, upstreamError(error, this.timeout))
    })
  }

  wantsUpgrade (req: IncomingMessage): boolean {
    return typeof this.#upgrade === 'function' ? this.#upgrade(req) : this.#upgrade
  }

  #tunnel (passed: PassedRequest, path: string): void {
    const { origin, timeout } = this
    openTunnel(passed, { origin, timeout, tls: this.#tls, path, headers: this.headersFor(passed) }, (error) => { passed.log(error, this.#told(passed, error)) })
  }

  #redirect (passed: PassedRequest, canonical: string): void {
    const { status, headers, body } = redirectTo(canonical, searchOf(passed.target))
    passed.send({ status, statusText: '', headers: Object.entries(headers).flat(), body })
  }

  #send (passed: PassedRequest, { statusCode: status, statusText, headers, body }: Dispatcher.ResponseData): void {
    body.on('error', (error) => { this.#brokenOff(passed, error) })
    const bodyless = passed.method === 'HEAD' || BODYLESS_STATUS.has(status)
    try {
      if (status < 200 || status > 599) throw new TypeError(`its status is ${status}`)
      const outgoing: Outgoing = {
        status,
        statusText: statusText === STATUS_CODES[status] ? '' : statusText,
        headers: responseHeaders(headers as unknown as string[], status),
        body: bodyless ? null : body
      }
      if (bodyless) body.resume()
      passed.send(outgoing)
    } catch (error) {
      body.destroy()
      throw error
    }
  }

  /** Ends a request that the upstream has not answered: with an error of ours, and a line in the log. */
  fail (passed: PassedRequest, error: Error & { statusCode?: number }): void {
    setDefaultAnswer(error, { status: error.statusCode!, body: STATUS_CODES[error.statusCode!]! })
    passed.fail(error, this.#told(passed, error))
  }

  #told ({ method, target }: PassedRequest, { message }: Error): string {
    return `${message} (${method} ${pathOf(target)}, upstream ${this.origin.origin})`
  }

  #brokenOff (passed: PassedRequest, error: Error & { statusCode?: number }): void {
    const { res } = passed
    if (res.destroyed) return
    // Where the answer has not begun yet, the host makes one of the error.
    error.statusCode = 502
    if (res.headersSent) cutOff(res)
    passed.log(error, this.#told(passed, new UpstreamError('it broke off its answer')))
  }
}

/** undici asks for the certificate of the name in `Host`, and from version 8 on for HTTP/2, which has no headers as they were sent. */
function connectorFor ({ servername, ...tls }: UpstreamTls, timeout: number): buildConnector.connector {
  const connect = loadUndici().buildConnector({ ...tls, timeout, allowH2: false })
  return servername === undefined ? connect : (options, callback) => { connect({ ...options, servername }, callback) }
}

/** Nothing is sent as body where the client has sent none: an upstream may refuse an empty one. */
function withBody (passed: PassedRequest, headers: string[]): { headers: string[], body: Readable | Uint8Array | null } {
  const { 'content-length': length, 'transfer-encoding': encoding } = passed.headers
  const mayHaveMore = passed.req.httpVersionMajor >= 2 && passed.method !== 'GET' && passed.method !== 'HEAD'
  if (encoding === undefined && !mayHaveMore && (length === undefined || length === '0')) return { headers, body: null }
  const body = passed.body()
  if (body instanceof Uint8Array) return { headers: describing(headers, body), body }
  // The client destroys what it sends where it fails, and with the request itself its connection would go.
  return { headers, body: body.pipe(new PassThrough()) }
}

/** A body that was parsed and written anew has another length, and no coding any more. */
function describing (headers: string[], body: Uint8Array): string[] {
  return [...pairsWhere(headers, (name) => name !== 'content-length' && name !== 'content-encoding'), 'content-length', String(body.length)]
}

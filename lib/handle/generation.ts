import type { IncomingHttpHeaders } from 'node:http'
import { Readable, Writable } from 'node:stream'
import type { CacheScope } from '../cache/scope.ts'
import { bailout, notStatic, type RequestContext } from '../context/request-context.ts'
import { NotSupportedError } from '../errors.ts'
import type { NodeRequest, NodeResponse } from '../web/exchange.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { withoutBasePath } from '../web/target.ts'
import type { HandlerContext, HostExchange } from './context.ts'
import type { Endpoint } from './endpoint.ts'
import { handle } from './handle.ts'
import type { OldCode } from './passed-request.ts'
import type { Place } from './static-paths.ts'

/** What a handler has looked at that only a request can tell, if anything, until now: its stream may look later. */
type Used = () => string | undefined

/** What came of a handler whose answer may be kept for others. */
export type Outcome =
  | { kind: 'answer', outgoing: Outgoing, context: Pick<HandlerContext, 'abort'>, used: Used, caching: CacheScope }
  | { kind: 'passed', headers: string[], oldCode: OldCode | undefined }
  | { kind: 'failed', error: Error, used?: string }

export function usedIn (outcome: Outcome): string | undefined {
  if (outcome.kind === 'passed') return undefined
  return outcome.kind === 'answer' ? outcome.used() : outcome.used
}

/**
 * Runs a handler on the request of a client. What it looks at is noted, and what it answers is not sent yet. HEAD asks for
 * what GET would be answered.
 * @param isForOthers whether others may get the answer, too
 */
export function runLive (endpoint: Endpoint, exchange: HostExchange, path: string, isForOthers: boolean): Promise<Outcome> {
  return new Promise((resolve) => {
    let used: string | undefined
    const own: Partial<HostExchange> = {
      method: 'GET',
      bodyLimit: exchange.bodyLimit,
      isForOthers,
      touched: (what) => { used ??= what },
      answer: (outgoing, context) => { resolve({ kind: 'answer', outgoing, context, used: () => used, caching: cachingOf(context) }) },
      passOn: (headers, oldCode) => { resolve({ kind: 'passed', headers, oldCode }) },
      fail: (error) => { resolve({ kind: 'failed', error }) }
    }
    handle(endpoint, Object.create(exchange, Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value }]))) as HostExchange, path)
  })
}

/** How a handler is run that nobody waits for, or that is to know nothing of whoever does. */
export interface DetachedRun {
  /** Whether there is simply nothing in the request (`force-static`), or it is an error to look. */
  isEmpty: boolean
  isDraft?: boolean
  /** Ends the run. */
  signal?: AbortSignal
}

/** Runs a handler without a client: on a request that has nothing but its path. */
export function runWithoutClient (endpoint: Endpoint, place: Pick<Place, 'mountPath' | 'path'>, options: DetachedRun): Promise<Outcome> {
  return new Promise((resolve) => { handle(endpoint, new DetachedExchange(endpoint, place, options, resolve), place.path) })
}

const cachingOf = (context: object): CacheScope => (context as HandlerContext).caching

class DetachedExchange implements HostExchange {
  readonly method = 'GET'
  readonly headers: IncomingHttpHeaders = {}
  readonly bodyLimit = 0
  readonly target: string
  readonly draft: boolean
  readonly req = { httpVersionMajor: 1, headers: {} } as unknown as NodeRequest
  /** Nothing is sent, but `after()` waits for its end. */
  readonly res = new Writable() as unknown as NodeResponse
  readonly #endpoint: Endpoint
  readonly isEmpty: boolean
  readonly #mountPath: string
  readonly #settle: (outcome: Outcome) => void
  #used: string | undefined
  #isOver = false

  constructor (endpoint: Endpoint, { mountPath, path }: Pick<Place, 'mountPath' | 'path'>, { isEmpty, isDraft = false, signal }: DetachedRun, settle: (outcome: Outcome) => void) {
    this.#endpoint = endpoint
    this.isEmpty = isEmpty
    this.#settle = settle
    this.#mountPath = mountPath
    const { mount: { basePath }, prefix } = endpoint
    this.target = prefix === '' || basePath === '' ? mountPath + path : withoutBasePath(path, basePath)
    this.draft = isDraft
    signal?.addEventListener('abort', () => { this.res.destroy() }, { once: true })
  }

  get host (): RequestContext['host'] {
    throw new NotSupportedError('hostRequest() has nothing to give while the answer of a static route is made: no request asks for it.')
  }

  readonly touched = (used: string): void => {
    const { route } = this.#endpoint
    this.#used ??= used
    // Work that goes on behind the answer, or a stream, which is no answer for all then.
    if (this.#isOver) return
    throw route.config.dynamic === 'error' ? notStatic(route.path, used) : bailout(route.path, used)
  }

  mountPath (): string { return this.#endpoint.prefix || this.#mountPath }

  clientIp (): undefined { return undefined }
  origin (): string { return this.#endpoint.mount.localOrigin() }
  body (): Readable { return Readable.from([]) }
  presetHeaders (): Record<string, unknown> { return {} }

  answer (outgoing: Outgoing, context: Pick<HandlerContext, 'abort'>): void {
    this.#end({ kind: 'answer', outgoing, context, used: () => this.#used, caching: cachingOf(context) })
  }

  passOn (headers: string[], oldCode?: OldCode): void { this.#end({ kind: 'passed', headers, oldCode }) }
  notFound (): void { this.#end({ kind: 'passed', headers: [], oldCode: undefined }) }
  fail (error: Error): void { this.#end({ kind: 'failed', error, used: this.#used }) }

  #end (outcome: Outcome): void {
    this.#isOver = true
    this.res.end()
    this.#settle(outcome)
  }
}

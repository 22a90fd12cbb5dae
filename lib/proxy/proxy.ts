import { requestStorage } from '../context/request-context.ts'
import { HandlerThrewError, NotSupportedError } from '../errors.ts'
import type { Lifecycle } from '../handle/lifecycle.ts'
import { controlFlow } from '../next/control-flow.ts'
import type { CookieJar } from '../next/cookie-jar.ts'
import type { NextUrlConfig } from '../next/next-pathname.ts'
import { ClassicNextRequest, ReceivedNextRequest, type NextRequest } from '../next/next-request.ts'
import { NextResponse } from '../next/next-response.ts'
import type { Compat } from '../routes/options.ts'
import { Response } from '../web/native.ts'
import type { Arrival } from './arrival.ts'
import { ProxyEvent } from './fetch-event.ts'
import { ProxyContext } from './proxy-context.ts'
import { ProxyExchange } from './proxy-exchange.ts'
import type { ProxyFile } from './proxy-file.ts'
import { readVerdict, type Verdict } from './verdict.ts'

export interface ProxyOptions {
  compat: Compat
  nextConfig: NextUrlConfig | undefined
  lifecycle: Lifecycle
}

/** Told what a proxy has said, or why it has not. */
export interface Listener {
  decided (verdict: Verdict, exchange: ProxyExchange): void
  failed (error: Error, exchange: ProxyExchange): void
}

/** Runs the function of a proxy file. */
export class Proxy {
  readonly file: ProxyFile
  readonly #options: ProxyOptions

  constructor (file: ProxyFile, options: ProxyOptions) {
    this.file = file
    this.#options = options
  }

  /** Made of plain callbacks: a proxy that answers at once costs no promise. */
  ask (arrival: Arrival, listener: Listener): void {
    const exchange = new ProxyExchange(arrival)
    const request = this.#request(exchange, arrival)
    const event = new ProxyEvent(this.file.page, (promise) => { this.#waitUntil(promise, arrival) })
    const context = this.file.needsContext ? new ProxyContext(request, arrival, this.#options.compat, this.file.page, this.#options.lifecycle) : undefined
    const { handler } = this.file
    let result: unknown
    try {
      result = context === undefined ? handler(request, event) : requestStorage.run(context, handler, request, event)
    } catch (error) {
      listener.failed(this.#reason(error), exchange)
      return
    }
    const decide = (response: unknown): void => { this.#decide(response, context, exchange, listener) }
    if (result === undefined || result instanceof Response) decide(result)
    else {
      const done = this.#options.lifecycle.begin()
      Promise.resolve(result).then(decide, (error: unknown) => { listener.failed(this.#reason(error), exchange) }).finally(done)
    }
  }

  #request (exchange: ProxyExchange, arrival: Arrival): NextRequest {
    const { compat, nextConfig } = this.#options
    return compat < 15 ? new ClassicNextRequest(exchange, () => arrival.clientIp(), nextConfig) : new ReceivedNextRequest(exchange, nextConfig)
  }

  #decide (result: unknown, context: ProxyContext | undefined, exchange: ProxyExchange, listener: Listener): void {
    let verdict: Verdict
    try {
      const jar = context?.jar as CookieJar | undefined
      const response = jar === undefined ? result : result || NextResponse.next()
      verdict = readVerdict(response, response instanceof Response ? jar?.addTo(response) : undefined, exchange)
    } catch (error) {
      listener.failed(error as Error, exchange)
      return
    }
    listener.decided(verdict, exchange)
  }

  #waitUntil (promise: unknown, arrival: Arrival): void {
    const done = this.#options.lifecycle.begin()
    Promise.resolve(promise).catch((error: unknown) => { arrival.log(error, `a promise given to waitUntil() failed (${this.file.file})`) }).finally(done)
  }

  #reason (thrown: unknown): Error {
    if (controlFlow(thrown) !== undefined) {
      return new NotSupportedError(`Next.js navigation API is not allowed to be used in ${this.file.file}: return NextResponse.redirect() or another response instead of calling redirect() or notFound().`)
    }
    return thrown instanceof Error ? thrown : new HandlerThrewError(String(thrown), { cause: thrown })
  }
}

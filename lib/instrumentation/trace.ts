import type { Context, Span } from '@opentelemetry/api'
import type { HostExchange } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import type { Observer } from '../handle/observe.ts'
import { onceClosed } from '../web/exchange.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { openTelemetry, type OpenTelemetry } from '../open-telemetry.ts'

/** Makes the spans of a request, where somebody traces. */
export function traceRequest (endpoint: Endpoint, exchange: HostExchange): Observer | undefined {
  const api = openTelemetry('trace')
  return api === undefined || exchange.isShadow === true ? undefined : new RequestSpans(api, endpoint, exchange)
}

/** What `@opentelemetry/instrumentation-http` keeps in the context: its span, and the route for names and metrics. */
const RPC_METADATA = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA')
interface RpcMetadata { type?: unknown, route?: string, span?: Span }

/**
 * The spans that Next.js makes for a route handler: one for the request, in it one for the handler, and one without length
 * when the answer begins.
 * @see https://nextjs.org/docs/app/guides/open-telemetry#default-spans-in-nextjs
 */
class RequestSpans implements Observer {
  readonly #api: OpenTelemetry
  readonly #endpoint: Endpoint
  readonly #exchange: HostExchange
  readonly #context: Context
  readonly #request: Span
  #handler: Span | undefined

  constructor (api: OpenTelemetry, endpoint: Endpoint, exchange: HostExchange) {
    this.#api = api
    this.#endpoint = endpoint
    this.#exchange = exchange
    const { method, target, res } = exchange
    const route = exchange.mountPath() + endpoint.route.path
    const parent = this.#parent(route)
    this.#request = this.#start(`${method} ${route}`, 'BaseServer.handleRequest', parent, {
      'http.method': method,
      'http.target': target,
      'http.route': route,
      'next.route': endpoint.route.path,
      'next.rsc': false
    }, api.SpanKind.SERVER)
    this.#context = api.trace.setSpan(parent, this.#request)
    onceClosed(res, () => { this.#end() })
  }

  run (call: () => unknown): unknown {
    const { kind, path } = this.#endpoint.route
    const [router, type] = kind === 'api' ? ['pages', 'Node.runHandler'] : ['app', 'AppRouteRouteHandlers.runHandler']
    this.#handler = this.#start(`executing api route (${router}) ${path}`, type!, this.#context, { 'next.route': path })
    return this.#api.context.with(this.#api.trace.setSpan(this.#context, this.#handler), call)
  }

  handled (failure?: { error: unknown }): void {
    const span = this.#handler
    this.#handler = undefined
    if (span === undefined) return
    if (failure !== undefined) this.#noteError(span, failure.error)
    span.end()
  }

  answered ({ body }: Outgoing): void {
    if (body !== null && this.#exchange.method !== 'HEAD') this.#start('start response', 'NextNodeServer.startResponse', this.#context).end()
  }

  broke (error: Error): void {
    this.#noteError(this.#request, error)
  }

  /**
   * The span around ours: that of the host's own instrumentation, or what the client says of its own. The host's learns the
   * route right away: its samplers and processors may look before the request has ended.
   */
  #parent (route: string): Context {
    const { context, trace, propagation } = this.#api
    const active = context.active()
    const metadata = active.getValue(RPC_METADATA) as RpcMetadata | undefined
    if (metadata?.type === 'http') {
      metadata.route = route
      metadata.span?.setAttribute('http.route', route)
    }
    const span = trace.getSpan(active)
    span?.setAttribute('http.route', route)
    return span === undefined ? propagation.extract(active, this.#exchange.headers) : active
  }

  #start (name: string, type: string, parent: Context, attributes: object = {}, kind = this.#api.SpanKind.INTERNAL): Span {
    const named = { 'next.span_category': 'nextjs', 'next.span_name': name, 'next.span_type': type, ...attributes }
    return this.#api.trace.getTracer('fastify-app-routes').startSpan(name, { kind, attributes: named }, parent)
  }

  #noteError (span: Span, error: unknown): void {
    span.recordException(error instanceof Error ? error : String(error))
    if (error instanceof Error) span.setAttribute('error.type', error.name)
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: error instanceof Error ? error.message : undefined })
  }

  #end (): void {
    const { res } = this.#exchange
    const { statusCode } = res
    // A client that left early may have got none.
    if (res.headersSent) this.#request.setAttribute('http.status_code', statusCode)
    if (statusCode >= 500) {
      this.#request.setAttribute('error.type', String(statusCode))
      this.#request.setStatus({ code: this.#api.SpanStatusCode.ERROR })
    }
    this.#request.end()
  }
}

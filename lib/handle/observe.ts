import { Readable } from 'node:stream'
import { isClientsDoing } from '../errors.ts'
import type { RequestErrorContext } from '../next/instrumentation-types.ts'
import type { Outgoing } from '../web/outgoing.ts'
import type { HandlerContext, HostExchange } from './context.ts'
import { defaultAnswer } from './default-answer.ts'
import type { Endpoint } from './endpoint.ts'

/** Is told of each request that failed. It never rejects; the client is answered once it has settled. */
export type ReportError = (error: unknown, exchange: HostExchange, context: RequestErrorContext) => Promise<void>

/** Looks on at one request. */
export interface Observer {
  /** Calls the handler. */
  run (call: () => unknown): unknown
  /**
   * The handler has come to its end. What is told after the first time does not count.
   * @param failure what it threw, unless that stands for an answer (`redirect()`)
   */
  handled (failure?: { error: unknown }): void
  /** What is sent now. */
  answered (outgoing: Outgoing): void
  /** The body failed while it was sent. */
  broke (error: Error): void
}

/** @returns undefined where nobody looks on */
export type Observe = (endpoint: Endpoint, exchange: HostExchange) => Observer | undefined

/** Sends what a handler answers, with all who want to know looking on. */
export function answerObserved (context: HandlerContext, outgoing: Outgoing): void {
  const { observer, exchange, endpoint } = context
  const { body } = outgoing
  if (body instanceof Readable && (observer !== undefined || endpoint.mount.reportError !== undefined)) {
    body.once('error', (error: Error) => {
      observer?.broke(error)
      void reportFailure(context, error)
    })
  }
  observer?.handled()
  observer?.answered(outgoing)
  exchange.answer(outgoing, context)
}

/**
 * Ends a request whose handler gave no answer.
 * @param thrown what it threw, which need not be an Error
 */
export function failObserved (context: HandlerContext, error: Error, thrown: unknown = error): void {
  const { observer, exchange } = context
  observer?.handled({ error: thrown })
  const reported = reportFailure(context, thrown)
  if (reported === undefined) exchange.fail(error)
  else void reported.then(() => { exchange.fail(error) })
}

function reportFailure ({ endpoint, exchange, isStatic }: HandlerContext, error: unknown): Promise<void> | undefined {
  const { mount: { reportError, lifecycle }, route: { kind, path } } = endpoint
  if (reportError === undefined || exchange.isShadow === true || isClients(error)) return undefined
  const done = lifecycle.begin()
  return reportError(error, exchange, {
    routerKind: kind === 'api' ? 'Pages Router' : 'App Router',
    routePath: path,
    routeType: 'route',
    // As Next.js says it, also where an answer is made for the first time.
    revalidateReason: isStatic ? 'stale' : undefined
  }).finally(done)
}

/** What is the client's doing is no failure of the server. */
function isClients (error: unknown): boolean {
  if (isClientsDoing(error)) return true
  return error instanceof Error && (defaultAnswer(error)?.status ?? 500) < 500
}

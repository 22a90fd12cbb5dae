import { setStatusAnswer } from '../handle/default-answer.ts'
import type { AnyNodeHandler, OldCode, PassedRequest } from '../handle/passed-request.ts'
import { onceClosed } from '../web/exchange.ts'
import { cutOffUnended, endConnectionAfter } from '../web/send.ts'
import { pathOf } from '../web/target.ts'
import { fitForHttp1 } from './fit-for-http1.ts'
import { Upstream, type UpstreamOptions } from './upstream.ts'

/** What answers requests that no route file answers: an old `(req, res)` handler or application, or another server. */
export type FallbackOption = AnyNodeHandler | UpstreamOptions

/**
 * @throws AppRoutesOptionError for options of an upstream that cannot be
 * @throws MissingPackageError where an upstream needs `undici`, and it is not installed
 */
export function createOldCode (option: FallbackOption, name: string): OldCode {
  return typeof option === 'function' ? oldHandler(option as NodeCallback) : new Upstream(option, name)
}

type NodeCallback = (req: unknown, res: unknown, next: (error?: unknown) => void) => unknown

/** Runs a handler on Node.js's own request and response, as the server that it was written for did. */
function oldHandler (handler: NodeCallback): OldCode {
  return {
    answer (passed) {
      passed.handOver()
      fitForHttp1(passed.req, passed.res)
      lookAfter(passed)
      let called = false
      const next = (error?: unknown): void => {
        if (called) return
        called = true
        // Express's words for "nothing of mine"
        if (error === 'route' || error === 'router' || error === undefined || error === null) passed.next()
        else passed.fail(setStatusAnswer(error))
      }
      try {
        const result = handler(passed.req, passed.res, next)
        if (isPromise(result)) result.then(undefined, (reason: unknown) => { next(reason ?? new Error('The fallback was rejected without a reason')) })
      } catch (thrown) {
        next(thrown ?? new Error('The fallback threw nothing'))
      }
    },
    close: () => Promise.resolve()
  }
}

/**
 * What is written after the end is an error event, which nobody listens to, and would end the process. A stream without
 * end would keep a closing server.
 */
function lookAfter (passed: PassedRequest): void {
  const { res } = passed
  let told = false
  res.on('error', (error: Error) => {
    if (!told) passed.log(error, `the fallback failed: ${passed.method} ${pathOf(passed.target)}`)
    told = true
  })
  const forget = passed.follow({
    closing: () => { endConnectionAfter(res) },
    cut: () => { if (res.headersSent) cutOffUnended(res) }
  })
  onceClosed(res, forget)
}

const isPromise = (value: unknown): value is PromiseLike<unknown> => typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

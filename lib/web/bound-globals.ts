import { unwrap } from './lazy-request.ts'
import { LightResponse } from './light-response.ts'
import type { RequestInfo } from './fetch-types.ts'

/**
 * From Node.js 24 on, the native `Request` keeps its state in private fields, which no other object can have: there
 * `new Request(received)` and `fetch(received)` need the native request inside.
 */
const needsUnwrapping = Object.getOwnPropertySymbols(new Request('http://localhost')).length === 0

const UnwrappingRequest = new Proxy(Request, {
  construct (target, [input, ...rest]: [RequestInfo, ...unknown[]], newTarget) {
    return Reflect.construct(target, [unwrap(input), ...rest], newTarget) as Request
  }
})

/** Looks the global up at each call: tests and tracing tools replace it. */
function unwrappingFetch (...[input, init]: Parameters<typeof fetch>): ReturnType<typeof fetch> {
  return globalThis.fetch(unwrap(input), init)
}

/** What modules of the application get under the ordinary names; the process keeps its own. */
export const boundGlobals: Record<string, unknown> = {
  Response: LightResponse,
  ...(needsUnwrapping ? { Request: UnwrappingRequest, fetch: unwrappingFetch } : {})
}

import { unwrap } from './lazy-request.ts'
import { fetchedBodies } from './outgoing.ts'
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

/**
 * Looks the global up at each call: tests and tracing tools replace it. Notes the bodies, which fetch() has decoded: a
 * handler that passes one on, with the upstream's headers, would else call it compressed.
 */
async function markingFetch (...[input, init]: Parameters<typeof fetch>): ReturnType<typeof fetch> {
  const response = await globalThis.fetch(needsUnwrapping ? unwrap(input) : input, init)
  if (response.body) fetchedBodies.add(response.body)
  return response
}

/** What modules of the application get under the ordinary names; the process keeps its own. */
export const boundGlobals: Record<string, unknown> = {
  Response: LightResponse,
  fetch: Object.defineProperty(markingFetch, 'name', { value: 'fetch' }),
  ...(needsUnwrapping ? { Request: UnwrappingRequest } : {})
}

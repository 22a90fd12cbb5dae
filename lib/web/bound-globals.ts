import { fetchFile, fileUrlOf } from './fetched-files.ts'
import { unwrap } from './lazy-request.ts'
import { fetchedBodies } from './outgoing.ts'
import { LightResponse } from './light-response.ts'
import { alike, standIn, standInClass } from './stand-in.ts'
import { Request } from './native.ts'

/**
 * From Node.js 24 on, the native `Request` keeps its state in private fields, which no other object can have: there
 * `new Request(received)` and `fetch(received)` need the native request inside.
 */
const needsUnwrapping = Object.getOwnPropertySymbols(new Request('http://localhost')).length === 0

type Arguments = Parameters<typeof fetch>

const unwrapped = (args: Arguments): Arguments => {
  if (needsUnwrapping && args.length > 0) args[0] = unwrap(args[0])
  return args
}

class BoundRequest {
  constructor (...args: Arguments) {
    return Reflect.construct(Request, unwrapped(args), new.target) as BoundRequest
  }

  static {
    // Asked for at each call: it comes to be with the class of received requests.
    standIn(BoundRequest.prototype, Request.prototype, Request.prototype, (self) => unwrap(self))
    standInClass(BoundRequest, Request)
  }
}

type Fetch = typeof fetch
type FetchLayer = (original: Fetch, ...args: Arguments) => ReturnType<Fetch>

let layer: FetchLayer = (original, ...args) => original(...args)

/** Puts a layer in front of `fetch()` for modules of the application; a global that is one itself gets no other. */
export function setFetchLayer (given: FetchLayer): void {
  layer = given
}

const layered = new WeakSet<Fetch>()

/** Notes that a `fetch()` has the layer in it. */
export function markLayered (fetch: Fetch): void { layered.add(fetch) }

/**
 * Looks the global up at each call: tests and tracing tools replace it. Notes the bodies, which fetch() has decoded: a
 * handler that passes one on, with the upstream's headers, would else call it compressed.
 */
async function markingFetch (...args: Arguments): ReturnType<Fetch> {
  const { fetch } = globalThis
  const file = fileUrlOf(args[0])
  if (file !== undefined) return fetchFile(file, () => fetch(...args))
  const response = await (layered.has(fetch) ? fetch(...unwrapped(args)) : layer(fetch, ...unwrapped(args)))
  if (response.body) fetchedBodies.add(response.body)
  return response
}

/** What modules of the application get under the ordinary names; the process keeps its own. */
export const boundGlobals: Record<string, unknown> = {
  Response: LightResponse,
  fetch: alike(fetch, markingFetch),
  ...(needsUnwrapping ? { Request: BoundRequest } : {})
}

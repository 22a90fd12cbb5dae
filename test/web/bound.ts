/** The classes that modules of an application get under the ordinary names. This Node.js version may leave some native. */
import { boundGlobals } from '../../dist/web/bound-globals.js'

export const BoundResponse = boundGlobals.Response as typeof globalThis.Response
export const BoundRequest = (boundGlobals.Request ?? globalThis.Request) as typeof globalThis.Request
export const boundFetch = boundGlobals.fetch as typeof globalThis.fetch

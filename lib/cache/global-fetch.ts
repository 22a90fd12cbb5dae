import { alike } from '../web/stand-in.ts'
import { markLayered } from '../web/bound-globals.ts'
import { cachedFetch } from './cached-fetch.ts'

type Fetch = typeof fetch

let users = 0
let wrapped: { original: Fetch, ours: Fetch } | undefined

/**
 * Counts a directory whose handlers may fetch through packages, which have the global `fetch()`.
 * @returns what puts the original back when the last directory is gone, unless somebody else has replaced ours meanwhile
 */
export function mayWrapFetch (): () => void {
  users++
  let released = false
  return () => {
    if (released) return
    released = true
    if (--users > 0 || wrapped === undefined) return
    if (globalThis.fetch === wrapped.ours) globalThis.fetch = wrapped.original
    wrapped = undefined
  }
}

/** Wraps the global, once, when the first handler runs that could need it. Outside of our requests it does nothing. */
export function wrapFetch (): void {
  if (wrapped !== undefined) return
  const original = globalThis.fetch
  const ours = alike(original, ((...[input, init]: Parameters<Fetch>) => cachedFetch(original, input, init)) as Fetch)
  wrapped = { original, ours }
  markLayered(ours)
  globalThis.fetch = ours
}

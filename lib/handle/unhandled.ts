import type { TrailingSlash } from '../routes/options.ts'
import { canonicalPath, cutPrefix } from '../routes/path.ts'
import type { RouteTable } from '../routes/table.ts'
import type { OldCode } from './passed-request.ts'

/** An answer that no handler gives. */
export interface AutomaticAnswer {
  status: 204 | 308 | 405
  headers: Record<string, string>
  body: string | null
}

/**
 * The redirect to the canonical form of a path, as Next.js words it.
 * @param path as the client sent it, mount prefix included
 */
export function redirectTo (path: string, search: string): AutomaticAnswer {
  // What the client did not encode must not reach an HTML page or a shell through us.
  const location = (path + search).replace(/["<>`{}]/g, encodeURIComponent)
  return { status: 308, headers: { location, refresh: `0;url=${location}` }, body: location }
}

/** OPTIONS and 405 for a path whose file lacks the verb. */
export function withoutHandler (allow: string, method: string): AutomaticAnswer {
  return { status: method === 'OPTIONS' ? 204 : 405, headers: { allow }, body: null }
}

/** What is to be known of a mounted directory, for requests that none of its handlers takes. */
interface Unhandled {
  table: RouteTable
  slashRedirects: TrailingSlash
  /** Has the verbs that our files lack. */
  oldCode: OldCode | undefined
}

/**
 * What to answer where nothing of the host's matches: a redirect, OPTIONS or 405 for paths of ours, null for all others, and
 * for what belongs to the old code.
 * @param path as the client sent it, mount prefix included
 * @param prefix the mount prefix
 */
export function answerUnhandled ({ table, slashRedirects, oldCode }: Unhandled, path: string, search: string, prefix: string, method: string): AutomaticAnswer | null {
  const canonical = canonicalPath(path, slashRedirects)
  if (canonical !== null) return leadsToRoute(table, canonical, prefix, slashRedirects) ? redirectTo(canonical, search) : null
  if (oldCode !== undefined) return null
  const route = match(table, path, prefix)
  return route === null || route.isGuarded || route.handlers[method as never] !== undefined ? null : withoutHandler(route.allow, method)
}

/** Follows the redirects that the client is going to follow; there are two at most. */
function leadsToRoute (table: RouteTable, path: string, prefix: string, slashRedirects: TrailingSlash): boolean {
  const next = canonicalPath(path, slashRedirects)
  return match(table, next ?? path, prefix) !== null
}

function match (table: RouteTable, path: string, prefix: string): ReturnType<RouteTable['match']> {
  const own = cutPrefix(path, prefix)
  return own === null ? null : table.match(withoutTrailingSlash(own))
}

/** The table knows paths without a trailing slash only. */
export function withoutTrailingSlash (path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

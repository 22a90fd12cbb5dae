import { canonicalPath, endOfOrdinaryPath } from '../routes/path.ts'
import type { TrailingSlash } from '../routes/options.ts'
import type { RouterOptions } from '../routes/table.ts'
import { pathOf, searchOf } from '../web/target.ts'

/** The path as the server's router reads it. */
export function routedPath (target: string, { ignoreDuplicateSlashes, useSemicolonDelimiter }: RouterOptions): string {
  let path = pathOf(target)
  if (ignoreDuplicateSlashes === true) path = path.replace(/\/{2,}/g, '/')
  return useSemicolonDelimiter === true ? path.split(';', 1)[0]! : path
}

/** The query as the server's router reads it, with its question mark, or ''. */
export function routedSearch (target: string, { useSemicolonDelimiter }: RouterOptions): string {
  const search = searchOf(target)
  if (useSemicolonDelimiter !== true) return search
  const [, parameters] = /^(?:https?:\/\/[^/?#]*)?[^;?#]*;([^#]*)/i.exec(target) ?? []
  return parameters === undefined ? search : '?' + parameters
}

/** A target with the path and the query that the router has read, for handlers must see no other; mostly as it was sent. */
export function routedTarget (target: string, router: RouterOptions): string {
  if (router.ignoreDuplicateSlashes !== true && router.useSemicolonDelimiter !== true) return target
  return routedPath(target, router) + routedSearch(target, router)
}

/** The path that a request is to be redirected to before anything looks at it, or null where it is canonical. */
export function canonicalRouted (path: string, slashes: TrailingSlash, { ignoreDuplicateSlashes }: RouterOptions): string | null {
  return canonicalPath(path, slashes, ignoreDuplicateSlashes === true ? 'keep' : 'redirect')
}

/** What gives the path of an ordinary target without looking at it more closely; null for all other targets. */
export function ordinaryReader (slashes: TrailingSlash, { ignoreDuplicateSlashes, useSemicolonDelimiter }: RouterOptions): (target: string) => string | null {
  if (slashes === true || ignoreDuplicateSlashes === true || useSemicolonDelimiter === true) return () => null
  // Gate and handler of a request read the same target, mostly with nothing in between.
  let last = ''
  let lastPath: string | null = null
  return (target) => {
    if (target === last) return lastPath
    const end = endOfOrdinaryPath(target)
    last = target
    lastPath = end === -1 ? null : end === target.length ? target : target.slice(0, end)
    return lastPath
  }
}

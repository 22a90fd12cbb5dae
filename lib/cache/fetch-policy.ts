/** Whether and for how long a fetched response is kept, as Next.js decides it. */

export type FetchCache = 'auto' | 'default-cache' | 'only-cache' | 'force-cache' | 'default-no-store' | 'only-no-store' | 'force-no-store'

/** What a call of `fetch()` says, and what is known where it is made. */
export interface FetchCall {
  compat: 13 | 14 | 15 | 16
  url: string
  /** The path of the route, in folder spelling. */
  route: string
  /** The option `cache`. */
  cache: string | undefined
  /** The option `next.revalidate`. */
  revalidate: unknown
  /** Whether it has credentials in its headers, or another method than GET and HEAD. */
  isUncacheable: boolean
  /** The route's segment config. */
  fetchCache: FetchCache | undefined
  forceDynamic: boolean
  forceStatic: boolean
  /** Whether `unstable_noStore()` was called before. */
  noStore: boolean
  /**
   * The seconds that an answer made here may be kept, as far as is known: 0 once the request was looked at. Undefined for a
   * dynamic answer of 15 and 16.
   */
  scope: number | undefined
}

export interface FetchPolicy {
  /** Seconds; Infinity: for ever; 0: not at all. */
  keep: number
  /** What the answer made here is kept for at most, because of this call. */
  limits?: number
  /** What makes that answer a dynamic one. */
  dynamic?: string
  /** What the user is to be told. */
  warning?: string
}

/** @throws Error where options contradict the route's `fetchCache`, or are none */
export function fetchPolicy (call: FetchCall): FetchPolicy {
  return call.compat >= 15 ? modern(call) : classic(call)
}

/** 15 and 16: nothing is kept unless it is asked for. */
function modern (call: FetchCall): FetchPolicy {
  const { fetchCache, scope, forceDynamic } = call
  let { cache, revalidate } = call
  let warning: string | undefined
  if (contradict(cache, revalidate)) {
    warning = `Specified "cache: ${cache}" and "revalidate: ${String(revalidate)}", only one should be specified.`
    cache = revalidate = undefined
  }
  const optsOut = cache === 'no-cache' || cache === 'no-store' || fetchCache === 'force-no-store' || fetchCache === 'only-no-store'
  const given = cache === 'force-cache' && revalidate === undefined
    ? Infinity
    : optsOut || (forceDynamic && fetchCache === undefined && !cache && !revalidate) ? 0 : seconds(call, revalidate)
  const saysNothing = fetchCache === undefined && (cache === undefined || cache === 'default') && given === undefined
  const isAutomatic = saysNothing || (call.isUncacheable && scope === 0)
  const keep = underFetchCache(call, cache, given) ?? byDefault(call, isAutomatic, scope ?? Infinity)
  return { keep, warning, ...consequences(call, keep, isAutomatic, given) }
}

/** 13 and 14: everything is kept, unless it comes after a look at the request. */
function classic (call: FetchCall): FetchPolicy {
  const { compat, fetchCache, scope = Infinity, isUncacheable } = call
  // Of both options, the time counts.
  const warning = typeof call.cache === 'string' && call.cache !== 'default' && call.revalidate !== undefined
    ? `specified "cache: ${call.cache}" and "revalidate: ${String(call.revalidate)}", only one should be specified.`
    : undefined
  const cache = call.revalidate === undefined ? call.cache : undefined
  const given = cache === 'force-cache' && !(compat === 13 && fetchCache === 'force-no-store')
    ? Infinity
    : cache === 'no-cache' || cache === 'no-store' || fetchCache === 'force-no-store' || fetchCache === 'only-no-store' ? 0 : seconds(call, call.revalidate)
  const isAutomatic = isUncacheable && scope === 0
  const keep = underFetchCache(call, cache, given) ?? byDefault(call, isAutomatic, scope)
  return { keep, warning, ...consequences(call, keep, isAutomatic, keep) }
}

/** `cache` and `revalidate` that cannot both be meant. */
const contradict = (cache: string | undefined, revalidate: unknown): boolean =>
  (cache === 'force-cache' && revalidate === 0) || (cache === 'no-store' && (revalidate === false || Number(revalidate) > 0))

function seconds ({ compat, route }: FetchCall, revalidate: unknown): number | undefined {
  if (revalidate === undefined || (revalidate === null && compat === 13)) return undefined
  if (revalidate === false || revalidate === Infinity) return Infinity
  if (typeof revalidate === 'number' && revalidate >= 0) return revalidate
  throw new Error(`Invalid revalidate value "${String(revalidate)}" on "${route}", must be a non-negative number or false`)
}

/** What the call says itself, unless the route's `fetchCache` has another word; undefined where neither says anything. */
function underFetchCache ({ fetchCache, url }: FetchCall, cache: string | undefined, given: number | undefined): number | undefined {
  if (fetchCache === 'force-cache' && !given) return Infinity
  if (fetchCache === 'only-no-store' && (cache === 'force-cache' || (given !== undefined && given > 0))) throw new Error(`cache: 'force-cache' used on fetch for ${url} with 'export const fetchCache = 'only-no-store'`)
  if (fetchCache === 'only-cache' && cache === 'no-store') throw new Error(`cache: 'no-store' used on fetch for ${url} with 'export const fetchCache = 'only-cache'`)
  return given
}

function byDefault ({ fetchCache, noStore }: FetchCall, isAutomatic: boolean, scope: number): number {
  if (fetchCache === 'default-cache' && !noStore) return Infinity
  if (fetchCache === 'default-no-store' || noStore || isAutomatic) return 0
  return scope
}

/** What a call means for the answer that is made with it. */
function consequences ({ forceStatic, forceDynamic, cache, scope, url, revalidate, compat }: FetchCall, keep: number, isAutomatic: boolean, given: number | undefined): Pick<FetchPolicy, 'limits' | 'dynamic'> {
  if (scope === undefined) return {}
  // 13 leaves an answer static that was made with fresh data; its users would see old data for ever.
  // 14 does the same where the time counts, and not `no-store`.
  if (cache === 'no-store' && (keep === 0 || compat === 14)) return forceStatic || forceDynamic ? {} : { dynamic: `no-store fetch ${url}`, limits: 0 }
  if ((keep === 0 && (isAutomatic || forceStatic)) || keep >= scope) return {}
  if (keep === 0 && !forceDynamic && (revalidate === 0 || compat < 15)) return { dynamic: `revalidate: 0 fetch ${url}`, limits: 0 }
  return given === keep ? { limits: keep } : {}
}

import { requestStorage } from '../context/request-context.ts'
import { unwrap } from '../web/lazy-request.ts'
import { markAsFetched } from '../web/fetched-headers.ts'
import { Request, Response } from '../web/native.ts'
import type { Kept } from './cache.ts'
import { ageOf, type CacheEntry } from './entry.ts'
import { fetchPolicy, type FetchCall, type FetchPolicy } from './fetch-policy.ts'
import { keyOfFetch } from './fetch-key.ts'
import { lookUp } from './look-up.ts'
import type { CacheScope } from './scope.ts'
import { soundTags } from '../next/cache-tags.ts'
import { toHeaders } from '../web/header-pairs.ts'

type Fetch = typeof fetch
type Input = Parameters<Fetch>[0]

/** What Next.js adds to the options of `fetch()`. */
export interface NextFetchOptions { revalidate?: number | false, tags?: string[], internal?: boolean }

interface Init extends RequestInit {
  cache?: Request['cache']
  next?: NextFetchOptions
}

/** Responses over 2 MB are not kept, as in Next.js. */
const MOST_BYTES = 2 * 1024 * 1024

/**
 * `fetch()` with the caching of Next.js, during our requests: the options `cache`, `next.revalidate` and `next.tags`, and
 * the segment config `fetchCache`. Outside of them, and for what is not to be cached, it is the `fetch()` that it is given.
 * @throws Error where options contradict the segment config; whatever `original` throws
 */
export async function cachedFetch (original: Fetch, input: Input, init: Init | undefined): Promise<globalThis.Response> {
  const scope = requestStorage.getStore()?.caching as CacheScope | undefined
  // Inside a function that is cached itself, and while nothing is to come from caches.
  if (scope === undefined || !('cache' in scope) || init?.next?.internal === true || scope.isDraft) return await original(input, init)
  const tags = soundTags(init?.next?.tags, 'fetch', (message) => { scope.run.warn(message) })
  for (const tag of tags) scope.tags.add(tag)
  const policy = fetchPolicy(callOf(scope, input, init))
  apply(policy, scope)
  if (policy.keep === 0) {
    scope.cache.observer.counts.bypass++
    return await original(input, init)
  }
  const { key, body } = await keyOfFetch(new Request(unwrap(input), init))
  // Whoever has replaced `fetch()` gets what it was called with, but for a body that has been read.
  const send = (signal?: null): Promise<globalThis.Response> => body === undefined && signal === undefined ? original(input, init) : original(input, { ...init, ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal }) } as RequestInit)
  return await fromCache(scope, { key, send, tags, keep: policy.keep, signal: signalOf(input, init) })
}

/** A call whose response is kept. */
interface Call {
  key: string
  /** Sends the request; with `null`, so that the signal of whoever asked for it does not end it. */
  send: (signal?: null) => Promise<globalThis.Response>
  tags: string[]
  /** Seconds */
  keep: number
  signal: AbortSignal | null
}

function signalOf (input: Input, init: Init | undefined): AbortSignal | null {
  if (init?.signal !== undefined) return init.signal
  return typeof input === 'object' && 'signal' in input ? input.signal : null
}

function callOf ({ run, noStore, fetchLimit }: CacheScope, input: Input, init: Init | undefined): FetchCall {
  const given = typeof input === 'object' && 'method' in input ? input : undefined
  const { dynamic, fetchCache } = run.route.config
  const method = (init?.method ?? given?.method ?? 'GET').toUpperCase()
  const headers = new Headers(init?.headers ?? given?.headers)
  return {
    compat: run.compat,
    url: given?.url ?? String(input),
    route: run.route.path,
    cache: init?.cache ?? given?.cache,
    revalidate: init?.next?.revalidate,
    isUncacheable: (method !== 'GET' && method !== 'HEAD') || headers.has('authorization') || headers.has('cookie'),
    fetchCache,
    forceDynamic: dynamic === 'force-dynamic',
    forceStatic: dynamic === 'force-static',
    noStore,
    scope: fetchLimit
  }
}

function apply ({ dynamic, limits, warning }: FetchPolicy, scope: CacheScope): void {
  if (warning !== undefined) scope.run.warn(warning)
  if (limits !== undefined) scope.lower(limits)
  if (dynamic !== undefined) scope.run.touch(dynamic)
}

async function fromCache (scope: CacheScope, call: Call): Promise<globalThis.Response> {
  const { cache, run } = scope
  const { key, tags, keep } = call
  const look = async (): Promise<Kept | undefined> => usable(await scope.get(key, tags), keep, cache.now())
  const { found: kept, isDue } = await lookUp(scope, { kind: 'fetch', key, look, signal: call.signal })
  if (kept === undefined) return await fetchAndKeep(scope, call)
  if (!isDue) return responseOf(kept.entry)
  const again = fetchAndKeep(scope, { ...call, send: () => call.send(null), signal: null })
  // What is kept itself is not made of what is out of date already, unless there is nothing else.
  if (run.isStatic) return await again.catch(() => responseOf(kept.entry))
  run.background(again.then((response) => response.body?.cancel()))
  return responseOf(kept.entry)
}

/** An entry that a call may use, whose own time counts, and not that of the call which made it. */
function usable (kept: Kept | undefined, keep: number, now: number): Kept | undefined {
  if (kept?.entry.kind !== 'fetch') return undefined
  return ageOf(kept.entry, now) >= keep ? { ...kept, freshness: 'stale' } : kept
}

async function fetchAndKeep (scope: CacheScope, { key, send, tags, keep, signal }: Call): Promise<globalThis.Response> {
  const { cache, run } = scope
  const createdAt = cache.now()
  const land = cache.flights.begin(key)
  try {
    const response = await send()
    if (response.status !== 200) {
      land()
      return response
    }
    // An answer to HEAD has no body.
    const [own, copy] = response.body?.tee() ?? [null, null]
    const revalidate = keep === Infinity ? false : keep
    const storing = readUpTo(copy, MOST_BYTES).then(async (body) => {
      if (body === undefined) run.warn(`The response of ${response.url} is not kept: it is larger than 2 MB.`)
      else await cache.set(key, { kind: 'fetch', createdAt, revalidate, tags, status: response.status, headers: [...response.headers].flat(), url: response.url, body })
    }).catch((error: unknown) => {
      // Whoever has given it up hears of it by what was given to him.
      if (signal?.aborted !== true) throw error
    }).finally(land)
    run.background(storing)
    return asFetched(new Response(own, response), response.url)
  } catch (error) {
    land()
    throw error
  }
}

/** All bytes of a body; undefined where there are more than that. */
async function readUpTo (stream: ReadableStream<Uint8Array> | null, most: number): Promise<Uint8Array | undefined> {
  if (stream === null) return new Uint8Array()
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks, length)
    length += value.length
    if (length > most) {
      reader.cancel().catch(() => {})
      return undefined
    }
    chunks.push(value)
  }
}

function responseOf ({ body, status, headers, url }: CacheEntry): globalThis.Response {
  return asFetched(new Response(body as string | Uint8Array<ArrayBuffer>, { status, headers: toHeaders(headers) }), url)
}

/** Handlers look where a response came from; who passes it on, whether `fetch()` has decoded it. */
function asFetched (response: globalThis.Response, url: string): globalThis.Response {
  markAsFetched(response.headers)
  return Object.defineProperty(response, 'url', { value: url })
}

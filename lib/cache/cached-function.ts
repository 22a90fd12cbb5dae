import { bailout, requestStorage, type CachedCall, type Caching, type RequestContext } from '../context/request-context.ts'
import type { Cache, Kept } from './cache.ts'
import { ageOf, YEAR, type Freshness } from './entry.ts'
import { keyOfCall } from './fetch-key.ts'
import { lookUp } from './look-up.ts'
import type { CacheScope } from './scope.ts'

interface Found { value: unknown, freshness: Freshness }

/**
 * Calls a function of `unstable_cache()`: what it gave for the same arguments is given again. A stale result is given once
 * more while a new one is made, but not to an answer that is kept itself.
 */
export async function callCached (scope: CacheScope, call: CachedCall): Promise<unknown> {
  const { cache, run } = scope
  for (const tag of call.tags) scope.tags.add(tag)
  if (run.isStatic && typeof call.revalidate === 'number') scope.lower(call.revalidate)
  if (scope.isDraft || run.route.config.fetchCache === 'force-no-store') return await callInside(call)
  const key = keyOfCall(call.fixedKey, call.args)
  const look = async (): Promise<Found | undefined> => usable(await scope.get(key, call.tags), call, cache.now())
  const { found, isDue } = await lookUp(scope, { kind: 'function', key, look })
  if (found === undefined) {
    const { result, stored } = await make(cache, key, call, run.route.path)
    run.background(stored)
    return result
  }
  if (!isDue) return found.value
  const stale = found.value
  const making = make(cache, key, call, run.route.path).then(async ({ result, stored }) => {
    await stored
    return result
  })
  if (!run.isStatic) {
    run.background(making)
    return stale
  }
  // What is kept itself is not made of what is out of date already, unless there is nothing else.
  return await making.catch((error: unknown) => {
    cache.observer.tell('error', 'function', key, run.route.path, error)
    return stale
  })
}

/** Where no route has called. */
const OUTSIDE = '-'

/** The same outside a request, where nothing waits in the background. */
export async function callCachedOutside (cache: Cache, call: CachedCall): Promise<unknown> {
  const key = keyOfCall(call.fixedKey, call.args)
  const found = usable(await cache.get(key, call.tags), call, cache.now())
  if (found?.freshness === 'fresh') return found.value
  const { result, stored } = await make(cache, key, call, OUTSIDE)
  await stored
  return result
}

/**
 * A result that was kept, read from its text; what cannot be read was never there. The time of the call counts as well,
 * and not only that of the call which made it.
 */
function usable (kept: Kept | undefined, { revalidate }: CachedCall, now: number): Found | undefined {
  if (kept?.entry.kind !== 'function') return undefined
  const isOld = typeof revalidate === 'number' && ageOf(kept.entry, now) >= revalidate
  try {
    const text = kept.entry.body.toString()
    return { value: text === '' ? undefined : JSON.parse(text) as unknown, freshness: isOld ? 'stale' : kept.freshness }
  } catch {
    return undefined
  }
}

async function make (cache: Cache, key: string, call: CachedCall, route: string): Promise<{ result: unknown, stored: Promise<void> }> {
  const createdAt = cache.now()
  const land = cache.flights.begin(key)
  const result = await callInside(call).catch((error: unknown) => {
    land()
    throw error
  })
  return { result, stored: keep(cache, key, call, result, createdAt, route).finally(land) }
}

/** Like Next.js, keeps what JSON can tell of a result, and nothing of what it cannot: the caller has the result all the same. */
async function keep (cache: Cache, key: string, { tags, revalidate }: CachedCall, result: unknown, createdAt: number, route: string): Promise<void> {
  let body: string
  try {
    body = (JSON.stringify(result) as string | undefined) ?? ''
  } catch (error) {
    cache.observer.tell('error', 'function', key, route, error)
    return
  }
  await cache.set(key, { kind: 'function', createdAt, revalidate: typeof revalidate === 'number' && revalidate < YEAR ? revalidate : false, tags, status: 200, headers: [], url: '', body })
}

/** Runs the function where neither the request nor other caches can be used. */
async function callInside ({ fn, args }: CachedCall): Promise<unknown> {
  const context = requestStorage.getStore()
  // In JavaScript it may be one that is not asynchronous.
  const run = fn as (...args: unknown[]) => unknown
  return await (context === undefined ? run(...args) : requestStorage.run(new FunctionContext(context), run, ...args))
}

const NO_CACHE: Caching = {
  noStore: true,
  invalidate () { throw new Error('revalidateTag() and revalidatePath() cannot be called in a function cached with unstable_cache().') },
  async call (call) { return await callInside(call) }
}

/** The context inside a cached function: what only one request can tell must not get into what others are given, too. */
export class FunctionContext implements RequestContext {
  readonly #outer: RequestContext
  readonly caching = NO_CACHE
  jar = undefined
  cookies = undefined
  headers = undefined

  constructor (outer: RequestContext) {
    this.#outer = outer
  }

  get request (): Request { return this.#outer.request }
  get compat (): RequestContext['compat'] { return this.#outer.compat }
  get route (): RequestContext['route'] { return this.#outer.route }
  get host (): RequestContext['host'] { return this.#outer.host }
  get phase (): RequestContext['phase'] { return this.#outer.phase }
  get draft (): boolean | undefined { return this.#outer.draft }
  defer (task: () => unknown): void { this.#outer.defer(task) }

  touch (used: string): never {
    const { path } = this.route
    throw Object.assign(bailout(path, used), { message: `Route ${path} used \`${used}\` inside a function cached with \`unstable_cache()\`. Accessing Dynamic data sources inside a cache scope is not supported. If you need this data inside a cached function use \`${used}\` outside of the cached function and pass the required dynamic data in as an argument. See more info here: https://nextjs.org/docs/app/api-reference/functions/unstable_cache` })
  }
}

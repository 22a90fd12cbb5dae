import { AsyncLocalStorage } from 'node:async_hooks'
import { OutsideRequestError } from '../errors.ts'
import type { Compat } from '../routes/options.ts'
import { passOverIfLeftAlone } from './left-alone.ts'

/** What the ambient functions (`cookies()`, `after()`, `hostRequest()` …) know of the request that is being handled. */
export interface RequestContext {
  /** The received `NextRequest`. */
  readonly request: Request
  readonly compat: Compat
  /** Its path as folders spell it, and whether it says `dynamic = 'error'`. */
  readonly route: { readonly path: string, readonly config: { readonly dynamic?: string } }
  /** What the host handles the request with: which host, and its own objects. */
  readonly host: { readonly name: 'fastify' | 'express' }
  /** `after` while the callbacks of `after()` run, when the answer can no longer be changed. */
  phase: 'handler' | 'after'
  /** The jar of `cookies()`, once it was asked for. */
  jar: object | undefined
  /** What `cookies()` gives, once it was asked for: the same promise each time. */
  cookies: Promise<unknown> | undefined
  /** The list that `headers()` gives, once it was asked for, and its promise. */
  headers: { list: object, promise: Promise<unknown> } | undefined
  /** Whether draft mode was switched by this request. */
  draft: boolean | undefined
  /** Runs a task once the answer is out. */
  defer (task: () => unknown): void
  /**
   * Notes that something was looked at which only this request can tell.
   * @param used how it is called in a message: `cookies()`
   * @throws Error where the answer is made once for all
   */
  touch (used: string): void
  /** What the run knows of caches. */
  readonly caching: Caching
}

/** What is invalidated at once (`{ expire: 0 }`), or stale now and expired after some seconds, or stale only. */
export interface TagInvalidation { expire?: number }

/** A call of a function that `unstable_cache()` has made. */
export interface CachedCall {
  fn: (...args: never[]) => Promise<unknown>
  args: unknown[]
  /** What tells it from other functions. */
  fixedKey: string
  tags: string[]
  /** Seconds; false: for ever. */
  revalidate: number | false | undefined
}

/** The caches, as the functions of `next/cache` use them during a run. */
export interface Caching {
  /** Whether `unstable_noStore()` was called. */
  noStore: boolean
  /** Invalidates tags; resolves once every process can know, which the answer to the request waits for, too. */
  invalidate (tags: string[], invalidation: TagInvalidation): void | Promise<void>
  call (call: CachedCall): Promise<unknown>
}

// One store for the process, even where a compiling loader has evaluated this module twice.
const STORE = Symbol.for('fastify-app-routes.context')
const holder = globalThis as { [STORE]?: AsyncLocalStorage<RequestContext> }

export const requestStorage: AsyncLocalStorage<RequestContext> = holder[STORE] ??= new AsyncLocalStorage<RequestContext>()

/** What `unstable_cache()` uses outside of requests: the caches of the directory that was mounted last. */
export const outsideRequests: { caching: Pick<Caching, 'call'> | undefined } = { caching: undefined }

/**
 * The context of the current request.
 * @throws OutsideRequestError, worded as Next.js words it
 */
export function currentContext (caller: string): RequestContext {
  const context = requestStorage.getStore()
  if (context === undefined) throw new OutsideRequestError(`\`${caller}\` was called outside a request scope. Read more: https://nextjs.org/docs/messages/next-dynamic-api-wrong-context`)
  return context
}

/**
 * The context of the current request, for what only a request can tell.
 * @throws OutsideRequestError
 * @throws Error where the route file says `dynamic = 'error'`, worded as Next.js words it
 */
export function dynamicContext (caller: string): RequestContext {
  const context = currentContext(caller)
  const { path, config } = context.route
  if (config.dynamic === 'error') throw notStatic(path, `${caller}()`, ' See more info here: https://nextjs.org/docs/app/building-your-application/rendering/static-and-dynamic#dynamic-rendering')
  context.touch(`${caller}()`)
  return context
}

/** Ends the making of a static answer that turns out not to be one; libraries know it by its digest. */
export function bailout (path: string, used: string): Error {
  const message = `Route ${path} couldn't be rendered statically because it used \`${used}\`. See more info here: https://nextjs.org/docs/messages/dynamic-server-error`
  return passOverIfLeftAlone(Object.assign(new Error(message), { digest: 'DYNAMIC_SERVER_USAGE' }))
}

export const isBailout = (error: unknown): boolean => (error as { digest?: unknown } | null | undefined)?.digest === 'DYNAMIC_SERVER_USAGE'

/** The error of a route file with `dynamic = 'error'` that looks at its request, worded as Next.js words it. */
export function notStatic (path: string, used: string, more = ''): Error {
  const message = `Route ${path} with \`dynamic = "error"\` couldn't be rendered statically because it used \`${used}\`.${more}`
  return passOverIfLeftAlone(Object.assign(new Error(message), { code: 'NEXT_STATIC_GEN_BAILOUT' }))
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { OutsideRequestError } from '../errors.ts'
import type { Compat } from '../routes/options.ts'

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
}

// One store for the process, even where a compiling loader has evaluated this module twice.
const STORE = Symbol.for('fastify-app-routes.context')
const holder = globalThis as { [STORE]?: AsyncLocalStorage<RequestContext> }

export const requestStorage: AsyncLocalStorage<RequestContext> = holder[STORE] ??= new AsyncLocalStorage<RequestContext>()

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
  return context
}

/** The error of a route file with `dynamic = 'error'` that looks at its request, worded as Next.js words it. */
export function notStatic (path: string, used: string, more = ''): Error {
  return Object.assign(new Error(`Route ${path} with \`dynamic = "error"\` couldn't be rendered statically because it used \`${used}\`.${more}`), { code: 'NEXT_STATIC_GEN_BAILOUT' })
}

import { isBailout } from '../context/request-context.ts'
import { controlFlow, fallbackError, redirectError } from './control-flow.ts'

/** Whether the redirect adds to the browser's history or replaces its last entry; a route handler's answer is the same. */
export const RedirectType = { push: 'push', replace: 'replace' } as const
export type RedirectType = typeof RedirectType[keyof typeof RedirectType]

/**
 * Ends the handler with a 307 to `url`, which is sent exactly as given. A form that was posted is answered with 303, so
 * that browsers go on with GET.
 * @throws always
 * @see https://nextjs.org/docs/app/api-reference/functions/redirect
 */
export function redirect (url: string, type?: RedirectType): never {
  throw redirectError(url, type, 307)
}

/**
 * Ends the handler with a 308 to `url`; with 303 where a form was posted.
 * @throws always
 * @see https://nextjs.org/docs/app/api-reference/functions/permanentRedirect
 */
export function permanentRedirect (url: string, type: RedirectType = 'replace'): never {
  throw redirectError(url, type, 308)
}

/**
 * Ends the handler with an empty 404.
 * @throws always
 * @see https://nextjs.org/docs/app/api-reference/functions/not-found
 */
export function notFound (): never {
  throw fallbackError(404)
}

/**
 * Ends the handler with an empty 403.
 * @throws always
 * @see https://nextjs.org/docs/app/api-reference/functions/forbidden
 */
export function forbidden (): never {
  throw fallbackError(403)
}

/**
 * Ends the handler with an empty 401.
 * @throws always
 * @see https://nextjs.org/docs/app/api-reference/functions/unauthorized
 */
export function unauthorized (): never {
  throw fallbackError(401)
}

/**
 * Lets the errors of `redirect()`, `notFound()` and the like through, for use at the top of a `catch` block.
 * @see https://nextjs.org/docs/app/api-reference/functions/unstable_rethrow
 */
export function unstable_rethrow (error: unknown): void {
  if (controlFlow(error) !== undefined || isBailout(error)) throw error
  if (error instanceof Error && 'cause' in error) unstable_rethrow(error.cause)
}

export * from './client-hooks.ts'
export { ReadonlyURLSearchParams } from './readonly-search-params.ts'

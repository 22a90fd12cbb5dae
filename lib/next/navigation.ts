import { NotSupportedError } from '../errors.ts'
import { requestStorage } from '../context/request-context.ts'

/**
 * `redirect()`, `notFound()` and the like end a handler by throwing. The digest says what for; Next.js's own have the
 * same, so libraries that look for it work here.
 */
interface DigestError extends Error { digest: string }

const REDIRECT = 'NEXT_REDIRECT'
const HTTP_FALLBACK = 'NEXT_HTTP_ERROR_FALLBACK'

/** Whether the redirect adds to the browser's history or replaces its last entry; a route handler's answer is the same. */
export const RedirectType = { push: 'push', replace: 'replace' } as const
export type RedirectType = typeof RedirectType[keyof typeof RedirectType]

/**
 * Ends the handler with a 307 to `url`, which is sent exactly as given.
 * @throws always
 * @see https://nextjs.org/docs/app/api-reference/functions/redirect
 */
export function redirect (url: string, type: RedirectType = 'replace'): never {
  throw redirectError(url, type, 307)
}

/**
 * Ends the handler with a 308 to `url`.
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
  if (controlFlow(error) !== undefined) throw error
  if (error instanceof Error && 'cause' in error) unstable_rethrow(error.cause)
}

function redirectError (url: string, type: RedirectType, status: 307 | 308): DigestError {
  // 13 wrote whether the redirect is permanent where later majors write the status.
  const last = requestStorage.getStore()?.compat === 13 ? String(status === 308) : String(status)
  return digestError(REDIRECT, `${REDIRECT};${type};${url};${last};`)
}

function fallbackError (status: 401 | 403 | 404): DigestError {
  const digest = `${HTTP_FALLBACK};${status}`
  return digestError(digest, digest)
}

function digestError (message: string, digest: string): DigestError {
  return Object.assign(new Error(message), { digest })
}

/** What an error of this page stands for: an answer with that status, and a Location for redirects. */
export function controlFlow (error: unknown): { status: number, location?: string } | undefined {
  if (typeof error !== 'object' || error === null || !('digest' in error) || typeof error.digest !== 'string') return undefined
  const [kind, ...rest] = error.digest.split(';')
  if (kind === HTTP_FALLBACK) {
    const status = Number(rest[0])
    return [401, 403, 404].includes(status) ? { status } : undefined
  }
  // Next.js 13 and 14
  if (error.digest === 'NEXT_NOT_FOUND') return { status: 404 }
  if (kind !== REDIRECT || rest.length < 4) return undefined
  // The URL may hold semicolons of its own.
  const last = rest.at(-2)!
  const status = last === 'true' ? 308 : last === 'false' ? 307 : Number(last)
  const location = rest.slice(1, -2).join(';')
  const isSound = (rest[0] === 'push' || rest[0] === 'replace') && location !== ''
  return isSound && [303, 307, 308].includes(status) ? { status, location } : undefined
}

function clientHook (name: string): () => never {
  return () => { throw new NotSupportedError(`${name}() is a hook of React components; a server of route handlers has none. Read the request instead.`) }
}

export const useParams = clientHook('useParams')
export const usePathname = clientHook('usePathname')
export const useRouter = clientHook('useRouter')
export const useSearchParams = clientHook('useSearchParams')
export const useSelectedLayoutSegment = clientHook('useSelectedLayoutSegment')
export const useSelectedLayoutSegments = clientHook('useSelectedLayoutSegments')
export const useServerInsertedHTML = clientHook('useServerInsertedHTML')
export const unstable_isUnrecognizedActionError = clientHook('unstable_isUnrecognizedActionError')
export { ReadonlyURLSearchParams } from './readonly-search-params.ts'

import { requestStorage } from '../context/request-context.ts'

/**
 * `redirect()`, `notFound()` and the like end a handler by throwing. The digest says what for; Next.js's own have the
 * same, so libraries that look for it work here.
 */
interface DigestError extends Error { digest: string }

const REDIRECT = 'NEXT_REDIRECT'
const HTTP_FALLBACK = 'NEXT_HTTP_ERROR_FALLBACK'
/** What 13 and 14 have for 404, the only such error that they know. */
const CLASSIC_NOT_FOUND = 'NEXT_NOT_FOUND'
/** The URL may hold semicolons of its own. */
const REDIRECT_DIGEST = /^NEXT_REDIRECT;(?:push|replace);(.+);(?:(30[378]);|(true|false);?)$/s

export function redirectError (url: string, type: 'push' | 'replace', status: 307 | 308): DigestError {
  // 13 wrote whether the redirect is permanent where later majors write the status.
  const last = requestStorage.getStore()?.compat === 13 ? String(status === 308) : `${status};`
  return digestError(REDIRECT, `${REDIRECT};${type};${url};${last}`)
}

export function fallbackError (status: 401 | 403 | 404): DigestError {
  const isClassic = status === 404 && (requestStorage.getStore()?.compat ?? 16) < 15
  const digest = isClassic ? CLASSIC_NOT_FOUND : `${HTTP_FALLBACK};${status}`
  return digestError(digest, digest)
}

function digestError (message: string, digest: string): DigestError {
  return Object.assign(new Error(message), { digest })
}

/** What such an error stands for: an answer with that status, and a Location for redirects. */
export function controlFlow (error: unknown): { status: number, location?: string } | undefined {
  if (typeof error !== 'object' || error === null || !('digest' in error) || typeof error.digest !== 'string') return undefined
  const { digest } = error
  if (digest === CLASSIC_NOT_FOUND) return { status: 404 }
  if (digest.startsWith(HTTP_FALLBACK + ';')) {
    const status = Number(digest.split(';')[1])
    return [401, 403, 404].includes(status) ? { status } : undefined
  }
  const [, location, status, permanent] = REDIRECT_DIGEST.exec(digest) ?? []
  if (location === undefined) return undefined
  return { status: status === undefined ? permanent === 'true' ? 308 : 307 : Number(status), location }
}

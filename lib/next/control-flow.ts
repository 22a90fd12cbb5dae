import { requestStorage } from '../context/request-context.ts'

/**
 * `redirect()`, `notFound()` and the like end a handler by throwing. The digest says what for; Next.js's own have the
 * same, so libraries that look for it work here.
 */
interface DigestError extends Error { digest: string }

const REDIRECT = 'NEXT_REDIRECT'
const HTTP_FALLBACK = 'NEXT_HTTP_ERROR_FALLBACK'

export function redirectError (url: string, type: 'push' | 'replace', status: 307 | 308): DigestError {
  // 13 wrote whether the redirect is permanent where later majors write the status.
  const last = requestStorage.getStore()?.compat === 13 ? String(status === 308) : String(status)
  return digestError(REDIRECT, `${REDIRECT};${type};${url};${last};`)
}

export function fallbackError (status: 401 | 403 | 404): DigestError {
  const digest = `${HTTP_FALLBACK};${status}`
  return digestError(digest, digest)
}

function digestError (message: string, digest: string): DigestError {
  return Object.assign(new Error(message), { digest })
}

/** What such an error stands for: an answer with that status, and a Location for redirects. */
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

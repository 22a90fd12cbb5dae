import { requestStorage, type RequestContext } from '../context/request-context.ts'
import { LightResponse } from '../web/light-response.ts'

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

export function redirectError (url: string, type: 'push' | 'replace' | undefined, status: 307 | 308): DigestError {
  const context = requestStorage.getStore()
  const compat = context?.compat ?? 16
  const isForm = context !== undefined && isFormPost(context)
  const kind = type ?? (isForm && compat >= 15 && status === 307 ? 'push' : 'replace')
  // 13 wrote whether the redirect is permanent where later majors write the status.
  const last = compat === 13 ? String(status === 308) : `${compat === 14 && isForm ? 303 : status};`
  return digestError(REDIRECT, `${REDIRECT};${kind};${url};${last}`)
}

/**
 * Whether a browser may have sent the request as a form. Next.js answers a redirect with 303 then (since 14), so that the
 * form is not sent once more to where the redirect leads. It takes such requests for possible server actions.
 */
function isFormPost ({ request, compat }: RequestContext): boolean {
  if (compat < 14 || request.method !== 'POST') return false
  const type = request.headers.get('content-type')
  return type === 'application/x-www-form-urlencoded' || type?.startsWith('multipart/form-data') === true || request.headers.has('next-action')
}

/** The answer that such an error stands for; undefined for all other errors. */
export function controlFlowResponse (error: unknown, context: RequestContext): Response | undefined {
  const flow = controlFlow(error)
  if (flow === undefined) return undefined
  const { status, location } = flow
  if (location === undefined) return new LightResponse(null, { status })
  return new LightResponse(null, { status: context.compat >= 15 && isFormPost(context) ? 303 : status, headers: { location } })
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

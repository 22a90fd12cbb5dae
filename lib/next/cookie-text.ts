import type { ResponseCookie } from '@edge-runtime/cookies'

/**
 * Cookies as texts, written and read as the package `@edge-runtime/cookies` does it, which Next.js has in it. Its own
 * functions go by lists, patterns and iterators, which costs each request with cookies several times as much.
 */

/** One Set-Cookie value. */
export function writeCookie (cookie: ResponseCookie): string {
  const { name, value, path, expires, maxAge, domain, secure, httpOnly, sameSite, partitioned, priority } = cookie
  let text = `${name}=${encodeURIComponent(value ?? '')}`
  if (path) text += `; Path=${path}`
  if (expires || expires === 0) text += `; Expires=${(typeof expires === 'number' ? new Date(expires) : expires).toUTCString()}`
  if (typeof maxAge === 'number') text += `; Max-Age=${maxAge}`
  if (domain) text += `; Domain=${domain}`
  if (secure) text += '; Secure'
  if (httpOnly) text += '; HttpOnly'
  if (sameSite) text += `; SameSite=${sameSite}`
  if (partitioned) text += '; Partitioned'
  if (priority) text += `; Priority=${priority}`
  return text
}

/** Names and values of a Cookie header. Of several of one name the last counts; one with malformed escapes is left out. */
export function readCookies (header: string): Map<string, string> {
  const cookies = new Map<string, string>()
  for (let start = 0; start < header.length; start = nextCookie(header, start)) {
    const end = endOfCookie(header, start)
    const equals = header.indexOf('=', start)
    const endOfName = equals === -1 || equals > end ? end : equals
    const value = readValue(header, endOfName, end)
    if (end > start && value !== undefined) cookies.set(header.slice(start, endOfName), value)
  }
  return cookies
}

/** The value of one cookie of a Cookie header, as `readCookies()` has it, without the cost of a map. */
export function findCookie (header: string, name: string): string | undefined {
  if (name.includes('=')) return undefined
  let found: string | undefined
  for (let start = 0; start < header.length; start = nextCookie(header, start)) {
    const end = endOfCookie(header, start)
    const endOfName = start + name.length
    const isNamed = end > start && header.startsWith(name, start) && (endOfName === end || (endOfName < end && header.charCodeAt(endOfName) === EQUALS))
    if (isNamed) found = readValue(header, endOfName, end) ?? found
  }
  return found
}

const SPACE = 32
const EQUALS = 61

function endOfCookie (header: string, start: number): number {
  const end = header.indexOf(';', start)
  return end === -1 ? header.length : end
}

function nextCookie (header: string, start: number): number {
  let next = endOfCookie(header, start) + 1
  while (header.charCodeAt(next) === SPACE) next++
  return next
}

/** A cookie without an equals sign says `true`. */
function readValue (header: string, endOfName: number, end: number): string | undefined {
  if (endOfName === end) return 'true'
  const value = header.slice(endOfName + 1, end)
  if (!value.includes('%')) return value
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

import { decoded } from '../web/url.ts'

/** A `cookie` header as Next.js's and Express's parsers read it: of equal names the first counts, a bad escape stays. */
export function parseCookies (header: string | undefined): Record<string, string> {
  const cookies = Object.create(null) as Record<string, string>
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (at === -1) continue
    const name = pair.slice(0, at).trim()
    if (name in cookies) continue
    const value = pair.slice(at + 1).trim()
    cookies[name] = decoded(value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value)
  }
  return cookies
}

/**
 * The path of a request target as the client sent it: still encoded, without query and fragment.
 * The absolute form (RFC 9112, 3.2.2) loses its scheme and authority.
 */
export function pathOf (target: string): string {
  let start = 0
  if (target.charCodeAt(0) !== SLASH) {
    const absolute = /^https?:\/\/[^/?#]+/i.exec(target)
    if (absolute !== null) start = absolute[0].length
  }
  const end = target.search(/[?#]/)
  const path = end === -1 ? target.slice(start) : target.slice(start, Math.max(start, end))
  return path === '' ? '/' : path
}

const SLASH = 47

/** The query of a request target with its question mark, or ''. */
export function searchOf (target: string): string {
  const end = target.indexOf('#')
  const start = target.indexOf('?')
  if (start === -1 || (end !== -1 && end < start)) return ''
  return target.slice(start, end === -1 ? undefined : end)
}

/**
 * The path of a request target as the client sent it: still encoded, without query and fragment.
 * The absolute form (RFC 9112, 3.2.2) loses its scheme and authority.
 */
export function pathOf (target: string): string {
  const start = startOfPath(target)
  const end = target.search(/[?#]/)
  const path = end === -1 ? target.slice(start) : target.slice(start, Math.max(start, end))
  return path === '' ? '/' : path
}

/**
 * Whether others may read another path out of a target than `path`, which guards see: Node.js's `url.parse()`, and so Express,
 * takes that of any scheme (`ftp://x/secret`), and cuts off blanks at the end, which HTTP/2 lets through.
 */
export function isAmbiguous (target: string, path: string): boolean {
  return path.charCodeAt(0) !== SLASH || /\s$/.test(target)
}

/** Of an authority with other signs than names and ports have, parsers differ in where it ends. */
function startOfPath (target: string): number {
  return target.charCodeAt(0) === SLASH ? 0 : /^https?:\/\/[\w.~:@[\]-]+(?=[/?#]|$)/i.exec(target)?.[0].length ?? 0
}

const SLASH = 47

/** The query of a request target with its question mark, or ''. */
export function searchOf (target: string): string {
  const end = target.indexOf('#')
  const start = target.indexOf('?')
  if (start === -1 || (end !== -1 && end < start)) return ''
  return target.slice(start, end === -1 ? undefined : end)
}

/** A request target without the base path that its path begins with. */
export function withoutBasePath (target: string, basePath: string): string {
  const path = pathOf(target)
  if (path !== basePath && !path.startsWith(basePath + '/')) return target
  const start = startOfPath(target)
  const rest = target.slice(start + basePath.length)
  return target.slice(0, start) + (rest.startsWith('/') ? rest : '/' + rest)
}

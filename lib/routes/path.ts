import type { TrailingSlash } from './options.ts'
import type { Segment } from './segments.ts'

const SLASH = 47

/**
 * Where the path of an ordinary target ends. -1 where it may not be canonical, or where it has escapes or a fragment: such
 * a target must be looked at more closely.
 */
export function endOfOrdinaryPath (target: string): number {
  if (target.charCodeAt(0) !== SLASH) return -1
  let previous = SLASH
  for (let index = 1; index < target.length; index++) {
    const code = target.charCodeAt(index)
    if (code === QUESTION_MARK) return previous === SLASH ? -1 : index
    if (code === PERCENT || code === BACKSLASH || code === HASH) return -1
    if (previous === SLASH && (code === SLASH || code === DOT)) return -1
    previous = code
  }
  return previous === SLASH ? -1 : target.length
}

const HASH = 35
const PERCENT = 37
const DOT = 46
const QUESTION_MARK = 63
const BACKSLASH = 92

/** A doubled slash, a backslash or a dot segment, encoded or not: what the WHATWG URL parser would resolve. */
const UNRESOLVED = /\/\/|\\|\/(?:\.|%2e){1,2}(?:\/|$)/i
const UNRESOLVED_SINGLE_SLASH = /\\|\/(?:\.|%2e){1,2}(?:\/|$)/i

/**
 * The path to redirect a request to before anything else looks at it, or null where it is canonical.
 * Router, hooks, handlers and rules all rely on it: none of them may see a path that another would resolve otherwise.
 * As in Next.js, slashes are collapsed first, and only the redirected request loses its trailing slash.
 */
export function canonicalPath (path: string, trailingSlash: TrailingSlash, duplicateSlashes: 'redirect' | 'keep' = 'redirect'): string | null {
  // OPTIONS * asks the whole server, and other schemes are for proxies (RFC 9112, 3.2): none of them is a path.
  if (path.charCodeAt(0) !== SLASH) return null
  const unresolved = duplicateSlashes === 'redirect' ? UNRESOLVED : UNRESOLVED_SINGLE_SLASH
  if (unresolved.test(path)) return resolvePath(path)
  if (trailingSlash === 'ignore' || path === '/') return null
  const hasSlash = path.charCodeAt(path.length - 1) === SLASH
  if (trailingSlash === false) return hasSlash ? path.slice(0, -1) : null
  if (path.startsWith('/.well-known/')) return null
  const isFile = path.slice(path.lastIndexOf('/', path.length - 2)).includes('.')
  if (isFile) return hasSlash ? path.slice(0, -1) : null
  return hasSlash ? null : path + '/'
}

/**
 * What is left of a path behind a mount prefix, which may hold parameters of the host's; null where it is not below it.
 */
export function cutPrefix (path: string, prefix: string): string | null {
  if (prefix === '') return path
  const parts = path.split('/')
  const mounted = prefix.split('/')
  if (parts.length < mounted.length) return null
  if (!mounted.every((part, index) => /^[:*]/.test(part) || part === parts[index])) return null
  return '/' + parts.slice(mounted.length).join('/')
}

/** Resolves dot segments and folds slashes of either kind. The result begins with exactly one slash. */
export function resolvePath (path: string): string {
  const collapsed = path.replace(/[\\/]+/g, '/')
  const resolved = new URL('http://n' + collapsed).pathname.replace(/\/+/g, '/')
  // Node.js 20 overlooks some: `/a/.[/.`
  return UNRESOLVED.test(resolved) ? withoutDots(resolved) : resolved
}

/** RFC 3986, 5.2.4. */
function withoutDots (path: string): string {
  const segments: string[] = []
  const all = path.split('/').slice(1)
  for (const [index, segment] of all.entries()) {
    const isDots = /^(?:\.|%2e){1,2}$/i.test(segment)
    if (!isDots) segments.push(segment)
    else if (!/^(?:\.|%2e)$/i.test(segment)) segments.pop()
    if (isDots && index === all.length - 1) segments.push('')
  }
  return '/' + segments.join('/')
}

/**
 * A folder's name, or a path, with every escape that a URL needs: a client sends `ü` as `%C3%BC`. `URL` escapes `^` from
 * Node.js 24 on.
 */
export function asSpelled (text: string): string {
  if (!UNSPELLED.test(text)) return text
  return text.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase()).replace(/[^\x21-\x7e]|["#<>?\\^`{}]/gu, encodeURIComponent)
}

const UNSPELLED = /[^\x21-\x24\x26-\x7e]|["#<>?\\^`{}]/

/**
 * A path as the routers of the hosts compare it: decoded, but for reserved characters (`%2F`) and the percent sign.
 * Malformed escapes stay as they are.
 */
export function asRouted (path: string): string {
  return decodedBy(decodeURI, path.replaceAll('%25', '%2525'))
}

function decodedBy (decode: (text: string) => string, text: string): string {
  try {
    return decode(text)
  } catch {
    // Others may decode what is well-formed beside what is not.
    return text.replace(ESCAPES, (escapes) => {
      try {
        return decode(escapes)
      } catch {
        return escapes.replace(ASCII_ESCAPE, decode)
      }
    })
  }
}

const ESCAPES = /(?:%[0-9a-f]{2})+/gi
const ASCII_ESCAPE = /%[0-7][0-9a-f]/gi

/**
 * The ways in which a canonical path may be read, the one as sent first. Patterns are written in plain letters (`/über`), and
 * a guard must not be walked round by spelling a path otherwise than its pattern. What gets a request behind us may decode
 * its path first and resolve dot segments then (`/x/..%2fadmin`), as file servers do, or have it decoded on the way to it.
 */
export function readingsOf (path: string): string[] {
  if (!path.includes('%')) return [path]
  const readings = new Set([path, asRouted(path)])
  for (const decoded of decodings(path)) for (const reading of resolutions(decoded)) readings.add(reading)
  return [...readings]
}

/**
 * Whether somebody who decodes a path and resolves it then is led out of what is below its prefix: `/api/..%2fadmin`.
 * @param prefix what the path begins with
 */
export function leadsOut (path: string, prefix = ''): boolean {
  if (!path.includes('%')) return false
  const own = prefix === '' ? path : path.split('/').slice(prefix.split('/').length).join('/')
  return decodings(own).some((decoded) => climbs(decoded) || climbs(decoded.replaceAll('\\', '/')))
}

function climbs (path: string): boolean {
  let depth = 0
  for (const segment of path.split('/')) {
    if (segment === '..') depth--
    else if (segment !== '' && segment !== '.') depth++
    if (depth < 0) return true
  }
  return false
}

/** A path decoded once, and twice where that is another. */
function decodings (path: string): string[] {
  const once = decodedBy(decodeURIComponent, path)
  return once.includes('%') ? [once, decodedBy(decodeURIComponent, once)] : [once]
}

/** A decoded path as it is, and what servers may make of it: they differ in what a backslash is, and a doubled slash. */
function resolutions (path: string): string[] {
  if (!UNRESOLVED.test(path)) return [path]
  return [path, path.replaceAll('\\', '/')].flatMap((text) => [text, withoutDots(text.replace(/\/+/g, '/')), withoutDots(text).replace(/\/+/g, '/')])
}

/**
 * The parameter values of a route, taken from the path as the client sent it and decoded segment by segment,
 * so that an encoded slash stays inside its value.
 * @param skip how many segments of the path stand before the route's own (the mount prefix)
 * @throws URIError where an escape is malformed
 */
export function readParams (route: { segments: readonly Segment[] }, path: string, skip: number): Record<string, string | string[]> {
  const params: Record<string, string | string[]> = {}
  let start = 1
  // Not -skip: that is -0 without a prefix, and no integer to the compiler.
  for (let index = 0 - skip; index < route.segments.length; index++) {
    const slash = path.indexOf('/', start)
    const end = slash === -1 ? path.length : slash
    const segment = index < 0 ? undefined : route.segments[index]!
    if (segment?.kind === 'dynamic') setParam(params, segment.name, decode(path.slice(start + segment.prefix.length, end)))
    else if (segment !== undefined && segment.kind !== 'static') {
      const rest = path.slice(start, path.endsWith('/') ? -1 : undefined)
      if (rest !== '') setParam(params, segment.name, rest.split('/').map(decode))
    }
    start = end + 1
  }
  return params
}

const decode = (text: string): string => text.includes('%') ? decodeURIComponent(text) : text

/** A folder may be called `[__proto__]`. */
function setParam (params: Record<string, string | string[]>, name: string, value: string | string[]): void {
  if (name === '__proto__') Object.defineProperty(params, name, { value, enumerable: true, writable: true, configurable: true })
  else params[name] = value
}

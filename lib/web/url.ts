// A Host header with anything else in it could move the path, or the authority, of the URL that is built with it.
const AUTHORITY = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

let lastSound: string | undefined

/** Whether a Host (or :authority, or X-Forwarded-Host) value is safe to build a URL with. */
function isAuthority (host: string | undefined): host is string {
  if (host === undefined) return false
  if (host === lastSound) return true
  if (!AUTHORITY.test(host) || !URL.canParse(`http://${host}`)) return false
  lastSound = host
  return true
}

/**
 * The absolute URL of a request, always at the origin that the host sees. A target in absolute form loses its authority:
 * hosts do not look at it (their trust of proxies, virtual hosts), and what would follow from it, but be compared with
 * theirs, could be led by a client to any other server.
 */
export function requestUrl (origin: string, target: string): string {
  if (ORDINARY_TARGET.test(target)) return canonicalOrigin(origin) + target
  // No target has a fragment (RFC 9112, 3.2); Node.js lets one through.
  const [withoutFragment] = target.split('#', 1) as [string]
  const path = withoutFragment.replace(/^https?:\/\/[^/?#]*/i, '')
  // '*' and the like are no paths, but a URL needs one.
  return new URL(origin + (path.startsWith('/') ? path : '/' + path)).href
}

/** What the URL parser leaves as it is: no escapes in the path, no dot segments, nothing that it would escape. */
const ORDINARY_TARGET = /^(?:\/(?!\.)[\w!$&()*+,:;=@~.-]*)+(?:\?[\w!$&()*+,:;=@~./?%-]*)?$/

let lastOrigin: { given: string, canonical: string } | undefined

/** In lower case, and without a port that its scheme has by default. */
function canonicalOrigin (given: string): string {
  if (lastOrigin?.given !== given) lastOrigin = { given, canonical: new URL(given).origin }
  return lastOrigin.canonical
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\])$/

/** Like Next.js, calls every loopback address localhost. */
export function nameLoopback (url: URL): URL {
  if (LOOPBACK.test(url.hostname)) url.hostname = 'localhost'
  return url
}

/**
 * Whether a URL is one of the server itself. Next.js's classes name loopback addresses anew, and what was made of the URL of
 * a request by them must not count for another server, which the client would have chosen by its Host header.
 */
export function isAt (origin: string, url: URL): boolean {
  const own = canonicalOrigin(origin)
  return url.origin === own || nameLoopback(new URL(url)).origin === nameLoopback(new URL(own)).origin
}

/** The authority to build a URL with: the given one if it is sound, else this machine's own name and port. */
function authorityOr (host: string | undefined, port: number | undefined): string {
  if (isAuthority(host)) return host
  return port === undefined ? 'localhost' : `localhost:${port}`
}

/** The origin of a URL. A scheme that a trusted proxy forwards may be anything; like Next.js, takes all but https for http. */
export function originOf (scheme: string, host: string | undefined, port: number | undefined): string {
  if (lastOf?.scheme === scheme && lastOf.host === host && lastOf.port === port) return lastOf.origin
  const origin = `${scheme === 'https' ? 'https' : 'http'}://${authorityOr(host, port)}`
  lastOf = { scheme, host, port, origin }
  return origin
}

/** Most requests are for the same: the same text is compared at once, and not written anew. */
let lastOf: { scheme: string, host: string | undefined, port: number | undefined, origin: string } | undefined

/** Malformed escapes stay as they are. */
export function decoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

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
 * The absolute URL of a request. A target in absolute form names its own authority (RFC 9112, 3.2.2), which must be as
 * sound as a Host header.
 */
export function requestUrl (origin: () => string, target: string): string {
  if (ORDINARY_TARGET.test(target)) return canonicalOrigin(origin()) + target
  // No target has a fragment (RFC 9112, 3.2); Node.js lets one through.
  const [withoutFragment] = target.split('#', 1) as [string]
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(withoutFragment)
  const path = absolute === null ? withoutFragment : withoutFragment.slice(absolute[0].length)
  const from = absolute !== null && isAuthority(absolute[1]) ? absolute[0] : origin()
  // '*' and the like are no paths, but a URL needs one.
  return new URL(from + (path.startsWith('/') ? path : '/' + path)).href
}

/** What the URL parser leaves as it is: no escapes in the path, no dot segments, nothing that it would escape. */
const ORDINARY_TARGET = /^(?:\/(?!\.)[\w!$&()*+,:;=@~.-]*)+(?:\?[\w!$&()*+,:;=@~./?%-]*)?$/

let lastOrigin: { given: string, canonical: string } | undefined

/** In lower case, and without a port that its scheme has by default. */
function canonicalOrigin (given: string): string {
  if (lastOrigin?.given !== given) lastOrigin = { given, canonical: new URL(given).origin }
  return lastOrigin.canonical
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

import { inspect } from 'node:util'

/** What `NextURL` needs of a next.config. */
export interface NextUrlConfig {
  trailingSlash?: boolean
}

interface NextUrlOptions {
  /** Leaves loopback addresses as they are: a received request's URL is what its client used. */
  keepsHost?: boolean
  base?: string | URL
  nextConfig?: NextUrlConfig
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * A URL with Next.js's additions, as `request.nextUrl` gives it. `basePath` and locales are never set here: the mount
 * prefix is part of the path that the client used, and route handlers have no locales.
 * @see https://nextjs.org/docs/app/api-reference/functions/next-request#nexturl
 */
export class NextURL {
  #url: URL
  #trailingSlash = false
  readonly #options: NextUrlOptions
  #basePath = ''
  buildId: string | undefined

  constructor (input: string | URL, baseOrOptions?: string | URL | NextUrlOptions, options?: NextUrlOptions) {
    const hasBase = typeof baseOrOptions === 'string' || baseOrOptions instanceof URL
    this.#options = options ?? (hasBase ? {} : baseOrOptions ?? {})
    this.#url = this.#parse(input, hasBase ? baseOrOptions : this.#options.base)
  }

  get searchParams (): URLSearchParams { return this.#url.searchParams }

  get host (): string { return this.#url.host }
  set host (value: string) { this.#url.host = value }

  get hostname (): string { return this.#url.hostname }
  set hostname (value: string) { this.#url.hostname = value }

  get port (): string { return this.#url.port }
  set port (value: string) { this.#url.port = value }

  get protocol (): string { return this.#url.protocol }
  set protocol (value: string) { this.#url.protocol = value }

  /** Without user name and password, as in Next.js. */
  get href (): string {
    return `${this.protocol}//${this.host}${this.#formatPathname()}${this.search}${this.hash}`
  }

  set href (value: string) { this.#url = this.#parse(value) }

  get origin (): string { return this.#url.origin }

  get pathname (): string { return this.#url.pathname }
  set pathname (value: string) { this.#url.pathname = value }

  get hash (): string { return this.#url.hash }
  set hash (value: string) { this.#url.hash = value }

  get search (): string { return this.#url.search }
  set search (value: string) { this.#url.search = value }

  get password (): string { return this.#url.password }
  set password (value: string) { this.#url.password = value }

  get username (): string { return this.#url.username }
  set username (value: string) { this.#url.username = value }

  get basePath (): string { return this.#basePath }
  set basePath (value: string) { this.#basePath = value.startsWith('/') ? value : `/${value}` }

  get locale (): string { return '' }
  set locale (value: string) { throw new TypeError(`The NextURL configuration includes no locale "${value}"`) }

  get defaultLocale (): string | undefined { return undefined }
  get domainLocale (): undefined { return undefined }

  toString (): string { return this.href }
  toJSON (): string { return this.href }

  clone (): NextURL { return new NextURL(this.href, this.#options) }

  #parse (input: string | URL, base?: string | URL): URL {
    const url = parse(input, base, this.#options.keepsHost === true)
    const data = /^\/_next\/data\/([^/]*)(?:\/(.*))?\.json$/.exec(url.pathname)
    this.buildId = data?.[1]
    this.#trailingSlash = url.pathname === '/' ? this.#options.nextConfig?.trailingSlash === true : url.pathname.endsWith('/')
    if (data !== null) url.pathname = /^index(?:\/|$)/.test(data[2] ?? '') ? '/' : `/${data[2] ?? ''}`
    return url
  }

  /**
   * What is set by hand goes in front, a base path and a build id (the address of a page's data). Whether the path ends
   * with a slash is settled by the URL that was parsed, whatever path is set later.
   */
  #formatPathname (): string {
    const { pathname } = this.#url
    // A URL without an authority (mailto:) has no such path.
    if (!pathname.startsWith('/')) return pathname
    const stem = pathname.replace(/\/$/, '')
    if (this.buildId) return `${this.#basePath}/_next/data/${this.buildId}${stem || '/index'}.json`
    if (this.#trailingSlash) return `${this.#basePath}${stem}/`
    return (this.#basePath + (stem || '/')).replace(/\/$/, '') || '/'
  }

  [inspect.custom] (_depth: number, options: object): string {
    const keys = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash'] as const
    return `NextURL ${inspect(Object.fromEntries(keys.map((key) => [key, this[key]])), options)}`
  }
}

/** Like Next.js, calls every loopback address localhost. */
function parse (input: string | URL, base: string | URL | undefined, keepsHost: boolean): URL {
  const url = new URL(String(input), base === undefined ? undefined : String(base))
  if (!keepsHost && LOOPBACK.test(url.hostname)) url.hostname = 'localhost'
  return url
}

import { inspect } from 'node:util'
import { LinkedSearchParams, refill } from './linked-search-params.ts'
import { domainLocaleOf, formatPathname, parsePathname, type DomainLocale, type NextUrlConfig, type PathnameInfo } from './next-pathname.ts'
import { targetOf } from '../web/lazy-request.ts'
import { searchOf } from '../web/target.ts'
import { nameLoopback } from '../web/url.ts'

interface NextUrlOptions {
  /** Leaves loopback addresses as they are: a received request's URL is what its client used. */
  keepsHost?: boolean
  base?: string | URL
  nextConfig?: NextUrlConfig
  /** The Host header of the request, which names the domain in place of the URL. */
  host?: string
}

/**
 * A URL with Next.js's additions, as `request.nextUrl` gives it. `basePath` and locales are set where
 * a configuration names them, which a server's own requests have not: the mount prefix is part of the path that the client
 * used, and route handlers have no locales.
 * An interface, so that Next.js's own objects are of this type, too.
 * @see https://nextjs.org/docs/app/api-reference/functions/next-request#nexturl
 */
export interface NextURL {
  buildId: string | undefined
  /** Without user name and password. */
  href: string
  readonly origin: string
  protocol: string
  username: string
  password: string
  host: string
  hostname: string
  port: string
  pathname: string
  search: string
  readonly searchParams: URLSearchParams
  hash: string
  basePath: string
  locale: string
  readonly defaultLocale: string | undefined
  readonly domainLocale: DomainLocale | undefined
  toString (): string
  toJSON (): string
  clone (): NextURL
}

interface NextURLConstructor {
  new (input: string | URL, options?: NextUrlOptions): NextURL
  /** The URL of a received request, whose host is kept. */
  new (received: Request, options: NextUrlOptions & { keepsHost: true }): NextURL
  new (input: string | URL, base?: string | URL, options?: NextUrlOptions): NextURL
}

export const NextURL: NextURLConstructor = class NextURL {
  /** The URL as it was given, or the received request that has it, until more than its query is asked for. */
  #given: string | Request | undefined
  #parsedUrl: URL | undefined
  #searchParams: URLSearchParams | undefined
  /** What the path that was parsed says; looked at before anything can change it. */
  #parsed: ParsedUrl | undefined
  readonly #options: NextUrlOptions

  constructor (input: string | URL | Request, baseOrOptions?: string | URL | NextUrlOptions, options?: NextUrlOptions) {
    const hasBase = typeof baseOrOptions === 'string' || baseOrOptions instanceof URL
    this.#options = options ?? (hasBase ? {} : baseOrOptions ?? {})
    if (this.#options.keepsHost === true) this.#given = input as string | Request
    else this.#parsedUrl = parse(input as string | URL, hasBase ? baseOrOptions : this.#options.base, false)
  }

  get #url (): URL { return this.#parsedUrl ??= new URL(typeof this.#given === 'object' ? this.#given.url : this.#given!) }

  static #setQuery (self: unknown, search: string): void { (self as NextURL).#url.search = search }

  get searchParams (): URLSearchParams {
    if (this.#parsedUrl !== undefined && this.#searchParams === undefined) return this.#parsedUrl.searchParams
    // What the URL parser escapes in a query comes out of the escapes as it was.
    return this.#searchParams ??= new LinkedSearchParams(searchOf(typeof this.#given === 'object' ? targetOf(this.#given) : this.#given!), this, NextURL.#setQuery)
  }

  get host (): string { return this.#url.host }
  set host (value: string) { this.#analyzed.url.host = value }

  get hostname (): string { return this.#url.hostname }
  set hostname (value: string) { this.#analyzed.url.hostname = value }

  get port (): string { return this.#url.port }
  set port (value: string) { this.#url.port = value }

  get protocol (): string { return this.#url.protocol }
  set protocol (value: string) { this.#url.protocol = value }

  get href (): string {
    const { info, url } = this.#analyzed
    return `${this.protocol}//${this.host}${formatPathname({ ...info, pathname: url.pathname }, this.defaultLocale)}${this.search}${this.hash}`
  }

  set href (value: string) {
    this.#parsedUrl = parse(value, undefined, this.#options.keepsHost === true)
    this.#parsed = undefined
    if (this.#searchParams !== undefined) refill(this.#searchParams, this.#parsedUrl.search)
  }

  get origin (): string { return this.#url.origin }

  get pathname (): string { return this.#analyzed.url.pathname }
  set pathname (value: string) { this.#analyzed.url.pathname = value }

  get hash (): string { return this.#url.hash }
  set hash (value: string) { this.#url.hash = value }

  get search (): string { return this.#url.search }
  set search (value: string) {
    this.#url.search = value
    if (this.#searchParams !== undefined) refill(this.#searchParams, this.#url.search)
  }

  get password (): string { return this.#url.password }
  set password (value: string) { this.#url.password = value }

  get username (): string { return this.#url.username }
  set username (value: string) { this.#url.username = value }

  get basePath (): string { return this.#analyzed.info.basePath }
  set basePath (value: string) { this.#analyzed.info.basePath = value.startsWith('/') ? value : `/${value}` }

  get buildId (): string | undefined { return this.#analyzed.info.buildId }
  set buildId (value: string | undefined) { this.#analyzed.info.buildId = value }

  get locale (): string { return this.#analyzed.info.locale ?? '' }
  set locale (value: string) {
    const { i18n } = this.#options.nextConfig ?? {}
    if (!this.#analyzed.info.locale || i18n?.locales.includes(value) !== true) throw new TypeError(`The NextURL configuration includes no locale "${value}"`)
    this.#analyzed.info.locale = value
  }

  get defaultLocale (): string | undefined { return this.#analyzed.domain?.defaultLocale || this.#options.nextConfig?.i18n?.defaultLocale }
  get domainLocale (): DomainLocale | undefined { return this.#analyzed.domain }

  toString (): string { return this.href }
  toJSON (): string { return this.href }

  clone (): NextURL { return new NextURL(this.href, this.#options) }

  /** Whether a path ends with a slash is settled by the URL that was parsed, whatever path is set later. */
  get #analyzed (): ParsedUrl {
    return this.#parsed ??= analyze(this.#url, this.#options)
  }

  [inspect.custom] (_depth: number, options: object): string {
    const keys = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash'] as const
    return `NextURL ${inspect(Object.fromEntries(keys.map((key) => [key, this[key]])), options)}`
  }
}

function parse (input: string | URL, base: string | URL | undefined, keepsHost: boolean): URL {
  const url = new URL(String(input), base === undefined ? undefined : String(base))
  return keepsHost ? url : nameLoopback(url)
}

interface ParsedUrl {
  /** Whose path has lost what `info` says of it. */
  url: URL
  info: PathnameInfo
  domain: DomainLocale | undefined
}

function analyze (url: URL, { nextConfig, host }: NextUrlOptions): ParsedUrl {
  const i18n = nextConfig?.i18n
  const domain = i18n == null ? undefined : domainLocaleOf(i18n, host?.split(':', 1)[0] ?? url.hostname)
  const info = parsePathname(url.pathname, nextConfig)
  if (info.pathname !== url.pathname) url.pathname = info.pathname
  info.locale ??= domain?.defaultLocale || i18n?.defaultLocale
  return { url, info, domain }
}

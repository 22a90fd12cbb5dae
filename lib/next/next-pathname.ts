/** What a next.config says of the shape of paths. */
export interface NextUrlConfig {
  basePath?: string | undefined
  i18n?: I18nConfig | null | undefined
  trailingSlash?: boolean | undefined
}

/** Next.js's routing by locale, which its Pages Router has. */
export interface I18nConfig {
  locales: readonly string[]
  defaultLocale: string
  domains?: readonly DomainLocale[] | undefined
  localeDetection?: false | undefined
}

export interface DomainLocale {
  domain: string
  defaultLocale: string
  locales?: readonly string[] | undefined
  http?: true | undefined
}

/** A path taken apart: what stands around the application's own path, and that path. */
export interface PathnameInfo {
  pathname: string
  basePath: string
  buildId: string | undefined
  locale: string | undefined
  trailingSlash: boolean | undefined
}

/** Takes base path, address of a page's data and locale off a path, in this order. */
export function parsePathname (full: string, { basePath = '', i18n, trailingSlash }: NextUrlConfig = {}): PathnameInfo {
  const hasBase = basePath !== '' && hasPrefix(full, basePath)
  const info: PathnameInfo = {
    pathname: hasBase ? full.slice(basePath.length) || '/' : full,
    basePath: hasBase ? basePath : '',
    buildId: undefined,
    locale: undefined,
    trailingSlash: full === '/' ? trailingSlash : full.endsWith('/')
  }
  const data = info.pathname.startsWith('/_next/data/') ? /^\/_next\/data\/([^/]*)(?:\/(.*))?\.json$/.exec(info.pathname) : null
  if (data !== null) {
    info.buildId = data[1]
    info.pathname = /^index(?:\/|$)/.test(data[2] ?? '') ? '/' : `/${data[2] ?? ''}`
  }
  if (i18n == null) return info
  const first = info.pathname.split('/', 2)[1]?.toLowerCase()
  info.locale = first ? i18n.locales.find((locale) => locale.toLowerCase() === first) : undefined
  if (info.locale !== undefined) info.pathname = info.pathname.slice(info.locale.length + 1) || '/'
  return info
}

/** Puts a path together again. Paths below `/api` have no locale. */
export function formatPathname ({ pathname, basePath, buildId, locale, trailingSlash }: PathnameInfo, defaultLocale: string | undefined): string {
  // A URL without an authority (mailto:) has no such path.
  if (!pathname.startsWith('/')) return pathname
  let path = pathname
  // Data has its locale always, pages only where it is not the default one.
  if (locale && (buildId || locale !== defaultLocale) && !hasPrefix(path.toLowerCase(), '/api') && !hasPrefix(path.toLowerCase(), `/${locale.toLowerCase()}`)) path = `/${locale}${path}`
  if (buildId) return basePath + `/_next/data/${buildId}${withoutSlash(path)}${pathname === '/' ? 'index.json' : '.json'}`
  if (trailingSlash) return basePath + (path.endsWith('/') ? path : path + '/')
  return withoutSlash(basePath + withoutSlash(path))
}

/** The domain of the configuration that a host name belongs to. */
export function domainLocaleOf (i18n: I18nConfig | null | undefined, hostname: string): DomainLocale | undefined {
  return i18n?.domains?.find(({ domain }) => domain.split(':', 1)[0]!.toLowerCase() === hostname.toLowerCase())
}

const hasPrefix = (path: string, prefix: string): boolean => path === prefix || path.startsWith(prefix + '/')
const withoutSlash = (path: string): string => path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path

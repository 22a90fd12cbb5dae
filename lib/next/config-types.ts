/** What a `next.config` holds, as far as it concerns a server without pages; other settings are let through. */

export type RouteHas =
  | { type: 'header' | 'cookie' | 'query', key: string, value?: string | undefined }
  | { type: 'host', key?: undefined, value: string }

interface Rule {
  source: string
  basePath?: false | undefined
  locale?: false | undefined
  has?: RouteHas[] | undefined
  missing?: RouteHas[] | undefined
}

/** One rule of `headers()`. */
export interface ConfigHeader extends Rule {
  headers: Array<{ key: string, value: string }>
}

/** One rule of `rewrites()`. */
export interface ConfigRewrite extends Rule {
  destination: string
}

/** One rule of `redirects()`. */
export type ConfigRedirect = Rule & { destination: string, priority?: boolean | undefined } &
  ({ permanent: boolean, statusCode?: never } | { statusCode: number, permanent?: never })

/** Rewrites by when they are asked. */
export interface RewriteLists {
  beforeFiles?: ConfigRewrite[] | undefined
  afterFiles?: ConfigRewrite[] | undefined
  fallback?: ConfigRewrite[] | undefined
}

type Settled<T> = T | Promise<T>

/** @see https://nextjs.org/docs/app/api-reference/config/next-config-js */
export interface NextConfig {
  basePath?: string | undefined
  trailingSlash?: boolean | undefined
  skipTrailingSlashRedirect?: boolean | undefined
  headers?: (() => Settled<ConfigHeader[]>) | undefined
  redirects?: (() => Settled<ConfigRedirect[]>) | undefined
  rewrites?: (() => Settled<ConfigRewrite[] | RewriteLists>) | undefined
  pageExtensions?: string[] | undefined
  cacheHandler?: string | undefined
  cacheMaxMemorySize?: number | undefined
  env?: Record<string, string | undefined>
  [setting: string]: unknown
}

export type ServerRuntime = 'nodejs' | 'experimental-edge' | 'edge' | undefined

/** What `getServerSideProps` and `getStaticProps` return to redirect. */
export type Redirect =
  | { statusCode: 301 | 302 | 303 | 307 | 308, destination: string, basePath?: false | undefined }
  | { permanent: boolean, destination: string, basePath?: false | undefined }

/** A path of the application. Without the types that `next build` makes, every string is one. */
export type Route<Path = string> = (Path extends string ? string : string) & {}

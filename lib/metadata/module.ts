import type { Compat } from '../routes/options.ts'

/** What a route file exports: a metadata file is served by a module like one, which is made for it. */
export type RouteModule = Record<string, unknown>

/** What a module of metadata exports: the function that makes it, and how its route is configured. */
export interface Exported extends Record<string, unknown> {
  default: (...args: unknown[]) => unknown
}

/** Where content comes from: the file, and the major whose rules hold. */
export interface Origin {
  /** Relative to the app directory, for people. */
  file: string
  compat: Compat
}

/** The second argument of a handler. */
export interface Context {
  params: Promise<Record<string, string | string[] | undefined>> | undefined
}

/** Browsers and caches ask each time. */
export const REVALIDATE = 'public, max-age=0, must-revalidate'

/** Before 16 Next.js took it that each version of a file is asked for by another URL. */
export const IMMUTABLE = 'public, immutable, no-transform, max-age=31536000'

/** Next.js's development server has nothing cached. */
export const DEVELOPMENT = 'no-cache, no-store'

/**
 * The exports of a module that are those of its route: segment config, other verbs. Not what makes the content. Other than the
 * GET of a route file, which has to ask for it since 15, metadata is static unless it looks at its request or says
 * otherwise; `revalidate = false` asks.
 */
export function configOf ({ default: _default, generateSitemaps: _sitemaps, generateImageMetadata: _images, GET: _get, ...config }: Exported): RouteModule {
  return { revalidate: false, ...config }
}

import type { Checks } from '../check-options.ts'
import type { CacheStore } from './store.ts'

/** When the answers of static routes are made. */
export type Prerender = 'lazy' | 'background' | 'startup'

/** How answers and data are cached. */
export interface CacheOptions {
  /**
   * Where they are kept: `redisStore()` of `fastify-app-routes/redis`, one of `fastify-app-routes/stores`, or one of your own.
   * @default the memory of this process
   */
  store?: CacheStore | undefined
  /**
   * How many bytes are kept in memory; not with `store`.
   * @default 52428800 (50 MiB)
   */
  maxBytes?: number | undefined
  /**
   * How many entries are kept in memory; not with `store`.
   * @default no limit but their size
   */
  maxEntries?: number | undefined
  /**
   * When the answers of static routes are made: when the first client asks (`'lazy'`), behind the requests once the server is
   * ready (`'background'`), or before that, and a failure is one of the start (`'startup'`).
   * @default 'background'
   */
  prerender?: Prerender | undefined
  /**
   * Whether kept answers have a strong `etag`, by which clients are answered 304 where they have them already.
   * @default false
   */
  etag?: boolean | undefined
  /**
   * What tells the deployment from others that share a store.
   * @default a digest of the route files and of the version in the nearest package.json
   */
  namespace?: string | undefined
}

const isPositiveInteger = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0

export const CACHE_CHECKS: Checks<CacheOptions> = {
  store: { valid: (value) => typeof value === 'object' && value !== null && ['get', 'set', 'invalidate', 'now'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function'), expected: 'a cache store' },
  maxBytes: { valid: isPositiveInteger, expected: 'a positive whole number of bytes' },
  maxEntries: { valid: isPositiveInteger, expected: 'a positive whole number' },
  prerender: { valid: (value) => ['lazy', 'background', 'startup'].includes(value as string), expected: "'lazy', 'background' or 'startup'" },
  etag: { valid: (value) => typeof value === 'boolean', expected: 'true or false' },
  namespace: { valid: (value) => typeof value === 'string' && value !== '', expected: 'a text' }
}

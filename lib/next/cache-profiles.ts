import type { TagInvalidation } from '../context/request-context.ts'

/** For module augmentation: the names of profiles of your own. */
export interface CacheLifeProfiles {}

export type CacheLifeProfile = 'default' | 'seconds' | 'minutes' | 'hours' | 'days' | 'weeks' | 'max' | keyof CacheLifeProfiles | (string & {})

/** Seconds. */
export interface CacheLife { stale?: number, revalidate?: number, expire?: number }

/** Seconds after which the entries of Next.js's own profiles expire; those of `default` never do. */
const EXPIRE: Record<string, number | undefined> = { default: undefined, seconds: 60, minutes: 3600, hours: 86_400, days: 604_800, weeks: 2_592_000, max: 31_536_000 }

/**
 * How a tag is invalidated that `revalidateTag()` is called for.
 * @throws Error where there is no such profile, or where its times are none
 */
export function invalidationOf (profile: string | { expire?: number } | undefined): TagInvalidation {
  if (profile === undefined) return { expire: 0 }
  if (typeof profile === 'string') {
    if (!Object.hasOwn(EXPIRE, profile)) throw new Error(`Invalid profile provided "${profile}" must be configured under cacheLife in next.config or be "max"`)
    const expire = EXPIRE[profile]
    return expire === undefined ? {} : { expire }
  }
  const { expire } = profile
  if (expire === undefined || expire === Infinity) return {}
  if (typeof expire !== 'number' || !Number.isFinite(expire) || expire < 0) throw new Error('The expire option must be a number of seconds.')
  return { expire }
}

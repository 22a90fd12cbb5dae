import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FallbackOption } from './beside/fallback.ts'
import { CACHE_CHECKS, type CacheOptions } from './cache/options.ts'
import { didYouMean } from './did-you-mean.ts'
import type { ShadowOptions } from './beside/shadow-options.ts'
import { AppRoutesOptionError } from './errors.ts'
import type { Compat, TrailingSlash } from './routes/options.ts'

export type { CacheOptions, Compat, TrailingSlash }

/** The options that every host takes. */
export interface AppRoutesOptions {
  /** The app directory: an absolute path, a path relative to the working directory, or a `file:` URL. */
  dir: string | URL
  /** A `pages` directory whose `api` folder is served beside the app directory; the folder itself may be named, too. */
  pagesDir?: string | URL
  /**
   * The Next.js major whose defaults hold.
   * @default 16
   */
  compat?: Compat
  /**
   * As in next.config: `false` redirects `/x/` to `/x`, `true` does the opposite, with 308. `'ignore'` leaves trailing
   * slashes to the host.
   * @default false
   * @see https://nextjs.org/docs/app/api-reference/config/next-config-js/trailingSlash
   */
  trailingSlash?: TrailingSlash
  /**
   * How many bytes of a body handlers may read. A route file's `config.bodyLimit` wins.
   * @default the host's own limit: Fastify's `bodyLimit`, 1 MiB in Express
   */
  bodyLimit?: number
  /**
   * Milliseconds that streaming answers get to end by themselves when the server closes, before they are cut off.
   * @default 10000
   */
  closeTimeout?: number
  /**
   * Whether the light `Response` (and, on Node.js 24 and later, a `Request` that takes received ones) also takes the place
   * of the global one, for code that is not loaded as a module of the application. The former one comes back when the
   * server closes.
   * @default false
   */
  globals?: boolean
  /** How the answers of static routes, fetched responses and results of cached functions are kept. */
  cache?: CacheOptions
  /**
   * Next.js's errors where more is done here: `NextResponse.next()` from a route handler is a 500 instead of passing the
   * request on.
   * @default false
   */
  strict?: boolean
  /**
   * The `instrumentation.ts` of the application: its path, or `false` for none.
   * @default the one beside the app directory, or above a `src` folder
   * @see https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation
   */
  instrumentation?: string | URL | false
  /**
   * What answers requests that no route file answers: an old `(req, res)` handler, an Express application or router, or
   * another server: `{ upstream: 'http://legacy:3000' }`. Verbs that a route file lacks are among them. In Fastify, it gets
   * only what no route of the server's own matches.
   */
  fallback?: FallbackOption
  /**
   * Routes that are compared with the old code before they take over, by the paths of their folders (`/users/[id]`): for GET
   * and HEAD the old code answers, and differences to what the route file would say are reported.
   */
  shadow?: Record<string, ShadowOptions>
}

export interface ParsedOptions {
  dir: string
  pagesDir: string | undefined
  compat: Compat
  trailingSlash: TrailingSlash
  bodyLimit: number | undefined
  closeTimeout: number
  globals: boolean
  cache: CacheOptions
  strict: boolean
  instrumentation: string | false | undefined
  fallback: FallbackOption | undefined
  shadow: Record<string, ShadowOptions> | undefined
}

type Checks<T> = { [K in keyof Required<T>]: { valid: (value: unknown) => boolean, expected: string } }

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const isLocation = (value: unknown): boolean => (typeof value === 'string' && value !== '') || value instanceof URL

const CHECKS: Checks<AppRoutesOptions> = {
  dir: { valid: isLocation, expected: 'a path or a file: URL' },
  compat: { valid: (value) => [13, 14, 15, 16].includes(value as number), expected: '13, 14, 15 or 16' },
  trailingSlash: { valid: (value) => typeof value === 'boolean' || value === 'ignore', expected: "true, false or 'ignore'" },
  bodyLimit: { valid: (value) => isCount(value) && value !== 0, expected: 'a positive whole number of bytes' },
  closeTimeout: { valid: isCount, expected: 'a whole number of milliseconds' },
  pagesDir: { valid: isLocation, expected: 'a path or a file: URL' },
  instrumentation: { valid: (value) => value === false || isLocation(value), expected: 'a path, a file: URL, or false' },
  fallback: { valid: (value) => typeof value === 'function' || (typeof value === 'object' && value !== null && 'upstream' in value), expected: "a (req, res) handler, or { upstream: 'http://…' }" },
  shadow: { valid: (value) => typeof value === 'object' && value !== null && Object.values(value).every((item) => typeof item === 'object' && item !== null), expected: "an object of options by path: { '/users/[id]': { … } }" },
  globals: { valid: (value) => typeof value === 'boolean', expected: 'true or false' },
  cache: { valid: (value) => typeof value === 'object' && value !== null && !Array.isArray(value), expected: 'an object of options' },
  strict: { valid: (value) => typeof value === 'boolean', expected: 'true or false' }
}

/**
 * Checks the options of a host and fills in the defaults.
 * @param hostChecks the options that this host alone takes
 * @throws AppRoutesOptionError naming what is wrong, unknown options included
 */
export function parseOptions<T extends object> (given: unknown, hostChecks: Checks<T>): ParsedOptions & T {
  const options = typeof given === 'string' || given instanceof URL ? { dir: given } : given
  if (typeof options !== 'object' || options === null) throw new AppRoutesOptionError(`The options must be an app directory or an object with \`dir\`, not ${String(options)}.`)
  check(options, { ...CHECKS, ...hostChecks }, '')
  const { dir, pagesDir, compat = 16, trailingSlash = false, closeTimeout = 10_000, globals = false, cache = {}, strict = false, instrumentation, fallback, shadow, bodyLimit } = options as AppRoutesOptions
  check(cache, CACHE_CHECKS, 'cache.')
  if (cache.store !== undefined && (cache.maxBytes ?? cache.maxEntries) !== undefined) throw new AppRoutesOptionError('The options `cache.maxBytes` and `cache.maxEntries` are for the memory of this process: give them to the store instead.')
  if (dir === undefined) throw new AppRoutesOptionError('The option `dir` is missing: it names the app directory.')
  return { ...options as T, dir: resolveLocation('dir', dir), pagesDir: pagesDir === undefined ? undefined : resolveLocation('pagesDir', pagesDir), compat, trailingSlash, closeTimeout, globals, cache, strict, instrumentation: instrumentation && resolveLocation('instrumentation', instrumentation), fallback, shadow, bodyLimit }
}

/** @param within the option that the checked ones belong to, with a dot */
function check (options: object, checks: Record<string, { valid: (value: unknown) => boolean, expected: string }>, within: string): void {
  for (const [name, value] of Object.entries(options)) {
    const found = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (found === undefined) throw new AppRoutesOptionError(unknownOption(name, Object.keys(checks), within))
    if (value !== undefined && !found.valid(value)) throw new AppRoutesOptionError(`The option \`${within}${name}\` must be ${found.expected}, not ${typeof value === 'string' ? `'${value}'` : String(value)}.`)
  }
}

function resolveLocation (option: string, dir: string | URL): string {
  if (dir instanceof URL || dir.startsWith('file:')) {
    try {
      return fileURLToPath(dir)
    } catch (cause) {
      throw new AppRoutesOptionError(`The option \`${option}\` must be a path or a file: URL, not '${String(dir)}'.`, { cause })
    }
  }
  return path.resolve(dir)
}

function unknownOption (name: string, known: string[], within: string): string {
  const meant = didYouMean(name, known)
  return `Unknown option \`${within}${name}\`. ${meant === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean \`${within}${meant}\`?`}`
}

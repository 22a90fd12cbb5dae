import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FallbackOption } from './beside/fallback.ts'
import { CACHE_CHECKS, type CacheOptions } from './cache/options.ts'
import { checkOptions, type Check, type Checks } from './check-options.ts'
import type { ShadowOptions } from './beside/shadow-options.ts'
import { AppRoutesOptionError } from './errors.ts'
import type { ConfigHeader, ConfigRedirect, ConfigRewrite, RewriteLists } from './next/config-types.ts'
import type { Given } from './proxy/rules.ts'
import type { Compat, TrailingSlash } from './routes/options.ts'

export type { CacheOptions, Compat, TrailingSlash }

/** The options that every host takes. */
export interface AppRoutesOptions {
  /** The app directory: an absolute path, a path relative to the working directory, or a `file:` URL. */
  dir: string | URL
  /** A `pages` directory whose `api` folder is served beside the app directory; the folder itself may be named, too. */
  pagesDir?: string | URL | undefined
  /**
   * The Next.js major whose defaults hold.
   * @default 16
   */
  compat?: Compat | undefined
  /**
   * As in next.config: `false` redirects `/x/` to `/x`, `true` does the opposite, with 308. `'ignore'` leaves trailing
   * slashes to the host.
   * @default false
   * @see https://nextjs.org/docs/app/api-reference/config/next-config-js/trailingSlash
   */
  trailingSlash?: TrailingSlash | undefined
  /**
   * As in next.config: no slash is redirected, and both forms of a path are served.
   * @default false
   * @see https://nextjs.org/docs/app/api-reference/config/next-config-js/skipTrailingSlashRedirect
   */
  skipTrailingSlashRedirect?: boolean | undefined
  /**
   * As in next.config: what stands in front of every path of the directory, and what handlers do not see.
   * @default ''
   * @see https://nextjs.org/docs/app/api-reference/config/next-config-js/basePath
   */
  basePath?: string | undefined
  /**
   * As in next.config, or the list itself: headers for answers, by path.
   * @see https://nextjs.org/docs/app/api-reference/config/next-config-js/headers
   */
  headers?: Given<ConfigHeader[]> | undefined
  /**
   * As in next.config, or the list itself: redirects, which come before the proxy and all files.
   * @see https://nextjs.org/docs/app/api-reference/config/next-config-js/redirects
   */
  redirects?: Given<ConfigRedirect[]> | undefined
  /**
   * As in next.config, or the lists themselves: what is served for other paths, by routes of ours, of the host, or by other servers.
   * @see https://nextjs.org/docs/app/api-reference/config/next-config-js/rewrites
   */
  rewrites?: Given<ConfigRewrite[] | RewriteLists> | undefined
  /** A next.config file: `basePath`, `headers`, `redirects`, `rewrites` and slashes are read from it. Options win over it. */
  nextConfig?: string | URL | undefined
  /**
   * The file of the proxy (middleware), or `false` for none.
   * @default proxy.ts or middleware.ts beside the app directory
   * @see https://nextjs.org/docs/app/api-reference/file-conventions/proxy
   */
  proxy?: string | URL | false | undefined
  /**
   * What proxy and rules look at: the requests of the directory's own `'routes'`, or all of the `'host'`.
   * @default 'routes'
   */
  proxyScope?: 'routes' | 'host' | undefined
  /**
   * How many bytes of a body handlers may read. A route file's `config.bodyLimit` wins.
   * @default the host's own limit: Fastify's `bodyLimit`, 1 MiB in Express
   */
  bodyLimit?: number | undefined
  /**
   * Milliseconds that streaming answers get to end by themselves when the server closes, before they are cut off.
   * @default 10000
   */
  closeTimeout?: number | undefined
  /**
   * Whether the light `Response` (and, on Node.js 24 and later, a `Request` that takes received ones) also takes the place
   * of the global one, for code that is not loaded as a module of the application. The former one comes back when the
   * server closes.
   * @default false
   */
  globals?: boolean | undefined
  /** How the answers of static routes, fetched responses and results of cached functions are kept. */
  cache?: CacheOptions | undefined
  /**
   * Next.js's errors where more is done here: `NextResponse.next()` from a route handler is a 500 instead of passing the
   * request on.
   * @default false
   */
  strict?: boolean | undefined
  /**
   * The `instrumentation.ts` of the application: its path, or `false` for none.
   * @default the one beside the app directory, or above a `src` folder
   * @see https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation
   */
  instrumentation?: string | URL | false | undefined
  /**
   * What answers requests that no route file answers: an old `(req, res)` handler, an Express application or router, or
   * another server: `{ upstream: 'http://legacy:3000' }`. Verbs that a route file lacks are among them. In Fastify, it gets
   * only what no route of the server's own matches.
   */
  fallback?: FallbackOption | undefined
  /**
   * Routes that are compared with the old code before they take over, by the paths of their folders (`/users/[id]`): for GET
   * and HEAD the old code answers, and differences to what the route file would say are reported.
   */
  shadow?: Record<string, ShadowOptions> | undefined
}

export interface ParsedOptions {
  dir: string
  pagesDir: string | undefined
  compat: Compat
  trailingSlash: TrailingSlash | undefined
  skipTrailingSlashRedirect: boolean | undefined
  basePath: string | undefined
  headers: AppRoutesOptions['headers']
  redirects: AppRoutesOptions['redirects']
  rewrites: AppRoutesOptions['rewrites']
  nextConfig: string | undefined
  proxy: string | false | undefined
  proxyScope: 'routes' | 'host'
  bodyLimit: number | undefined
  closeTimeout: number
  globals: boolean
  cache: CacheOptions
  strict: boolean
  instrumentation: string | false | undefined
  fallback: FallbackOption | undefined
  shadow: Record<string, ShadowOptions> | undefined
}

const isWholeNumber = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const isLocation = (value: unknown): boolean => (typeof value === 'string' && value !== '') || value instanceof URL

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

const list: Check = { valid: (value) => Array.isArray(value) || typeof value === 'function', expected: 'an array of rules, or a function that gives one' }

const CHECKS: Checks<AppRoutesOptions> = {
  dir: { valid: isLocation, expected: 'a path or a file: URL' },
  compat: { valid: (value) => [13, 14, 15, 16].includes(value as number), expected: '13, 14, 15 or 16' },
  trailingSlash: { valid: (value) => typeof value === 'boolean' || value === 'ignore', expected: "true, false or 'ignore'" },
  bodyLimit: { valid: (value) => isWholeNumber(value) && value !== 0, expected: 'a positive whole number of bytes' },
  closeTimeout: { valid: isWholeNumber, expected: 'a whole number of milliseconds' },
  pagesDir: { valid: isLocation, expected: 'a path or a file: URL' },
  instrumentation: { valid: (value) => value === false || isLocation(value), expected: 'a path, a file: URL, or false' },
  skipTrailingSlashRedirect: { valid: (value) => typeof value === 'boolean', expected: 'true or false' },
  basePath: { valid: (value) => typeof value === 'string', expected: 'a path' },
  headers: list,
  redirects: list,
  rewrites: { valid: (value) => isObject(value) || typeof value === 'function', expected: 'an array of rules, an object of arrays (beforeFiles, afterFiles, fallback), or a function that gives one' },
  nextConfig: { valid: isLocation, expected: 'a path or a file: URL' },
  proxy: { valid: (value) => value === false || isLocation(value), expected: 'a path, a file: URL, or false' },
  proxyScope: { valid: (value) => value === 'routes' || value === 'host', expected: "'routes' or 'host'" },
  fallback: { valid: (value) => typeof value === 'function' || (isObject(value) && 'upstream' in (value as object)), expected: "a (req, res) handler, or { upstream: 'http://…' }" },
  shadow: { valid: (value) => isObject(value) && Object.values(value as object).every(isObject), expected: "an object of options by path: { '/users/[id]': { … } }" },
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
  checkOptions(options, { ...CHECKS, ...hostChecks }, '')
  const { cache = {} } = options as AppRoutesOptions
  checkOptions(cache, CACHE_CHECKS, 'cache.')
  if (cache.store !== undefined && (cache.maxBytes ?? cache.maxEntries) !== undefined) throw new AppRoutesOptionError('The options `cache.maxBytes` and `cache.maxEntries` are for the memory of this process: give them to the store instead.')
  return { ...options as T, ...withDefaults(options as AppRoutesOptions) }
}

function withDefaults (options: AppRoutesOptions): ParsedOptions {
  const { dir, pagesDir, nextConfig, proxy, instrumentation } = options
  if (dir === undefined) throw new AppRoutesOptionError('The option `dir` is missing: it names the app directory.')
  return {
    dir: resolveLocation('dir', dir),
    pagesDir: pagesDir === undefined ? undefined : resolveLocation('pagesDir', pagesDir),
    compat: options.compat ?? 16,
    trailingSlash: options.trailingSlash,
    skipTrailingSlashRedirect: options.skipTrailingSlashRedirect,
    basePath: options.basePath,
    headers: options.headers,
    redirects: options.redirects,
    rewrites: options.rewrites,
    nextConfig: nextConfig === undefined ? undefined : resolveLocation('nextConfig', nextConfig),
    proxy: proxy === undefined || proxy === false ? proxy : resolveLocation('proxy', proxy),
    proxyScope: options.proxyScope ?? 'routes',
    instrumentation: instrumentation === undefined || instrumentation === false ? instrumentation : resolveLocation('instrumentation', instrumentation),
    bodyLimit: options.bodyLimit,
    closeTimeout: options.closeTimeout ?? 10_000,
    globals: options.globals ?? false,
    cache: options.cache ?? {},
    strict: options.strict ?? false,
    fallback: options.fallback,
    shadow: options.shadow
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

import path from 'node:path'
import { AppRoutesOptionError } from '../errors.ts'
import type { NextConfig } from '../next/config-types.ts'
import type { ParsedOptions } from '../options.ts'
import type { TrailingSlash } from '../routes/options.ts'
import type { RuleOptions, Rules } from './rules.ts'

/** What the options and the next.config that they name say of paths. */
export interface Settings {
  basePath: string
  trailingSlash: TrailingSlash
  /** `trailingSlash`, or `'ignore'` where nothing is to be redirected because of a slash. */
  slashRedirects: TrailingSlash
  /** Whether paths are served with a slash at their end as well, or before they are redirected. */
  servesBothSlashes: boolean
  /** Undefined where there are none. */
  rules: Rules | undefined
}

type Given = Pick<ParsedOptions, 'nextConfig' | 'basePath' | 'trailingSlash' | 'skipTrailingSlashRedirect' | 'headers' | 'redirects' | 'rewrites'>

const RULES = ['headers', 'redirects', 'rewrites'] as const

/**
 * Options of the server win over a next.config.
 * @param note told which settings of a next.config are ignored
 * @throws AppRoutesOptionError
 */
export async function loadSettings (options: Given, note: (message: string) => void): Promise<Settings> {
  const file = options.nextConfig
  const config: Partial<NextConfig> = file === undefined ? {} : await (await import('./next-config.ts')).readNextConfig(file, note)
  const { basePath = '', trailingSlash = false, skipTrailingSlashRedirect = false } = withDefaults(options, config)
  checkBasePath(basePath)
  const given = Object.fromEntries(RULES.map((name) => [name, options[name] ?? config[name]])) as RuleOptions
  const where = (name: keyof RuleOptions): string => options[name] === undefined && file !== undefined ? `\`${name}\` of ${path.basename(file)}` : `the option \`${name}\``
  const hasRules = RULES.some((name) => given[name] !== undefined)
  return {
    basePath,
    trailingSlash,
    slashRedirects: skipTrailingSlashRedirect ? 'ignore' : trailingSlash,
    servesBothSlashes: trailingSlash === true || skipTrailingSlashRedirect,
    rules: hasRules ? await (await import('./rules.ts')).compileRules(given, basePath, where) : undefined
  }
}

function withDefaults (options: Given, config: Partial<NextConfig>): Pick<Given, 'basePath' | 'trailingSlash' | 'skipTrailingSlashRedirect'> {
  for (const key of ['trailingSlash', 'skipTrailingSlashRedirect'] as const) {
    if (config[key] !== undefined && typeof config[key] !== 'boolean') throw new AppRoutesOptionError(`\`${key}\` of ${path.basename(options.nextConfig!)} must be true or false.`)
  }
  return {
    basePath: options.basePath ?? config.basePath,
    trailingSlash: options.trailingSlash ?? config.trailingSlash,
    skipTrailingSlashRedirect: options.skipTrailingSlashRedirect ?? config.skipTrailingSlashRedirect
  }
}

/** In Next.js's words. */
function checkBasePath (basePath: unknown): void {
  const refuse = (message: string): never => { throw new AppRoutesOptionError(message) }
  if (typeof basePath !== 'string') return refuse(`Specified basePath is not a string, found type "${typeof basePath}"`)
  if (basePath === '') return
  if (basePath === '/') refuse('Specified basePath /. basePath has to be either an empty string or a path prefix"')
  if (!basePath.startsWith('/')) refuse(`Specified basePath has to start with a /, found "${basePath}"`)
  if (basePath.endsWith('/')) refuse(`Specified basePath should not end with /, found "${basePath}"`)
  if (!PLAIN_PATH.test(basePath)) refuse(`Specified basePath has to be a plain path, found "${basePath}"`)
}

/** Nothing that a router or a pattern would take for more than it is, and no dot segments. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w!$&'+,;=@~.-]+)+$/

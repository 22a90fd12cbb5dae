import type { AppDirectoryProblem } from '../errors.ts'
import type { LoadOptions } from './load-table.ts'
import { show } from './problems.ts'
import { readRouteConfig } from './route-config.ts'

/** The route segment config and the host's route options that a route file exports. */
export interface SegmentConfig {
  /** Largest body, in bytes, that the file's handlers may read: `export const config = { bodyLimit }`. */
  bodyLimit?: number
  /** What else `config` holds: Fastify's route options, checked. */
  host?: Record<string, unknown>
  /** Where `'error'`, the handlers may not read the request through `cookies()` and the like. */
  dynamic?: 'auto' | 'force-dynamic' | 'error' | 'force-static'
  /** Seconds for which an answer may be kept; false: for ever. */
  revalidate?: number | false
  /** How `fetch()` is cached in the handlers. */
  fetchCache?: 'auto' | 'default-cache' | 'only-cache' | 'force-cache' | 'default-no-store' | 'only-no-store' | 'force-no-store'
  /** Edge runtimes are not there, but what is made for one is not kept, as in Next.js. */
  runtime?: 'nodejs' | 'edge' | 'experimental-edge'
  /** Whether parameters are served that `generateStaticParams()` does not name. */
  dynamicParams?: boolean
  /** Names parameters whose answers are made ahead. */
  generateStaticParams?: (input: { params: object }) => unknown
}

const VARIANTS: Record<string, string[]> = {
  dynamic: ['auto', 'force-dynamic', 'error', 'force-static'],
  fetchCache: ['auto', 'default-cache', 'only-cache', 'force-cache', 'default-no-store', 'only-no-store', 'force-no-store'],
  runtime: ['nodejs', 'edge', 'experimental-edge']
}

/** Next.js 13 and 14 looked at these two only. */
const CHECKED_SINCE_13 = new Set(['revalidate', 'runtime'])

/**
 * Reads what a route file exports beside its handlers, as Next.js validates it.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/route-segment-config
 */
export function readSegmentConfig (module: Record<string, unknown>, file: string, options: LoadOptions): { config: SegmentConfig, problems: AppDirectoryProblem[] } {
  const { compat } = options
  const problems: AppDirectoryProblem[] = []
  const check = (field: string, valid: (value: unknown) => boolean, expected: string): void => {
    const value = module[field]
    if (value === undefined || valid(value)) return
    if (compat < 15 && !CHECKED_SINCE_13.has(field)) return
    problems.push({
      code: 'FAR_ERR_SEGMENT_CONFIG',
      message: `Invalid segment configuration: \`${field}\` is ${show(value)}, expected ${expected}.`,
      files: [file],
      mend: `Correct or remove \`export const ${field}\`.`
    })
  }
  for (const [field, variants] of Object.entries(VARIANTS)) {
    check(field, (value) => variants.includes(value as string), `one of ${variants.join(', ')}`)
  }
  // 13 and 14 take fractions.
  if (compat < 15) check('revalidate', (value) => value === false || isSeconds(value), 'a non-negative number of seconds, or false')
  else check('revalidate', (value) => value === false || (Number.isInteger(value) && isSeconds(value)), 'a non-negative whole number of seconds, or false')
  check('dynamicParams', (value) => typeof value === 'boolean', 'a boolean')
  check('maxDuration', isSeconds, 'a non-negative number of seconds')
  check('preferredRegion', (value) => typeof value === 'string' || (Array.isArray(value) && value.every((region) => typeof region === 'string')), 'a string or an array of strings')
  check('generateStaticParams', (value) => typeof value === 'function', 'a function')
  const config: SegmentConfig = readRouteConfig(module.config, file, options, problems)
  const { dynamic, fetchCache, revalidate, runtime, dynamicParams, generateStaticParams } = module as SegmentConfig
  if (VARIANTS.dynamic!.includes(dynamic!)) config.dynamic = dynamic
  if (VARIANTS.fetchCache!.includes(fetchCache!) && fetchCache !== 'auto') config.fetchCache = fetchCache
  if (revalidate === false || isSeconds(revalidate)) config.revalidate = revalidate
  if (VARIANTS.runtime!.includes(runtime!)) config.runtime = runtime
  if (typeof dynamicParams === 'boolean') config.dynamicParams = dynamicParams
  if (typeof generateStaticParams === 'function') config.generateStaticParams = generateStaticParams
  return { config, problems }
}

const isSeconds = (value: unknown): boolean => typeof value === 'number' && value >= 0

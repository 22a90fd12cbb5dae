import { checkOptions, type Checks } from '../check-options.ts'
import { AppRoutesOptionError } from '../errors.ts'
import type { AnyNodeHandler, OldCode } from '../handle/passed-request.ts'
import { createOldCode } from './fallback.ts'
import { jsonPath } from './json-path.ts'
import type { Selection, ShadowReport } from './shadow-report.ts'

/** How a route is compared with the old code that still answers for it. */
export interface ShadowOptions {
  /** The old handler or application. Without it and `upstream`: the `fallback`; in Express, what stands behind the directory. */
  handler?: AnyNodeHandler | undefined
  /** The old server. */
  upstream?: string | URL | undefined
  /**
   * Which part of the requests is compared: 0 none, 1 all.
   * @default 1
   */
  sample?: number | undefined
  /**
   * Milliseconds that the route file's handler gets for its answer; then it is cut off, and that reported.
   * @default 30000
   */
  timeout?: number | undefined
  /** What may differ: names of headers, and JSON paths (`$.items[*].updatedAt`). */
  ignore?: string[] | undefined
  /** What reports do not show, beside `authorization` and cookies: names of headers, and JSON paths. */
  mask?: string[] | undefined
  /** Gets each difference; the log has it, too. */
  onDifference?: ((report: ShadowReport) => unknown) | undefined
}

export interface ParsedShadow {
  oldCode: OldCode | undefined
  sample: number
  timeout: number
  ignored: Selection
  masked: Selection
  onDifference: ((report: ShadowReport) => unknown) | undefined
}

const SECRET = ['authorization', 'cookie', 'proxy-authorization', 'set-cookie']

const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string' && (!item.startsWith('$') || jsonPath(item) !== null))

const CHECKS: Checks<ShadowOptions> = {
  handler: { valid: (value) => typeof value === 'function', expected: 'a (req, res) handler' },
  upstream: { valid: (value) => typeof value === 'string' || value instanceof URL, expected: 'a URL' },
  sample: { valid: (value) => typeof value === 'number' && value >= 0 && value <= 1, expected: 'a number from 0 to 1' },
  timeout: { valid: (value) => Number.isSafeInteger(value) && (value as number) > 0, expected: 'a positive whole number of milliseconds' },
  ignore: { valid: isNames, expected: "an array of names of headers and JSON paths ('$.a[*].b')" },
  mask: { valid: isNames, expected: "an array of names of headers and JSON paths ('$.a[*].b')" },
  onDifference: { valid: (value) => typeof value === 'function', expected: 'a function' }
}

/** @throws AppRoutesOptionError */
export function parseShadow (given: ShadowOptions, name: string): ParsedShadow {
  checkOptions(given, CHECKS, `${name}.`)
  const { handler, upstream, sample = 1, timeout = 30_000, ignore = [], mask = [], onDifference } = given
  if (handler !== undefined && upstream !== undefined) throw new AppRoutesOptionError(`The option \`${name}\` has \`handler\` and \`upstream\`: one of them answers.`)
  const old = handler ?? (upstream === undefined ? undefined : { upstream })
  return { oldCode: old === undefined ? undefined : createOldCode(old, name), sample, timeout, ignored: select(ignore), masked: select([...SECRET, ...mask]), onDifference }
}

function select (names: string[]): Selection {
  return {
    headers: new Set(names.filter((name) => !name.startsWith('$')).map((name) => name.toLowerCase())),
    places: names.filter((name) => name.startsWith('$')).map((name) => jsonPath(name)!)
  }
}

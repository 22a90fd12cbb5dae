import type { RouteHas } from '../next/config-types.ts'
import { readingsOf } from '../routes/path.ts'
import { checkConditions } from './check-rule.ts'
import { compileConditions, type Asked, type Conditions } from './conditions.ts'
import { LONGEST_PATTERN, parsePattern } from './pattern.ts'

/** One pattern of a proxy's matcher. */
export interface MatcherPattern {
  /** As it was given. */
  source: string
  /** The text of its regular expression. */
  regexp: string
  /** What every path begins with that it can match, unless that asks for a page's data. */
  start: string
  conditions: Conditions | undefined
}

/** Next.js takes the addresses by which its client asks for a page's data for the page's own. */
const DATA_PREFIX = '/:nextData(_next/data/[^/]{1,})?'
const DATA_PATH = '/_next/data/'
const DATA_SUFFIX = '\\.json|\\.rsc|\\.segments/.+\\.segment\\.rsc'

/**
 * Reads `config.matcher` of a proxy file: no patterns where there is none.
 * @returns a problem in Next.js's words
 */
export function parseMatchers (matcher: unknown, basePath: string): { patterns: MatcherPattern[] | undefined } | { problem: string } {
  if (matcher === undefined) return { patterns: undefined }
  const patterns: MatcherPattern[] = []
  for (const [index, item] of (Array.isArray(matcher) ? matcher as unknown[] : [matcher]).entries()) {
    const parsed = parseMatcher(item, basePath)
    if (typeof parsed === 'string') return { problem: `${parsed} at "matcher${Array.isArray(matcher) ? `[${index}]` : ''}"` }
    patterns.push(parsed)
  }
  return { patterns }
}

const KEYS = ['source', 'locale', 'has', 'missing']

function parseMatcher (item: unknown, basePath: string): MatcherPattern | string {
  if (typeof item === 'string') return compilePattern(item, basePath, undefined)
  if (typeof item !== 'object' || item === null) return 'must be an array of strings or middleware matchers'
  const { source, locale, has, missing } = item as { source?: unknown, locale?: unknown, has?: RouteHas[], missing?: RouteHas[] }
  const unknown = Object.keys(item).filter((key) => !KEYS.includes(key))
  if (unknown.length > 0) return `Unrecognized key(s) in object: ${unknown.map((key) => `'${key}'`).join(', ')}`
  if (typeof source !== 'string') return 'source is required'
  if (locale !== undefined && locale !== false) return 'locale must be undefined or false'
  const problems = [...checkConditions(has, 'has'), ...checkConditions(missing, 'missing')]
  return problems.length > 0 ? problems.join(', ') : compilePattern(source, basePath, compileConditions(has, missing))
}

function compilePattern (source: string, basePath: string, conditions: Conditions | undefined): MatcherPattern | string {
  if (source.length > LONGEST_PATTERN) return `exceeds max built length of ${LONGEST_PATTERN} for route`
  if (!source.startsWith('/')) return 'source must start with /'
  const suffix = source === '/' ? `(/?index|/?index\\.json|/?index(?:${DATA_SUFFIX}))?` : `{(${DATA_SUFFIX})}?`
  try {
    const { regexp } = parsePattern(basePath + DATA_PREFIX + source + suffix)
    return regexp.length > LONGEST_PATTERN ? `exceeds max built length of ${LONGEST_PATTERN} for route` : { source, regexp, start: basePath + literalStart(source), conditions }
  } catch (error) {
    return `Invalid source '${source}': ${(error as Error).message}`
  }
}

/** A slash or dot in front of a parameter is the parameter's own, and missing where that is: `/a/:b*` matches `/a`. */
function literalStart (source: string): string {
  return LITERAL.exec(source)![0].replace(/[/.]+$/, '')
}

/** What a pattern begins with, up to the first sign that stands for something else. */
const LITERAL = /^[^:*?+(){}\\]*/

type Compiled = Pick<MatcherPattern, 'start' | 'conditions'> & { regexps: RegExp[] }

/** Tells which requests a proxy is for. */
export class Matcher {
  readonly #patterns: Compiled[] | undefined

  /**
   * @param patterns undefined for every request
   * @param anyCase whether the router lets letters differ in case; then neither spelling leads past a guard
   */
  constructor (patterns: MatcherPattern[] | undefined, anyCase: boolean) {
    this.#patterns = patterns?.map(({ regexp, start, conditions }) => anyCase
      ? { start: '', regexps: [new RegExp(regexp), new RegExp(regexp, 'i')], conditions }
      : { start, regexps: [new RegExp(regexp)], conditions })
  }

  /** Whether it may be for a path, whatever its conditions say. */
  knows (path: string): boolean {
    if (this.#patterns === undefined) return true
    for (const pattern of this.#patterns) if (matchesPath(pattern, path)) return true
    return false
  }

  matches (path: string, asked: Asked, search: string): boolean {
    if (this.#patterns === undefined) return true
    for (const pattern of this.#patterns) {
      if (matchesPath(pattern, path) && (pattern.conditions === undefined || pattern.conditions(asked, search) !== null)) return true
    }
    return false
  }
}

/** By any of its readings: a guard rather sees too much. */
function matchesPath ({ start, regexps }: Compiled, path: string): boolean {
  if (path.includes('%')) return readingsOf(path).some((reading) => regexps.some((regexp) => regexp.test(reading)))
  // Most paths are done with here, without the cost of an expression.
  if (!path.startsWith(start) && !path.includes(DATA_PATH)) return false
  for (const regexp of regexps) if (regexp.test(path)) return true
  return false
}

/** Whether a pattern may match a path below a prefix, by what both begin with. */
export function mayBeBelow (source: string, prefix: string): boolean {
  const literal = LITERAL.exec(source)![0].toLowerCase()
  const start = /^[^:*]*/.exec(prefix)![0].toLowerCase()
  return literal.startsWith(start) || start.startsWith(literal)
}

import { parse, regexpToFunction, tokensToRegexp, type Key, type Token } from 'path-to-regexp'

/** Next.js's limit for the text of the regular expression that a pattern comes to. */
export const LONGEST_PATTERN = 4096

/** The parameters of a matched path, still encoded; of a repeated one its segments. */
export type PathParams = Record<string, string | string[] | undefined>

/** The tokens of a path pattern, and the text of its regular expression. */
interface ParsedPattern {
  tokens: Token[]
  regexp: string
}

/**
 * Reads a path pattern as Next.js does: by the rules of `path-to-regexp` 6.
 * @throws TypeError where it is none
 */
export function parsePattern (source: string): ParsedPattern {
  const tokens = parse(source)
  try {
    return { tokens, regexp: tokensToRegexp(tokens).source }
  } catch {
    // Next.js lets a parameter without anything in front be repeated: its segments are slashes apart.
    return { tokens, regexp: tokensToRegexp(tokens.map(withPrefix)).source }
  }
}

function withPrefix (token: Token): Token {
  const needsOne = typeof token === 'object' && /^[*+]$/.test(token.modifier) && token.prefix === '' && token.suffix === ''
  return needsOne ? { ...token, prefix: '/' } : token
}

/**
 * What matches a whole path with the `source` of a rule: letter case does not count, a slash at the end neither. Parameters
 * without a name are left out.
 * @throws TypeError where the source cannot be compiled
 */
export function ruleMatcher (source: string): (path: string) => PathParams | null {
  const keys: Key[] = []
  const strict = tokensToRegexp(parse(source), keys, { strict: true, delimiter: '/' })
  const match = regexpToFunction<PathParams>(new RegExp(strict.source.replace(/\$$/, '(?:\\/)?$'), 'i'), keys)
  const unnamed = keys.filter(({ name }) => typeof name === 'number')
  return (path) => {
    const found = match(path)
    if (found === false) return null
    for (const { name } of unnamed) found.params[name] = undefined
    return found.params
  }
}

export const isParam = (token: Token): token is Key => typeof token === 'object'

/** Whether a parameter may stand for several segments. */
export const isRepeated = ({ modifier }: Key): boolean => modifier === '*' || modifier === '+'

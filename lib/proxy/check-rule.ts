import { validateHeaderName, validateHeaderValue } from 'node:http'
import { parse, type Token } from 'path-to-regexp'
import { REDIRECT_STATUS } from '../next/next-response.ts'
import { safeName } from './conditions.ts'
import { isParam, isRepeated, LONGEST_PATTERN, parsePattern } from './pattern.ts'

export type RuleKind = 'header' | 'redirect' | 'rewrite'

const KEYS: Record<RuleKind, string[]> = {
  header: ['source', 'locale', 'has', 'missing', 'basePath', 'headers'],
  redirect: ['source', 'locale', 'has', 'missing', 'basePath', 'statusCode', 'permanent', 'destination'],
  rewrite: ['source', 'locale', 'has', 'missing', 'basePath', 'destination']
}

type Fields = Record<string, unknown>

/** What is wrong with one rule, in Next.js's words where it has some. */
export function checkRule (rule: unknown, kind: RuleKind): string[] {
  if (typeof rule !== 'object' || rule === null) return [`The route ${JSON.stringify(rule)} is not a valid object with \`source\` and \`${kind === 'header' ? 'headers' : 'destination'}\``]
  const fields = rule as Fields
  const unknown = Object.keys(fields).filter((key) => !KEYS[kind].includes(key))
  const problems = [
    ...checkFlags(fields),
    ...checkConditions(fields.has, 'has'),
    ...checkConditions(fields.missing, 'missing'),
    ...checkSource(fields.source),
    ...(kind === 'header' ? checkHeaders(fields.headers) : checkDestination(fields, kind)),
    ...(kind === 'redirect' ? checkStatus(fields) : []),
    ...(unknown.length > 0 ? [`invalid field${unknown.length === 1 ? '' : 's'}: ${unknown.join(',')}`] : [])
  ]
  return problems.length === 0 ? [] : [`${problems.join(', ')} for route ${JSON.stringify(rule)}`]
}

function checkFlags ({ basePath, locale }: Fields): string[] {
  return [
    ...(basePath === undefined || basePath === false ? [] : ['`basePath` must be undefined or false']),
    ...(locale === undefined || locale === false ? [] : ['`locale` must be undefined or false'])
  ]
}

function checkSource (source: unknown): string[] {
  if (!source) return ['`source` is missing']
  if (typeof source !== 'string') return ['`source` is not a string']
  if (!source.startsWith('/')) return ['`source` does not start with /']
  try {
    return parsePattern(source).regexp.length > LONGEST_PATTERN ? [`\`source\` exceeds max built length of ${LONGEST_PATTERN}`] : []
  } catch (error) {
    return [`\`source\` parse failed (${(error as Error).message})`]
  }
}

const TYPES = ['header', 'cookie', 'query', 'host']

/** Also of the conditions of a proxy's matcher. */
export function checkConditions (items: unknown, field: 'has' | 'missing'): string[] {
  if (items === undefined) return []
  if (!Array.isArray(items)) return [`\`${field}\` must be undefined or valid has object`]
  const invalid = items.map((item: unknown) => {
    const parts = checkCondition((item ?? {}) as Fields)
    return parts.length === 0 ? '' : `${parts.join(', ')} for ${JSON.stringify(item)}`
  }).filter((text) => text !== '')
  return invalid.length === 0 ? [] : [`invalid \`${field}\` item${invalid.length === 1 ? '' : 's'} found (${invalid.join('; ')})`]
}

function checkCondition ({ type, key, value }: Fields): string[] {
  const problems: string[] = []
  if (!TYPES.includes(type as string)) problems.push(`invalid type "${String(type)}"`)
  if (typeof key !== 'string' && type !== 'host') problems.push(`invalid key "${String(key)}"`)
  if (value !== undefined && typeof value !== 'string') problems.push(`invalid value "${String(value)}"`)
  if (value === undefined && type === 'host') problems.push('value is required for "host" type')
  if (typeof value === 'string' && !isRegExp(value)) problems.push(`value "${value}" is no regular expression`)
  return problems
}

function isRegExp (text: string): boolean {
  try {
    return new RegExp(`^${text}$`) !== undefined
  } catch {
    return false
  }
}

function checkHeaders (headers: unknown): string[] {
  if (!Array.isArray(headers)) return ['`headers` field must be an array']
  if (headers.length === 0) return ['`headers` field cannot be empty']
  for (const header of headers as unknown[]) {
    if (typeof header !== 'object' || header === null) return ["`headers` items must be object with { key: '', value: '' }"]
    const { key, value } = header as Fields
    if (typeof key !== 'string') return ['`key` in header item must be string']
    if (typeof value !== 'string') return ['`value` in header item must be string']
    if (!key.includes(':') && !isSendable(key, value)) return [`the header ${JSON.stringify(header)} cannot be sent`]
  }
  return []
}

function isSendable (name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}

function checkDestination (rule: Fields, kind: RuleKind): string[] {
  const { source, destination, basePath } = rule
  if (!destination) return ['`destination` is missing']
  if (typeof destination !== 'string') return ['`destination` is not a string']
  if (!/^(?:\/|https?:\/\/)/.test(destination)) return ['`destination` does not start with `/`, `http://`, or `https://`']
  if (kind === 'rewrite' && basePath === false && destination.startsWith('/')) {
    return ['rewrites urls outside of the basePath. Please use a destination that starts with `http://` or `https://` https://nextjs.org/docs/messages/invalid-external-rewrite']
  }
  const tokens = tokensOf(source)
  return tokens === null ? [] : checkPlaces(destination, tokens, namesFoundBy(rule))
}

/** The tokens of a source; null where it cannot be read, which is a problem of its own. */
function tokensOf (source: unknown): Token[] | null {
  if (typeof source !== 'string' || !source.startsWith('/')) return null
  try {
    return parse(source)
  } catch {
    return null
  }
}

function checkPlaces (destination: string, source: Token[], found: string[]): string[] {
  const unnamed = source.filter((token) => isParam(token) && typeof token.name === 'number' && new RegExp(`:${token.name}(?!\\d)`).test(destination))
  if (unnamed.length > 0) return [`\`destination\` has unnamed params ${unnamed.map((token) => `:${isParam(token) ? token.name : ''}`).join(', ')}`]
  const [, path = ''] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/i.exec(destination)!
  let places: Token[]
  try {
    places = parse(path === '' ? '/' : path)
  } catch (error) {
    return [`\`destination\` parse failed (${(error as Error).message})`]
  }
  const params = new Map(source.filter(isParam).map((param) => [String(param.name), param]))
  // Like Next.js, looks for them in paths of this server only.
  const missing = destination.startsWith('/') ? places.filter(isParam).filter(({ name }) => !params.has(String(name)) && !found.includes(String(name))) : []
  if (missing.length > 0) return [`\`destination\` has segments not in \`source\` or \`has\` (${missing.map(({ name }) => name).join(', ')})`]
  const single = places.filter(isParam).find((place) => {
    const param = params.get(String(place.name))
    return param !== undefined && isRepeated(param) && !isRepeated(place)
  })
  return single === undefined ? [] : [`To use a multi-match in the destination you must add \`*\` at the end of the param name to signify it should repeat (${single.name}). https://nextjs.org/docs/messages/invalid-multi-match`]
}

/** The names that the conditions of a rule may find. */
export function namesFoundBy ({ has }: Fields): string[] {
  if (!Array.isArray(has)) return []
  return (has as Fields[]).flatMap((item) => {
    const { type, key, value } = (item ?? {}) as { type?: unknown, key?: unknown, value?: unknown }
    const groups = typeof value === 'string' ? [...value.matchAll(/\(\?<([A-Za-z]\w*)>/g)].map(([, name]) => name!) : []
    const own = value === undefined || value === '' ? [String(key), safeName(String(key))] : []
    return [...groups, ...own, ...(type === 'host' ? ['host'] : [])]
  })
}

function checkStatus ({ statusCode, permanent }: Fields): string[] {
  const problems: string[] = []
  if (statusCode !== undefined && !REDIRECT_STATUS.includes(statusCode as number)) problems.push(`\`statusCode\` is not undefined or valid statusCode (${REDIRECT_STATUS.join(', ')})`)
  if (typeof permanent !== 'boolean' && statusCode === undefined) problems.push('`permanent` is not set to `true` or `false`')
  return problems
}

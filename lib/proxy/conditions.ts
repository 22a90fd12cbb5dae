import type { RouteHas } from '../next/config-types.ts'
import { findCookie } from '../next/cookie-text.ts'

/** What conditions look at. */
export interface Asked {
  readonly headers: Record<string, string | string[] | undefined>
  /** Scheme and authority as the host sees them. */
  origin (): string
}

/** What conditions have found of a request, by the names of their groups; decoded, where it was encoded. */
export type FoundValues = Record<string, string>

/** Whether a request, with the given query, fulfils conditions: what they have found, null where it does not. */
export type Conditions = (asked: Asked, search: string) => FoundValues | null

/**
 * The conditions of a rule or matcher, compiled; undefined where there are none.
 * @throws SyntaxError where a value is no regular expression
 */
export function compileConditions (has: readonly RouteHas[] = [], missing: readonly RouteHas[] = []): Conditions | undefined {
  if (has.length === 0 && missing.length === 0) return undefined
  const wanted = has.map(compile)
  const unwanted = missing.map(compile)
  return (asked, search) => {
    const found: FoundValues = {}
    const fulfilled = wanted.every((holds) => holds(asked, search, found)) && !unwanted.some((holds) => holds(asked, search, {}))
    return fulfilled ? found : null
  }
}

type Condition = (asked: Asked, search: string, found: FoundValues) => boolean

function compile (item: RouteHas): Condition {
  const { type, key = 'host', value } = item
  const pattern = value === undefined || value === '' ? undefined : new RegExp(`^${value}$`)
  const name = safeName(key)
  return (asked, search, found) => {
    const actual = read(asked, search, type, key)
    // Like Next.js, takes an empty value for none.
    if (actual === undefined || actual === '') return false
    if (pattern === undefined) {
      found[name] = actual
      return true
    }
    const match = pattern.exec(actual)
    if (match === null) return false
    if (match.groups !== undefined) for (const [group, text] of Object.entries(match.groups)) found[group] = text ?? ''
    else if (type === 'host') found.host = match[0]
    return true
  }
}

/** Names in patterns are made of letters. */
export const safeName = (key: string): string => key.replace(/[^A-Za-z]/g, '')

/** Of several values of a name the last one counts. */
function read (asked: Asked, search: string, type: RouteHas['type'], key: string): string | undefined {
  switch (type) {
    case 'header': return header(asked, key.toLowerCase())
    // As request.cookies reads them, so that a guard and what it guards see the same.
    case 'cookie': return findCookie(header(asked, 'cookie') ?? '', key)
    case 'query': return search === '' ? undefined : new URLSearchParams(search).getAll(key).at(-1)
    case 'host': return new URL(asked.origin()).hostname
  }
}

function header ({ headers }: Asked, name: string): string | undefined {
  // What an object has by nature (`constructor`) is no text.
  const value = headers[name] ?? (name === 'host' ? headers[':authority'] : undefined)
  const last = Array.isArray(value) ? value.at(-1) : value
  return typeof last === 'string' ? last : undefined
}

/** A name of a header: RFC 9110, 5.6.2 */
export const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const MOST_KEYS = 1000
const keys = new Map<string, string>()

/** A name in lower case; undefined for what is no name. */
export function keyOf (name: unknown): string | undefined {
  const known = keys.get(name as string)
  if (known !== undefined) return known
  if (typeof name !== 'string' || !TOKEN.test(name)) return undefined
  const key = name.toLowerCase()
  if (keys.size < MOST_KEYS) keys.set(name, key)
  return key
}

/**
 * Whether a value has nothing that the Fetch standard strips or refuses, that Node.js would not send, or that has to be sent
 * in another encoding than ASCII. It is not empty: the blank that joins it to another would be stripped.
 */
export function isOrdinaryValue (value: unknown): value is string {
  if (typeof value !== 'string' || value === '') return false
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if ((code < SPACE && code !== TAB) || code >= DELETE) return false
  }
  return !(isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1)))
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB

const TAB = 9
const SPACE = 32
const DELETE = 127

import { Readable } from 'node:stream'

/**
 * The bytes of a body that somebody upstream has parsed already. What a parser threw away (white space, the order of
 * equal keys) cannot come back: whoever checks signatures needs the raw body.
 * @returns undefined where nothing tells what the body was
 */
export function parsedBodyBytes (raw: unknown, parsed: unknown, contentType: string | undefined): Readable | Uint8Array | undefined {
  for (const value of [raw, parsed]) {
    if (value instanceof Readable || value instanceof Uint8Array) return value
    if (typeof value === 'string') return Buffer.from(value)
  }
  if (parsed === undefined) return undefined
  const type = contentType?.split(';')[0]!.trim().toLowerCase()
  if (type === 'application/x-www-form-urlencoded') return Buffer.from(toUrlEncoded(parsed))
  if (type === 'multipart/form-data') return undefined
  return Buffer.from(JSON.stringify(parsed))
}

/** @returns undefined where there is none that could be read, which is told to who reads it, and not to who looks at headers */
export function ifReadable<T> (make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

/** Undoes `a[b]=1` and `a=1&a=2`, as `urlencoded({ extended: true })` and `querystring` nest them. */
function toUrlEncoded (parsed: unknown): string {
  const params = new URLSearchParams()
  const add = (name: string, value: unknown): void => {
    if (Array.isArray(value)) value.forEach((item, index) => { add(isPlain(item) ? `${name}[${index}]` : name, item) })
    else if (isPlain(value)) for (const [key, item] of Object.entries(value)) add(`${name}[${key}]`, item)
    else params.append(name, String(value))
  }
  if (isPlain(parsed)) for (const [name, value] of Object.entries(parsed)) add(name, value)
  return params.toString()
}

const isPlain = (value: unknown): value is object => typeof value === 'object' && value !== null

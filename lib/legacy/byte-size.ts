import { AppRoutesOptionError } from '../errors.ts'

const UNITS = ['b', 'kb', 'mb', 'gb', 'tb', 'pb']

/**
 * How many bytes `500kb` and the like stand for, as in Next.js's configs.
 * @throws AppRoutesOptionError
 */
export function parseByteSize (value: unknown, name: string): number {
  if (typeof value === 'number' && value >= 0) return value
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?) *([kmgtp]?b)?$/i.exec(value) : null
  if (match === null) throw new AppRoutesOptionError(`\`${name}\` must be a number of bytes or a size such as '500kb' or '4mb', not ${typeof value === 'string' ? `'${value}'` : String(value)}.`)
  return Math.floor(Number(match[1]) * 1024 ** UNITS.indexOf((match[2] ?? 'b').toLowerCase()))
}

/** The other way round: 4194304 is '4MB'. */
export function formatByteSize (bytes: number): string {
  const exponent = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${Number((bytes / 1024 ** exponent).toFixed(2))}${UNITS[exponent]!.toUpperCase()}`
}

import { MetadataError } from '../errors.ts'
import { show } from '../routes/problems.ts'

/** Where a value stands: the file, the way to it in what the file returned (`[2].videos[0]`), and what it is about. */
export interface ValuePlace {
  file: string
  way: string
  about?: string
}

/** What is wrong with a value, in a sentence that names where it stands. */
export function wrong ({ file, way, about }: ValuePlace, value: unknown, expected: string): Error {
  return new MetadataError(`${file}: ${way === '' ? 'what it returned' : way} is ${show(value)}, expected ${expected}${about === undefined ? '' : ` (${about})`}.`)
}

type Text = string | number | URL

const isText = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number' || value instanceof URL

const isNumeric = (value: unknown): boolean => (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) && Number.isFinite(Number(value))

/**
 * The fields of an object that a metadata file returned. Each is read as what it has to be, or there is an error that names
 * file and place. As in Next.js, a field that is missing, null or empty is left out.
 */
export class Fields {
  readonly #place: ValuePlace
  readonly #values: Record<string, unknown>

  /** @throws MetadataError where the value is no object */
  constructor (place: ValuePlace, value: unknown) {
    this.#place = place
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(place, value, 'an object')
    this.#values = value as Record<string, unknown>
  }

  names (): string[] {
    return Object.keys(this.#values)
  }

  place (name: string): ValuePlace {
    const { file, way, about } = this.#place
    return { file, way: way === '' ? name : `${way}.${name}`, about }
  }

  /** @throws MetadataError where it is missing, as well */
  requiredText (name: string): string {
    const value = this.text(name)
    if (value === undefined) throw wrong(this.place(name), this.#values[name], 'a string')
    return value
  }

  text (name: string): string | undefined {
    return this.#read(name, isText, 'a string', String)
  }

  /** A text, or a list of texts. */
  texts (name: string): string[] {
    return this.#read(name, (value) => isText(value) || (Array.isArray(value) && value.every(isText)), 'a string or an array of strings', (value: Text | Text[]) => [value].flat().map(String)) ?? []
  }

  list (name: string): unknown[] {
    return this.#read(name, Array.isArray, 'an array', (value: unknown[]) => value) ?? []
  }

  number (name: string, min = -Infinity, max = Infinity): string | undefined {
    const range = max < Infinity ? ` from ${min} to ${max}` : min > -Infinity ? `, ${min} or more` : ''
    return this.#read(name, (value) => isNumeric(value) && Number(value) >= min && Number(value) <= max, `a number${range}`, String)
  }

  oneOf (name: string, known: readonly string[]): string | undefined {
    return this.#read(name, (value) => known.includes(value as string), `one of ${known.join(', ')}`, String)
  }

  /** A date as it was written, or in ISO 8601. */
  date (name: string): string | undefined {
    const isDate = (value: unknown): boolean => (value instanceof Date || typeof value === 'string') && !Number.isNaN(new Date(value).getTime())
    return this.#read(name, isDate, 'a valid Date or a text such as 2024-02-03', (value: Date | string) => typeof value === 'string' ? value : value.toISOString())
  }

  object (name: string): Fields | undefined {
    return this.#read(name, () => true, 'an object', (value: unknown) => new Fields(this.place(name), value))
  }

  #read<R> (name: string, isValid: (value: unknown) => boolean, expected: string, convert: (value: never) => R): R | undefined {
    const value = this.#values[name]
    if (value === undefined || value === null || value === '') return undefined
    if (!isValid(value)) throw wrong(this.place(name), value, expected)
    return convert(value as never)
  }
}

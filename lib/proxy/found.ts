import { asSpelled } from '../routes/path.ts'
import { decoded } from '../web/url.ts'
import type { FoundValues } from './conditions.ts'
import type { PathParams } from './pattern.ts'

/** What a rule has found in a request. */
export interface Found {
  /** Parameters of the path, encoded as they were sent. */
  path: PathParams
  /** What its conditions have found; of the same name these count. */
  values: FoundValues
}

/** The text of a parameter as it was meant, segments with slashes in between; '' where there is none. */
export function textOf (name: string, { path, values }: Found): string {
  if (Object.hasOwn(values, name)) return values[name]!
  const value = path[name]
  return value === undefined ? '' : decoded(Array.isArray(value) ? value.join('/') : value)
}

/** The same as it was sent: a parameter of the path is encoded. */
export function sentText (name: string, { path, values }: Found): string {
  if (Object.hasOwn(values, name)) return values[name]!
  const value = path[name] ?? ''
  return asSpelled(Array.isArray(value) ? value.join('/') : value)
}

/** A text with places for parameters (`:name`), a modifier behind them included. */
export class FilledText {
  readonly #text: string
  readonly #place: RegExp | undefined

  /** @param names the parameters that there may be; others stand for themselves */
  constructor (text: string, names: readonly string[]) {
    this.#text = text
    const known = names.filter((name) => text.includes(`:${name}`))
    this.#place = known.length === 0 ? undefined : new RegExp(`:(${known.join('|')})(?!\\w)[*+?]?`, 'g')
  }

  get hasPlaces (): boolean { return this.#place !== undefined }

  with (write: (name: string) => string): string {
    return this.#place === undefined ? this.#text : this.#text.replace(this.#place, (_place, name: string) => write(name))
  }
}

import { parse, type Token } from 'path-to-regexp'
import { BadPathError } from '../errors.ts'
import { asSpelled, canonicalPath } from '../routes/path.ts'
import { decoded } from '../web/url.ts'
import { FilledText, sentText, textOf, type Found } from './found.ts'
import { isParam } from './pattern.ts'

/** Where a rule leads. */
export interface RuleTarget {
  /** '' within this server. */
  origin: string
  path: string
  search: string
  hash: string
}

interface DestinationOptions {
  /** The parameters that its rule may find. */
  names: readonly string[]
  /** Whether parameters that it has no place for are handed on in the query, as by rewrites. */
  appendsParams: boolean
}

const PARTS = /^(https?:\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/is

/** A rule's destination, with places for what its source and its conditions find. */
export class Destination {
  readonly #origin: FilledText
  readonly #path: Token[]
  /** Each with its name. */
  readonly #query: Array<{ name: string, pair: FilledText }>
  readonly #hash: FilledText
  readonly #appended: readonly string[]

  /** @throws TypeError where the path is no pattern */
  constructor (text: string, { names, appendsParams }: DestinationOptions) {
    const [, origin = '', path = '', search = '', hash = ''] = PARTS.exec(text)!
    this.#origin = new FilledText(origin, names)
    this.#path = parse(path)
    this.#query = pairsOf(search).map((pair) => ({ name: nameOf(pair), pair: new FilledText(pair, names) }))
    this.#hash = new FilledText(hash, names)
    const isUsed = this.#origin.hasPlaces || this.#path.some((token) => isParam(token) && names.includes(String(token.name)))
    this.#appended = isUsed || !appendsParams ? [] : names.filter((name) => !this.#query.some((own) => own.name === name))
  }

  /** Whether it is on another server, and on which; '' where what is found in the request decides that. */
  get origin (): string | undefined {
    if (this.#origin.hasPlaces) return ''
    const origin = this.#origin.with(String)
    return origin === '' ? undefined : origin
  }

  /**
   * @param search the query of the request, which stays but for names that the destination has
   * @throws BadPathError where what the client has sent would lead elsewhere
   */
  with (found: Found, search: string): RuleTarget {
    const origin = this.#origin.with((name) => encodeURIComponent(textOf(name, found)))
    // Nothing in a value may end the name of the host.
    if (origin !== '' && !URL.canParse(origin)) throw new BadPathError(origin)
    const filled = this.#path.map((token) => isParam(token) ? segments(token, found) : asSpelled(token)).join('').replace(/\/{2,}/g, '/')
    const path = filled === '' && origin === '' ? '/' : filled
    // A value of a condition may hold dot segments, which a browser or another server would resolve.
    if (canonicalPath(path, 'ignore') !== null) throw new BadPathError(path)
    return { origin, path, search: this.#search(found, search), hash: this.#hash.with((name) => encodeURIComponent(textOf(name, found))) }
  }

  #search (found: Found, search: string): string {
    const own = this.#query.map(({ pair }) => pair.with((name) => encodeURIComponent(textOf(name, found))))
    for (const name of this.#appended) {
      const text = textOf(name, found)
      if (text !== '') own.push(`${name}=${encodeURIComponent(text)}`)
    }
    if (own.length === 0) return search
    const names = new Set(own.map(nameOf))
    return '?' + [...pairsOf(search).filter((pair) => !names.has(nameOf(pair))), ...own].join('&')
  }
}

const pairsOf = (search: string): string[] => search.length > 1 ? search.slice(1).split('&') : []

const nameOf = (pair: string): string => decoded(pair.split('=', 1)[0]!)

/** A parameter with what stands around it; nothing where it is missing. */
function segments ({ name, prefix, suffix }: Exclude<Token, string>, found: Found): string {
  const text = sentText(String(name), found)
  if (text === '') return ''
  const isPlain = Object.hasOwn(found.values, String(name))
  return text.split('/').map((segment) => asSpelled(prefix) + (isPlain ? encodeURIComponent(segment) : segment) + asSpelled(suffix)).join(prefix.startsWith('/') ? '' : '/')
}

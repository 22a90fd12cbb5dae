import { parse } from 'path-to-regexp'
import { BadPathError } from '../errors.ts'
import type { ConfigHeader, ConfigRedirect, ConfigRewrite } from '../next/config-types.ts'
import { asRouted } from '../routes/path.ts'
import { TOKEN } from '../web/header-syntax.ts'
import { namesFoundBy } from './check-rule.ts'
import { compileConditions, type Asked, type Conditions } from './conditions.ts'
import { Destination, type RuleTarget } from './destination.ts'
import { FilledText, sentText, type Found } from './found.ts'
import { isParam, ruleMatcher, type PathParams } from './pattern.ts'

/** A path as rules look at it. */
export interface ReadPath {
  /** As it was sent, and as routers read it where that differs. */
  readings: string[]
  /** Its first segment in lower case; undefined where that has escapes. */
  first: string | undefined
}

export function readPath (path: string): ReadPath {
  const slash = path.indexOf('/', 1)
  const first = (slash === -1 ? path.slice(1) : path.slice(1, slash)).toLowerCase()
  if (!path.includes('%')) return { readings: [path], first }
  const routed = asRouted(path)
  return { readings: routed === path ? [path] : [path, routed], first: first.includes('%') ? undefined : first }
}

type Source = ConfigHeader | ConfigRedirect | ConfigRewrite

/** What rules of all kinds have in common: which requests they are for. */
class Rule {
  readonly names: string[]
  readonly #first: string | undefined
  readonly #match: (path: string) => PathParams | null
  readonly #conditions: Conditions | undefined

  constructor (rule: Source, basePath: string) {
    const source = withBase(rule.source, rule, basePath)
    const tokens = parse(source)
    this.names = [...tokens.filter(isParam).map(({ name }) => String(name)), ...namesFoundBy({ has: rule.has })]
    this.#first = firstSegment(tokens)
    this.#match = ruleMatcher(source)
    this.#conditions = compileConditions(rule.has, rule.missing)
  }

  /** Whether it may be for a path, whatever its conditions say. */
  knows (path: ReadPath): boolean {
    return this.#params(path) !== null
  }

  match (path: ReadPath, asked: Asked, search: string): Found | null {
    const params = this.#params(path)
    if (params === null) return null
    if (this.#conditions === undefined) return { path: params, values: {} }
    const values = this.#conditions(asked, search)
    return values === null ? null : { path: params, values }
  }

  #params ({ readings, first }: ReadPath): PathParams | null {
    if (this.#first !== undefined && first !== undefined && this.#first !== first) return null
    for (const reading of readings) {
      const params = this.#match(reading)
      if (params !== null) return params
    }
    return null
  }
}

/** The base path stands in front of what a rule names, unless that says `basePath: false`. */
function withBase (text: string, { basePath: own }: { basePath?: false }, basePath: string): string {
  if (own === false || basePath === '' || !text.startsWith('/')) return text
  return text === '/' ? basePath : basePath + text
}

/** In lower case; undefined where it may be anything. */
function firstSegment ([literal, next]: ReturnType<typeof parse>): string | undefined {
  if (typeof literal !== 'string') return undefined
  const slash = literal.indexOf('/', 1)
  if (slash !== -1) return literal.slice(1, slash).toLowerCase()
  return next === undefined || (isParam(next) && next.prefix.startsWith('/')) ? literal.slice(1).toLowerCase() : undefined
}

/** One rule of `headers`. */
export class HeaderRule extends Rule {
  readonly #headers: Array<{ key: FilledText, value: FilledText }>

  constructor (rule: ConfigHeader, basePath: string) {
    super(rule, basePath)
    this.#headers = rule.headers.map(({ key, value }) => ({ key: new FilledText(key, this.names), value: new FilledText(value, this.names) }))
  }

  /**
   * Names (in lower case) and values in turn.
   * @throws BadPathError where what the client has sent makes no name of a header
   */
  headersFor (found: Found): string[] {
    return this.#headers.flatMap(({ key, value }) => {
      const name = key.with((param) => sentText(param, found)).toLowerCase()
      if (!TOKEN.test(name)) throw new BadPathError(name)
      return [name, value.with((param) => headerText(sentText(param, found)))]
    })
  }
}

/** What a condition has found may be what no header can hold. */
const headerText = (text: string): string => /^[\t\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text)

/** One rule of `redirects`. */
export class RedirectRule extends Rule {
  readonly status: number
  readonly #destination: Destination

  constructor (rule: ConfigRedirect, basePath: string) {
    super(rule, basePath)
    this.status = rule.statusCode ?? (rule.permanent === true ? 308 : 307)
    this.#destination = new Destination(withBase(rule.destination, rule, basePath), { names: this.names, appendsParams: false })
  }

  /** @throws BadPathError where what the client has sent would lead elsewhere */
  locationFor (found: Found, search: string): string {
    const { origin, path, search: query, hash } = this.#destination.with(found, search)
    return origin + path + query + hash
  }
}

/** One rule of `rewrites`. */
export class RewriteRule extends Rule {
  readonly #destination: Destination

  constructor (rule: ConfigRewrite, basePath: string) {
    super(rule, basePath)
    this.#destination = new Destination(withBase(rule.destination, rule, basePath), { names: this.names, appendsParams: true })
  }

  /** The server that it leads to: undefined for this one, '' where the request decides. */
  get origin (): string | undefined { return this.#destination.origin }

  /** @throws BadPathError where what the client has sent would lead elsewhere */
  targetFor (found: Found, search: string): RuleTarget {
    return this.#destination.with(found, search)
  }
}

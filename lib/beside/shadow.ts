import { AppRoutesOptionError } from '../errors.ts'
import type { HostExchange } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import type { Route, RouteTable } from '../routes/table.ts'
import { onceClosed } from '../web/exchange.ts'
import { pathOf } from '../web/target.ts'
import { captureAnswer, decoded } from './seen-answer.ts'
import { handleCopy } from './shadow-copy.ts'
import { parseShadow, type ParsedShadow, type ShadowOptions } from './shadow-options.ts'
import { compare, maskHeaders, writeDiff, type SeenAnswer, type ShadowReport } from './shadow-report.ts'

/** The shadows of a directory, by route. */
export type Shadows = ReadonlyMap<Route, Shadow>

/**
 * @param given the option, by the paths of folders
 * @param needsOld whether the host has nothing behind the directory, so that there must be old code
 * @throws AppRoutesOptionError
 */
export function createShadows (given: Record<string, ShadowOptions> | undefined, table: RouteTable, needsOld: boolean): Shadows {
  const shadows = new Map<Route, Shadow>()
  for (const [path, options] of Object.entries(given ?? {})) {
    const name = `shadow['${path}']`
    const route = table.routes.find((candidate) => candidate.path === path)
    if (route?.handlers.GET === undefined && route?.handlers.HEAD === undefined) {
      throw new AppRoutesOptionError(`The option \`${name}\` is for no route with GET or HEAD. There are ${table.routes.map((candidate) => candidate.path).join(', ')}.`)
    }
    const parsed = parseShadow(options, name)
    if (parsed.oldCode === undefined && needsOld) throw new AppRoutesOptionError(`The option \`${name}\` needs a \`handler\` or an \`upstream\`, or the server a \`fallback\`: the old code that answers.`)
    shadows.set(route, new Shadow(parsed))
  }
  return shadows
}

/** A route whose old code still answers, while the new handler shows for a sample of the requests what it would. */
class Shadow {
  readonly #options: ParsedShadow

  constructor (options: ParsedShadow) {
    this.#options = options
  }

  close (): Promise<void> {
    return this.#options.oldCode?.close() ?? Promise.resolve()
  }

  /** Takes the place of `handle`. */
  handle (endpoint: Endpoint, exchange: HostExchange, path: string): void {
    if (Math.random() < this.#options.sample) this.#watch(endpoint, exchange, path)
    exchange.passOn([], this.#options.oldCode)
  }

  /** The new handler runs once the old answer is out, so that nobody waits for it. */
  #watch (endpoint: Endpoint, exchange: HostExchange, path: string): void {
    const { lifecycle, logError } = endpoint.mount
    // Old code may change what it has got.
    const headers = { ...exchange.headers }
    const seen = captureAnswer(exchange.res, exchange.presetHeaders())
    onceClosed(exchange.res, (complete) => {
      if (!complete || lifecycle.closing) return
      const done = lifecycle.begin()
      handleCopy({ endpoint, exchange, headers, path, timeout: this.#options.timeout }, (fresh) => {
        if (fresh === undefined) return done()
        decoded(seen()).then((old) => this.#tell(endpoint, exchange, headers, old, fresh)).catch((error: unknown) => {
          logError(exchange, error, 'a shadow report failed')
        }).finally(done)
      })
    })
  }

  #tell ({ route, mount }: Endpoint, exchange: HostExchange, headers: HostExchange['headers'], old: SeenAnswer, fresh: SeenAnswer): void | Promise<void> {
    const { ignored, masked, onDifference } = this.#options
    const differences = compare(old, fresh, ignored, masked)
    if (differences.length === 0) return
    const report: ShadowReport = {
      route: route.path,
      method: exchange.method,
      path: pathOf(exchange.target),
      differences,
      diff: writeDiff(differences),
      requestHeaders: maskHeaders(headers, masked)
    }
    mount.logWarning(exchange, `shadow: ${report.method} ${report.path} (${route.file}) differs from the old answer\n${report.diff}`)
    return onDifference?.(report) as void | Promise<void>
  }
}

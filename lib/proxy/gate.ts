import { BodyTooLargeError } from '../errors.ts'
import { setDefaultAnswer } from '../handle/default-answer.ts'
import { setRequestHeaders } from '../handle/pass-on.ts'
import { canonicalPath, resolvePath } from '../routes/path.ts'
import { isFixed } from '../routes/segments.ts'
import { drainAfterAnswer } from '../web/drain.ts'
import { searchOf } from '../web/target.ts'
import { isAt } from '../web/url.ts'
import { textAnswer } from './answers.ts'
import type { Arrival } from './arrival.ts'
import { Matcher, mayBeBelow } from './matcher.ts'
import type { Origins } from './origins.ts'
import { Passage } from './passage.ts'
import type { Proxy } from './proxy.ts'
import type { ProxyExchange } from './proxy-exchange.ts'
import { readPath, type RewriteRule } from './rule.ts'
import type { Rules } from './rules.ts'
import { forgetTold, tellRequest } from './told-headers.ts'
import type { Verdict } from './verdict.ts'

export interface GateOptions {
  rules: Rules | undefined
  proxy: Proxy | undefined
  origins: Origins
}

const REWRITES = ['beforeFiles', 'afterFiles', 'fallback'] as const
const ALL_BUT_HEADERS = ['redirects', ...REWRITES] as const
const ALL = ['headers', ...ALL_BUT_HEADERS] as const

/** Stands among the later rewrites for the routes that have parameters. */
const ROUTES = 'routes'

/**
 * What stands in front of a directory: its rules and its proxy, in Next.js's order. Headers, redirects, proxy, `beforeFiles`,
 * routes without parameters, `afterFiles`, routes with parameters, `fallback`.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/proxy#execution-order
 */
export class Gate {
  readonly #rules: Rules
  readonly #proxy: Proxy | undefined
  readonly #matcher: Matcher
  /** For routers that let letters differ in case. */
  readonly #anyCaseMatcher: Matcher
  readonly #origins: Origins
  readonly #hasRules: boolean
  readonly #hasRewrites: boolean
  readonly #later: Array<RewriteRule | typeof ROUTES>

  constructor ({ rules = NO_RULES, proxy, origins }: GateOptions) {
    this.#rules = rules
    this.#proxy = proxy
    this.#origins = origins
    this.#matcher = new Matcher(proxy?.file.matchers ?? undefined, false)
    this.#anyCaseMatcher = new Matcher(proxy?.file.matchers ?? undefined, true)
    this.#hasRules = ALL.some((kind) => rules[kind].length > 0)
    this.#hasRewrites = REWRITES.some((kind) => rules[kind].length > 0)
    this.#later = [...rules.afterFiles, ROUTES, ...rules.fallback]
  }

  /** Whether rules or proxy may have something to do with a path that a route file serves; most have not. */
  concerns (path: string, ignoresCase: boolean): boolean {
    return this.#showsToProxy(path, ignoresCase) || (this.#hasRules && this.#isInRules(path, ALL))
  }

  /**
   * Whether a path that no route file has may mean something here.
   * @param showsProxy whether the proxy may look at it
   */
  knows (path: string, showsProxy: boolean): boolean {
    return (showsProxy && this.#showsToProxy(path, true)) || (this.#hasRules && this.#isInRules(path, ALL_BUT_HEADERS))
  }

  #showsToProxy (path: string, ignoresCase: boolean): boolean {
    return this.#proxy !== undefined && (ignoresCase ? this.#anyCaseMatcher : this.#matcher).knows(path)
  }

  #isInRules (path: string, kinds: ReadonlyArray<keyof Rules>): boolean {
    const read = readPath(path)
    return kinds.some((kind) => this.#rules[kind].some((rule) => rule.knows(read)))
  }

  /** The sources of the proxy's matcher that no path below a prefix can match. */
  unreachableBelow (prefix: string): string[] {
    return (this.#proxy?.file.matchers ?? []).map(({ source }) => source).filter((source) => !mayBeBelow(source, prefix))
  }

  close (): Promise<void> {
    return this.#origins.close()
  }

  /** Takes a request that has not been here. */
  enter (arrival: Arrival): void {
    const passage = new Passage(this, arrival)
    this.#guarded(arrival, () => {
      const { headers, redirects } = this.#rules
      if (headers.length > 0 || redirects.length > 0) {
        if (this.#redirects(arrival, passage)) return
        this.#findHeaders(arrival, passage)
      }
      if (this.#isForProxy(arrival, passage)) this.#ask(this.#proxy!, arrival, passage)
      else this.#rewrite(arrival, passage)
    })
  }

  /** Goes on with a request that was routed anew, where nothing is. */
  resume (arrival: Arrival, passage: Passage): void {
    this.#guarded(arrival, () => { this.#rewriteLater(arrival, passage) })
  }

  /** Nothing of what goes wrong here may let a request pass, or leave it without an answer. */
  #guarded (arrival: Arrival, step: () => void): void {
    try {
      step()
    } catch (error) {
      arrival.fail(error)
    }
  }

  /** Like Next.js, leaves out the headers of rules on redirects of rules. */
  #redirects (arrival: Arrival, passage: Passage): boolean {
    const path = readPath(passage.path)
    for (const rule of this.#rules.redirects) {
      const found = rule.match(path, arrival, passage.search)
      if (found === null) continue
      arrival.send(textAnswer(rule.status, rule.locationFor(found, passage.search)))
      return true
    }
    return false
  }

  #findHeaders (arrival: Arrival, passage: Passage): void {
    const path = readPath(passage.path)
    for (const rule of this.#rules.headers) {
      const found = rule.match(path, arrival, passage.search)
      if (found !== null) passage.addHeaders(rule.headersFor(found))
    }
  }

  #isForProxy (arrival: Arrival, { path, search }: Passage): boolean {
    if (this.#proxy === undefined || !arrival.showsProxy) return false
    return (arrival.ignoresCase ? this.#anyCaseMatcher : this.#matcher).matches(path, arrival, search)
  }

  #ask (proxy: Proxy, arrival: Arrival, passage: Passage): void {
    forgetTold(arrival)
    proxy.ask(arrival, {
      decided: (verdict, exchange) => { this.#guarded(arrival, () => { this.#follow(verdict, arrival, passage, exchange) }) },
      failed: (error, exchange) => {
        if (exchange.hasRead) drainAfterAnswer(arrival)
        // The host may wait for the rest of the body, and nobody else reads it.
        exchange.putBodyBack()
        if (!(error instanceof BodyTooLargeError)) setDefaultAnswer(error, FAILED)
        arrival.fail(error, `the proxy failed: ${arrival.method} ${passage.path} (${proxy.file.file})`)
      }
    })
  }

  #follow (verdict: Verdict, arrival: Arrival, passage: Passage, exchange: ProxyExchange): void {
    if (verdict.kind === 'answer') {
      if (exchange.hasRead) drainAfterAnswer(arrival)
      arrival.setHeaders(passage.headers)
      arrival.send(verdict.outgoing)
      return
    }
    exchange.putBodyBack()
    const { to, headers, requestHeaders } = verdict
    if (requestHeaders !== undefined) setRequestHeaders(arrival, requestHeaders)
    passage.addHeaders(headers)
    if (to !== undefined && !isAt(arrival.origin(), to)) return this.#forward(arrival, passage, to)
    tellRequest(arrival, headers)
    if (to !== undefined) {
      passage.path = resolvePath(to.pathname)
      passage.search = to.search
      passage.addHeaders(['x-middleware-rewrite', passage.path + passage.search])
    }
    this.#rewrite(arrival, passage)
  }

  #rewrite (arrival: Arrival, passage: Passage): void {
    // Where nothing can lead elsewhere, nobody needs to know what there is.
    if (!this.#hasRewrites && passage.path === arrival.path) return this.#settle(arrival, passage)
    for (const rule of this.#rules.beforeFiles) if (this.#apply(rule, arrival, passage) === 'left') return
    if (this.#isFile(arrival, passage)) this.#settle(arrival, passage)
    else this.#rewriteLater(arrival, passage)
  }

  #isFile (arrival: Arrival, { path }: Passage): boolean {
    if (path === arrival.path && arrival.hostRoute === 'static') return true
    const route = arrival.routeOf(path)
    return route !== null && isFixed(route.segments)
  }

  #rewriteLater (arrival: Arrival, passage: Passage): void {
    while (passage.step < this.#later.length) {
      const rule = this.#later[passage.step++]!
      const outcome = rule === ROUTES ? 'moved' : this.#apply(rule, arrival, passage)
      if (outcome === 'left') return
      if (outcome === 'moved' && this.#isServed(arrival, passage)) break
    }
    this.#settle(arrival, passage)
  }

  /** What the host has beside our files can only be found out by having it route the request. */
  #isServed (arrival: Arrival, { path }: Passage): boolean {
    return arrival.routeOf(path) !== null || (path === arrival.path ? arrival.hostRoute !== undefined : arrival.mayServe(path))
  }

  #apply (rule: RewriteRule, arrival: Arrival, passage: Passage): 'left' | 'moved' | 'same' {
    const found = rule.match(readPath(passage.path), arrival, passage.search)
    if (found === null) return 'same'
    const { origin, path, search } = rule.targetFor(found, passage.search)
    if (origin !== '') {
      this.#forward(arrival, passage, new URL(origin + path + search))
      return 'left'
    }
    passage.path = path
    passage.search = search
    return 'moved'
  }

  #forward (arrival: Arrival, passage: Passage, to: URL): void {
    const upstream = this.#origins.upstreamFor(to)
    arrival.setHeaders(passage.takeHeaders())
    upstream.answer(arrival.to(to.pathname + to.search))
  }

  /** Nothing more is to be done here: the host has the request where it is, or is to find it. */
  #settle (arrival: Arrival, passage: Passage): void {
    if (passage.path !== arrival.path) passage.path = ownForm(arrival, passage.path)
    const isHere = passage.path === arrival.path && (arrival.hostRoute === undefined || passage.search === searchOf(arrival.target))
    if (isHere) {
      passage.keepHeaders()
      arrival.setHeaders(passage.takeHeaders())
      arrival.proceed(passage)
    } else {
      passage.reroute()
      arrival.reroute(passage)
    }
  }
}

/**
 * The path of a rewrite with the slash at its end that its route file has: the client is not to be redirected to it. All that is
 * not ours gets it as it was written.
 */
function ownForm (arrival: Arrival, path: string): string {
  return arrival.routeOf(path) === null ? path : canonicalPath(path, arrival.slashRedirects) ?? path
}

const NO_RULES: Rules = { headers: [], redirects: [], beforeFiles: [], afterFiles: [], fallback: [] }

/** As Next.js 16 words it. */
const FAILED = { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' }

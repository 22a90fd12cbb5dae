import FindMyWay from 'find-my-way'
import type { FolderPlugin } from './folder-plugins.ts'
import type { SegmentConfig } from './segment-config.ts'
import { PathIndex } from './overlap.ts'
import type { EntryKind } from './scan.ts'
import { asRouted, asSpelled } from './path.ts'
import { formatSegment, isFixed, type Segment } from './segments.ts'

/** The verbs that a route file may export. */
export const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH'] as const
export type Method = typeof METHODS[number]

// What a user exports is checked to be a function and no more.
export type Handler = (request: never, context: never) => unknown

/** One route file, loaded. */
export interface Route {
  /** What it is the route of: a `route` file, a `metadata` file, or a file of `pages/api`. */
  kind: EntryKind
  /** Relative to the app directory. */
  file: string
  /** The URL path in folder spelling: `/blog/[slug]`. */
  path: string
  segments: Segment[]
  /** The exported verbs, and HEAD where GET stands in for it. */
  handlers: Partial<Record<Method, Handler>>
  /** What automatic OPTIONS and 405 answers name: sorted, as Next.js sorts it. */
  allow: string
  /** Whether its handlers may ask for the context of their request. */
  needsContext: boolean
  config: SegmentConfig
  /** The innermost `fastify.ts` around it. */
  plugin: FolderPlugin | undefined
  /** Whether hooks or constraints of its own decide about requests to it: no automatic answer may go round them. */
  isGuarded: boolean
}

/** With one of these in its file, nothing is kept of a route that does not ask for it, as in Next.js. */
const NOT_FOR_READING = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const

/** Whether a route has no verbs but GET and HEAD. */
export const isForReading = ({ handlers }: Pick<Route, 'handlers'>): boolean => NOT_FOR_READING.every((method) => handlers[method] === undefined)

export interface RouterOptions {
  caseSensitive?: boolean
  ignoreTrailingSlash?: boolean
  ignoreDuplicateSlashes?: boolean
  useSemicolonDelimiter?: boolean
  /** Characters of a parameter; a longer one is passed over. */
  maxParamLength?: number
}

/** All routes of an app directory, most specific first, and which of them a path belongs to. */
export class RouteTable {
  readonly routes: Route[]
  /** The `fastify.ts` files, outer ones first. */
  readonly plugins: FolderPlugin[]
  readonly #options: RouterOptions
  /** Routes that a router may take for others': escapes or markers are part of their names. */
  readonly #odd: Set<Route>
  readonly #routerPaths = new Map<Route, string[]>()
  /** For each verb the paths of the files that lack it. */
  readonly #lacking = new Map<Method, PathIndex>()
  #router: FindMyWay.Instance<FindMyWay.HTTPVersion.V1> | undefined

  constructor (routes: Route[], options: RouterOptions = {}, plugins: FolderPlugin[] = []) {
    this.plugins = plugins
    this.routes = [...routes].sort((a, b) => compareSegments(a.segments, b.segments))
    this.#options = options
    this.#odd = new Set(routes.filter(({ segments }) => segments.some((segment) => segment.kind === 'static' ? segment.value.includes('%') : segment.kind === 'dynamic' && segment.prefix !== '')))
  }

  /**
   * The route that a path belongs to, whatever the method; Next.js chooses the file first and looks at its verbs then.
   * @param path as the client sent it
   */
  match (path: string): Route | null {
    this.#router ??= this.#buildRouter()
    // find-my-way decodes what it looks up, so that escaped escapes are compared as they were sent.
    const found = this.#router.find('GET', asSpelled(path).replaceAll('%', '%25'))
    if (found === null) return null
    const route = found.store as Route
    // find-my-way lets a wildcard match an empty rest; [...rest] needs at least one segment.
    if (found.params['*'] === '' && route.segments.at(-1)?.kind === 'catch-all') return null
    return this.isSpelled(route, path) ? route : null
  }

  /**
   * Whether a path that a router has given to a route belongs to it by Next.js's rules, too: static folders spelled as
   * they are called, and no parameter empty. Routers compare decoded paths, so that `/%61dmin` gets to `/admin`, past
   * hooks that guard the path.
   * @param prefix the mount prefix that the path begins with
   */
  isSpelled (route: Route, path: string, prefix = ''): boolean {
    // A wildcard takes the target of OPTIONS *, too.
    if (!path.startsWith('/')) return false
    if (!path.includes('%') && !path.endsWith('/') && !this.#odd.has(route)) return true
    const { caseSensitive = true } = this.#options
    const spelled = (text: string): string => caseSensitive ? asSpelled(text) : asSpelled(text).toLowerCase()
    const parts = path.split('/').slice(1)
    const mounted = prefix.split('/').slice(1)
    return mounted.every((folder, index) => /[:*]/.test(folder) || spelled(folder) === spelled(parts[index]!)) &&
      route.segments.every((segment, index) => {
        const part = parts[mounted.length + index] ?? ''
        if (segment.kind === 'static') return spelled(segment.value) === spelled(part)
        return segment.kind !== 'dynamic' || (part.startsWith(segment.prefix) && part.length > segment.prefix.length)
      })
  }

  /** Whether escapes or markers are part of a route's path, so that even an ordinary path may not be its own. */
  isOdd (route: Route): boolean {
    return this.#odd.has(route)
  }

  /** The paths of a route as the host's router spells them. */
  routerPaths (route: Route): string[] {
    let paths = this.#routerPaths.get(route)
    if (paths === undefined) this.#routerPaths.set(route, paths = this.#paths(route, asRouted))
    return paths
  }

  #paths (route: Route, spell: (folder: string) => string): string[] {
    const [bare, ...rest] = routerPaths(route.segments, spell)
    // 15 lets an optional catch-all stand beside a route of its own root, which answers there.
    const hasOwnRoot = rest.length > 0 && this.routes.some(({ segments }) => segments.at(-1)?.kind !== 'optional-catch-all' && routerPaths(segments, spell)[0] === bare)
    return hasOwnRoot ? rest : [bare!, ...rest]
  }

  /**
   * Whether a host that routes each method by itself could send a path of a more specific file to this one,
   * because that file lacks the verb: there Next.js answers 405. Files with constraints are not for every request.
   */
  isShadowed (route: Route, method: Method): boolean {
    if (isFixed(route.segments)) return false
    let lacking = this.#lacking.get(method)
    if (lacking === undefined) {
      this.#lacking.set(method, lacking = new PathIndex())
      for (const { handlers, config, segments } of this.routes) if (handlers[method] === undefined && config.host?.constraints === undefined) lacking.add(segments)
    }
    return lacking.overlaps(route.segments)
  }

  #buildRouter (): FindMyWay.Instance<FindMyWay.HTTPVersion.V1> {
    const router = FindMyWay<FindMyWay.HTTPVersion.V1>({ ...this.#options, maxParamLength: Number.MAX_SAFE_INTEGER })
    for (const route of this.routes) {
      for (const path of this.#paths(route, asSpelled)) router.on('GET', path, noop, route)
    }
    return router
  }
}

const noop = (): void => {}

/** In find-my-way's (and so Fastify's) spelling; an optional catch-all has two. */
function routerPaths (segments: Segment[], spell: (folder: string) => string): string[] {
  let path = ''
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === 'static') path += '/' + spell(segment.value).replaceAll(':', '::')
    // Parameters are read from the raw path, so the name is for people's eyes (printRoutes) only.
    else if (segment.kind === 'dynamic') path += `/${segment.prefix}:${/^\w+$/.test(segment.name) ? segment.name : `p${index}`}`
    else if (segment.kind === 'catch-all') return [path + '/*']
    else return [path === '' ? '/' : path, path + '/*']
  }
  return [path === '' ? '/' : path]
}

const RANK: Record<Segment['kind'], number> = { static: 0, dynamic: 1, 'catch-all': 2, 'optional-catch-all': 3 }

function compareSegments (a: Segment[], b: Segment[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const rank = RANK[a[index]!.kind] - RANK[b[index]!.kind]
    if (rank !== 0) return rank
    const [x, y] = [formatSegment(a[index]!), formatSegment(b[index]!)]
    if (x !== y) return x < y ? -1 : 1
  }
  return a.length - b.length
}

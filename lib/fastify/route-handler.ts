import type { FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify'
import type { Shadows } from '../beside/shadow.ts'
import { LongParamError } from '../errors.ts'
import type { Mount } from '../handle/context.ts'
import { Endpoint } from '../handle/endpoint.ts'
import { handle } from '../handle/handle.ts'
import type { StaticRoutes } from '../handle/static-routes.ts'
import { redirectTo, withoutHandler, withoutTrailingSlash } from '../handle/unhandled.ts'
import type { Gate } from '../proxy/gate.ts'
import { passageOf, type Passage } from '../proxy/passage.ts'
import { cutPrefix } from '../routes/path.ts'
import type { Method, Route, RouterOptions, RouteTable } from '../routes/table.ts'
import { withoutBasePath } from '../web/target.ts'
import { FastifyExchange, giveToOthers } from './exchange.ts'
import { canonicalRouted, routedPath, routedSearch, routedTarget } from './read-path.ts'
import { sendAutomatic } from './send.ts'

/** One directory in one server. */
export interface FastifyMount extends Mount {
  table: RouteTable
  /** What its routes have in their config. */
  ownRoutes: WeakSet<object>
  router: RouterOptions
  /** Gives the path of an ordinary target right away, and null for others. */
  readOrdinary: (target: string) => string | null
  shadows: Shadows
  /** Once the prefix is known. */
  statics?: StaticRoutes
  /** What stands in front of the directory, if there is anything. */
  gate: Gate | undefined
  /** Whether that looks at the host's own routes, too. */
  isForHost: boolean
  /** Whether each path is served with a slash at its end as well. */
  servesBothSlashes: boolean
}

/** Whether letters may differ in case from what guards are for: most old code does not mind. */
export const ignoresCase = ({ router, oldCode }: FastifyMount): boolean => router.caseSensitive === false || oldCode !== undefined

const withOddType = new WeakMap<FastifyRequest, string>()
const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/

/** Fastify refuses malformed content types with 415 before any parser sees them; route handlers may look at them. */
export const acceptAnyContentType: preParsingHookHandler = (request, _reply, payload, done) => {
  const type = request.headers['content-type']
  if (type !== undefined && !MEDIA_TYPE.test(type)) {
    withOddType.set(request, type)
    setContentType(request, undefined)
  }
  done(null, payload)
}

function setContentType (request: FastifyRequest, type: string | undefined): void {
  const { headers } = request.raw
  if (type === undefined) delete headers['content-type']
  else headers['content-type'] = type
  // A hook has put headers of its own above these.
  if (request.headers['content-type'] !== type) request.headers = { ...request.headers, 'content-type': type }
}

function giveBackOddType (request: FastifyRequest): void {
  if (request.raw.headers['content-type'] !== undefined) return
  const odd = withOddType.get(request)
  if (odd !== undefined) setContentType(request, odd)
}

/** Everything that does not change from request to request is settled here, once for each route. */
export function routeHandler (route: Route, method: Method, mount: FastifyMount, prefix: string): (request: FastifyRequest, reply: FastifyReply) => void {
  const { table, gate } = mount
  const endpoint = new Endpoint(mount, route, method, prefix)
  const answering = endpoint.takesBody ? undefined : mount.statics?.get(route)
  const shadow = endpoint.takesBody ? undefined : mount.shadows.get(route)
  const shadowed = table.isShadowed(route, method)
  const last = route.segments.at(-1)?.kind
  const needsRest = last === 'catch-all'
  // What has a longer parameter for another file comes to a catch-all.
  const mostCharacters = needsRest || last === 'optional-catch-all' ? mount.router.maxParamLength! : Infinity
  const readPath = pathReader(route, mount, prefix)
  const targetFor = targetReader(mount)

  return (request, reply) => {
    const path = readPath(request, reply)
    if (path === null) return
    if (needsRest && (request.params as { '*'?: string })['*'] === '') return giveToOthers(request, reply, mount, prefix, mount.oldCode)
    if (shadowed || path.length > mostCharacters) {
      const owner = table.match(withoutTrailingSlash(cutPrefix(path, prefix) ?? path))
      if (owner !== null && owner !== route && owner.config.host?.constraints === undefined) return answerForOwner(owner, method, request, reply)
    }
    if (endpoint.takesBody) giveBackOddType(request)
    const passage = gate === undefined ? undefined : passageOf(request.raw, gate)
    const exchange = new FastifyExchange(endpoint, request, reply, targetFor(request.url, passage), passage)
    if (answering !== undefined) answering.handle(endpoint, exchange, path)
    else if (shadow === undefined) handle(endpoint, exchange, path)
    else shadow.handle(endpoint, exchange, path)
  }
}

/** Answers for the file that a path belongs to, where Fastify's router has passed it over. */
function answerForOwner (owner: Route, method: Method, request: FastifyRequest, reply: FastifyReply): void {
  // It has the verb, so a parameter must have been too long.
  if (owner.handlers[method] !== undefined) reply.send(new LongParamError(request.url))
  else if (owner.isGuarded) reply.callNotFound()
  else sendAutomatic(reply, withoutHandler(owner.allow, method))
}

/** What handlers are told that was asked for: what the client sent, whatever path it was rewritten to. */
function targetReader ({ router, basePath }: FastifyMount): (url: string, passage: Passage | undefined) => string {
  return (url, passage) => {
    const target = passage?.isRerouted === true ? passage.target : routedTarget(url, router)
    return basePath === '' ? target : withoutBasePath(target, basePath)
  }
}

/**
 * Reads the path that a request was routed by. Where another form of it is the canonical one, or where it is not the
 * route's by Next.js's rules, the request is answered and there is none.
 */
function pathReader (route: Route, mount: FastifyMount, prefix: string): (request: FastifyRequest, reply: FastifyReply) => string | null {
  const { table, router, slashRedirects } = mount
  const readOrdinary = table.isOdd(route) ? () => null : mount.readOrdinary

  return (request, reply) => {
    const { url } = request
    const ordinary = readOrdinary(url)
    if (ordinary !== null) return ordinary
    const path = routedPath(url, router)
    const canonical = canonicalRouted(path, slashRedirects, router)
    if (canonical !== null) sendAutomatic(reply, redirectTo(canonical, routedSearch(url, router)))
    else if (!table.isSpelled(route, path, prefix)) giveToOthers(request, reply, mount, prefix, mount.oldCode)
    else return path
    return null
  }
}

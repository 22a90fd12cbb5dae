import type { FastifyReply, FastifyRequest, preParsingHookHandler } from 'fastify'
import type { Shadows } from '../beside/shadow.ts'
import type { Mount } from '../handle/context.ts'
import { Endpoint } from '../handle/endpoint.ts'
import { handle } from '../handle/handle.ts'
import type { StaticRoutes } from '../handle/static-routes.ts'
import { redirectTo, withoutHandler } from '../handle/unhandled.ts'
import { canonicalPath, cutPrefix, endOfOrdinaryPath } from '../routes/path.ts'
import type { Method, Route, RouterOptions, RouteTable } from '../routes/table.ts'
import { searchOf } from '../web/target.ts'
import { routedPath } from './automatic.ts'
import { FastifyExchange } from './exchange.ts'
import { sendAutomatic } from './send.ts'

/** One directory in one server. */
export interface FastifyMount extends Mount {
  table: RouteTable
  router: RouterOptions
  shadows: Shadows
  /** Once the prefix is known. */
  statics?: StaticRoutes
}

/** How many segments of a path belong to a mount prefix. */
export const segmentsOf = (prefix: string): number => prefix === '' ? 0 : prefix.split('/').length - 1

const withOddType = new WeakMap<FastifyRequest, string>()
const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/

/** Fastify refuses malformed content types with 415 before any parser sees them; route handlers may look at them. */
export const acceptAnyContentType: preParsingHookHandler = (request, _reply, payload, done) => {
  const type = request.raw.headers['content-type']
  if (type !== undefined && !MEDIA_TYPE.test(type)) {
    withOddType.set(request, type)
    delete request.raw.headers['content-type']
  }
  done(null, payload)
}

function giveBackOddType (request: FastifyRequest): void {
  if (request.raw.headers['content-type'] !== undefined) return
  const odd = withOddType.get(request)
  if (odd !== undefined) request.raw.headers['content-type'] = odd
}

/** Everything that does not change from request to request is settled here, once for each route. */
export function routeHandler (route: Route, method: Method, mount: FastifyMount, prefix: string): (request: FastifyRequest, reply: FastifyReply) => void {
  const { table } = mount
  const endpoint = new Endpoint(mount, route, method, prefix)
  const answering = endpoint.takesBody ? undefined : mount.statics?.get(route)
  const shadow = endpoint.takesBody ? undefined : mount.shadows.get(route)
  const shadowed = table.isShadowed(route, method)
  const needsRest = route.segments.at(-1)?.kind === 'catch-all'
  const readPath = pathReader(route, mount, prefix)

  return (request, reply) => {
    const path = readPath(request, reply)
    if (path === null) return
    if (needsRest && (request.params as { '*'?: string })['*'] === '') return reply.callNotFound()
    if (shadowed) {
      const owner = table.match(cutPrefix(path, prefix) ?? path)
      if (owner !== null && owner !== route && owner.config.host?.constraints === undefined) return owner.isGuarded ? reply.callNotFound() : sendAutomatic(reply, withoutHandler(owner.allow, method))
    }
    if (endpoint.takesBody) giveBackOddType(request)
    const exchange = new FastifyExchange(endpoint, request, reply, mount.router.ignoreDuplicateSlashes === true ? path + searchOf(request.url) : request.url)
    if (answering !== undefined) answering.handle(endpoint, exchange, path)
    else if (shadow === undefined) handle(endpoint, exchange, path)
    else shadow.handle(endpoint, exchange, path)
  }
}

/**
 * Reads the path that a request was routed by. Where another form of it is the canonical one, or where it is not the
 * route's by Next.js's rules, the request is answered and there is none.
 */
function pathReader (route: Route, { table, router, trailingSlash }: FastifyMount, prefix: string): (request: FastifyRequest, reply: FastifyReply) => string | null {
  const duplicateSlashes = router.ignoreDuplicateSlashes === true ? 'keep' : 'redirect'
  const needsCare = trailingSlash === true || duplicateSlashes === 'keep' || router.useSemicolonDelimiter === true || table.isOdd(route)

  return ({ url }, reply) => {
    const end = needsCare ? -1 : endOfOrdinaryPath(url)
    if (end !== -1) return end === url.length ? url : url.slice(0, end)
    const path = routedPath(url, router)
    const canonical = canonicalPath(path, trailingSlash, duplicateSlashes)
    if (canonical !== null) sendAutomatic(reply, redirectTo(canonical, searchOf(url)))
    else if (!table.isSpelled(route, path, prefix)) reply.callNotFound()
    else return path
    return null
  }
}

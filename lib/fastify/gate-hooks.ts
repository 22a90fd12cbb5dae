import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { BadPathError } from '../errors.ts'
import { redirectTo } from '../handle/unhandled.ts'
import type { Gate } from '../proxy/gate.ts'
import { passageOf, takeHeadersOfGates, wasRerouted } from '../proxy/passage.ts'
import { cutPrefix } from '../routes/path.ts'
import { isAmbiguous } from '../web/target.ts'
import { FastifyArrival } from './arrival.ts'
import { canonicalRouted, routedPath, routedSearch } from './read-path.ts'
import { bodyOf } from './request.ts'
import { ignoresCase, type FastifyMount } from './route-handler.ts'
import { addReplyHeaders, sendAutomatic } from './send.ts'

/** Gives the headers of gates to the new reply of a request that was routed anew. */
export function addGateHeaders (request: FastifyRequest, reply: FastifyReply): void {
  if (wasRerouted(request.raw)) addReplyHeaders(reply, takeHeadersOfGates(request.raw))
}

/**
 * Has requests for the routes of a scope, and of those inside it, pass the gate: behind the hooks of the scopes around it, in
 * front of its own.
 */
export function guardRoutes (scope: FastifyInstance, mount: FastifyMount, gate: Gate, prefix: string): void {
  const anyCase = ignoresCase(mount)
  scope.addHook('onRequest', (request, reply, done) => {
    if (passageOf(request.raw, gate) !== undefined) return done()
    const path = mount.readOrdinary(request.url) ?? readMatched(mount, request, reply, done)
    if (path === null) return
    if (!gate.concerns(path, anyCase)) return done()
    gate.enter(new FastifyArrival(request, reply, { mount, prefix, path, hostRoute: undefined, showsProxy: true, body: () => bodyOf(request), proceed: done }))
  })
}

/** Has all requests that the server has a route for pass the gate. */
export function guardHost (root: FastifyInstance, mount: FastifyMount, gate: Gate, prefix: string): void {
  const anyCase = ignoresCase(mount)
  root.addHook('onRequest', (request, reply, done) => {
    if (request.is404 || passageOf(request.raw, gate) !== undefined) return done()
    const path = readMatched(mount, request, reply, done)
    if (path === null) return
    if (!gate.concerns(path, anyCase)) return done()
    const hostRoute = isOwn(mount, request) ? undefined : /[:*]/.test(request.routeOptions.url ?? '') ? 'dynamic' : 'static'
    gate.enter(new FastifyArrival(request, reply, { mount, prefix, path, hostRoute, showsProxy: true, body: () => bodyOf(request), proceed: done }))
  })
}

/** Whether a route file of the directory is to answer. */
function isOwn ({ ownRoutes }: FastifyMount, { routeOptions }: FastifyRequest): boolean {
  const { appRoute } = routeOptions.config
  return appRoute !== undefined && ownRoutes.has(appRoute)
}

/**
 * The path of a request that has matched a route. Where another form of it is the canonical one there is none: its own
 * routes redirect by themselves, for others it is done here. What the gate does not see must not get to a handler.
 */
function readMatched (mount: FastifyMount, request: FastifyRequest, reply: FastifyReply, done: () => void): string | null {
  const { router, slashRedirects } = mount
  const path = routedPath(request.url, router)
  const redirectsItself = isOwn(mount, request)
  const canonical = canonicalRouted(path, redirectsItself ? slashRedirects : 'ignore', router)
  // A router may take what is no path for one.
  if (!path.startsWith('/')) reply.send(new BadPathError(path))
  else if (canonical === null) return path
  else if (redirectsItself) done()
  else sendAutomatic(reply, redirectTo(canonical, routedSearch(request.url, mount.router)))
  return null
}

/** Has a request that nothing of the server matches pass the gate of one directory, and then go on. */
export function passGate (mount: FastifyMount & { prefix: string }, gate: Gate, request: FastifyRequest, reply: FastifyReply, payload: Readable, proceed: () => void): void {
  const { router, slashRedirects, isForHost, prefix } = mount
  const path = routedPath(request.url, router)
  if (request.url === '*') return proceed()
  if (isAmbiguous(request.url, path)) {
    reply.send(new BadPathError(path))
    return
  }
  const showsProxy = isForHost || cutPrefix(path, prefix) !== null
  const passage = passageOf(request.raw, gate)
  // To where a rewrite leads nobody is redirected.
  const canonical = passage?.isRerouted === true ? null : canonicalRouted(path, slashRedirects, router)
  if (canonical !== null) {
    if (gate.knows(canonical, showsProxy)) sendAutomatic(reply, redirectTo(canonical, routedSearch(request.url, mount.router)))
    else proceed()
    return
  }
  const arrival = new FastifyArrival(request, reply, { mount, prefix, path, hostRoute: undefined, showsProxy, body: () => payload, proceed })
  if (passage === undefined) gate.enter(arrival)
  else if (passage.isRerouted) gate.resume(arrival, passage)
  else proceed()
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { BadPathError } from '../errors.ts'
import { redirectTo } from '../handle/unhandled.ts'
import type { Gate } from '../proxy/gate.ts'
import { headersOfGates, passageOf, wasRerouted } from '../proxy/passage.ts'
import { cutPrefix } from '../routes/path.ts'
import { searchOf } from '../web/target.ts'
import { FastifyArrival } from './arrival.ts'
import { bodyOf } from './exchange.ts'
import { canonicalRouted, ordinaryReader, routedPath } from './read-path.ts'
import type { FastifyMount } from './route-handler.ts'
import { addReplyHeaders, sendAutomatic } from './send.ts'

/** Gives the headers of gates to the new reply of a request that was routed anew. */
export function addGateHeaders (request: FastifyRequest, reply: FastifyReply): void {
  if (wasRerouted(request.raw)) addReplyHeaders(reply, headersOfGates(request.raw))
}

/**
 * Has requests for the routes of a scope, and of those inside it, pass the gate: behind the hooks of the scopes around it, in
 * front of its own.
 */
export function guardRoutes (scope: FastifyInstance, mount: FastifyMount, gate: Gate, prefix: string): void {
  const { router, slashRedirects } = mount
  const readOrdinary = ordinaryReader(slashRedirects, router)
  const ignoresCase = router.caseSensitive === false
  scope.addHook('onRequest', (request, reply, done) => {
    if (passageOf(request.raw, gate) !== undefined) return done()
    let path = readOrdinary(request.url)
    if (path === null) {
      path = routedPath(request.url, router)
      // The route itself redirects it.
      if (canonicalRouted(path, slashRedirects, router) !== null) return done()
    }
    if (!gate.concerns(path, ignoresCase)) return done()
    gate.enter(new FastifyArrival(request, reply, { mount, prefix, path, hostRoute: undefined, showsProxy: true, body: () => bodyOf(request), proceed: done }))
  })
}

/** Has all requests that the server has a route for pass the gate. */
export function guardHost (root: FastifyInstance, mount: FastifyMount, gate: Gate, prefix: string): void {
  const { router, slashRedirects } = mount
  root.addHook('onRequest', (request, reply, done) => {
    if (request.is404 || passageOf(request.raw, gate) !== undefined) return done()
    const path = routedPath(request.url, router)
    // A router may take what is no path for one.
    if (!path.startsWith('/')) return reply.send(new BadPathError(path))
    const isOurs = request.routeOptions.config.appRoute !== undefined
    const canonical = canonicalRouted(path, isOurs ? slashRedirects : 'ignore', router)
    // Routes of ours redirect by themselves.
    if (canonical !== null) return isOurs ? done() : sendAutomatic(reply, redirectTo(canonical, searchOf(request.url)))
    const hostRoute = isOurs ? undefined : /[:*]/.test(request.routeOptions.url ?? '') ? 'dynamic' : 'static'
    gate.enter(new FastifyArrival(request, reply, { mount, prefix, path, hostRoute, showsProxy: true, body: () => bodyOf(request), proceed: done }))
  })
}

/** Has a request that nothing of the server matches pass the gate of one directory, and then go on. */
export function passGate (mount: FastifyMount & { prefix: string }, gate: Gate, request: FastifyRequest, reply: FastifyReply, payload: Readable, proceed: () => void): void {
  const { router, slashRedirects, isForHost, prefix } = mount
  const path = routedPath(request.url, router)
  if (!path.startsWith('/')) return proceed()
  const showsProxy = isForHost || cutPrefix(path, prefix) !== null
  const canonical = canonicalRouted(path, slashRedirects, router)
  if (canonical !== null) {
    if (gate.knows(canonical, showsProxy)) sendAutomatic(reply, redirectTo(canonical, searchOf(request.url)))
    else proceed()
    return
  }
  const arrival = new FastifyArrival(request, reply, { mount, prefix, path, hostRoute: undefined, showsProxy, body: () => payload, proceed })
  const passage = passageOf(request.raw, gate)
  if (passage === undefined) gate.enter(arrival)
  else if (passage.isRerouted) gate.resume(arrival, passage)
  else proceed()
}

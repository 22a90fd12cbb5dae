import { BadPathError } from '../errors.ts'
import { handle } from '../handle/handle.ts'
import { answerUnhandled, redirectTo, withoutTrailingSlash, type AutomaticAnswer } from '../handle/unhandled.ts'
import type { Gate } from '../proxy/gate.ts'
import type { Passage } from '../proxy/passage.ts'
import { canonicalPath, leadsOut } from '../routes/path.ts'
import type { Method } from '../routes/table.ts'
import { onceClosed } from '../web/exchange.ts'
import { sendToNode } from '../web/send.ts'
import { isAmbiguous, pathOf, searchOf, withoutBasePath } from '../web/target.ts'
import { ExpressArrival } from './arrival.ts'
import { ExpressExchange } from './exchange.ts'
import { hasTheRest, ignoresCase, ownPath, type Asked, type ExpressMount, type Host } from './mount.ts'
import { ExpressPassed } from './passed.ts'
import { fullTarget, withoutExtraSlashes, type ConnectResponse } from './request.ts'

export function dispatch (mount: ExpressMount, host: Host): void {
  const target = fullTarget(host.req)
  const path = pathOf(target)
  const below = pathOf(host.req.url!)
  const mountPath = withoutExtraSlashes(path.endsWith(below) ? path.slice(0, path.length - below.length) : path)
  const asked = { target, path, own: mount.basePath === '' ? below : ownPath(mount, path, mountPath) }
  const { gate } = mount
  if (gate === undefined || target === '*') deliver(mount, host, asked, mountPath, undefined)
  else if (isAmbiguous(target, below)) host.next(new BadPathError(path))
  else if (host.req.baseUrl === undefined && mount.basePath === '' && isMissed(gate, path, below)) passGate(mount, gate, host, { target: host.req.url!, path: below, own: below }, '')
  else passGate(mount, gate, host, asked, mountPath)
}

/**
 * Connect does not tell whether what is missing in front of a path is a mount path, or was cut off by a middleware: the gate is
 * to see what the routes see at least.
 */
function isMissed (gate: Gate, path: string, below: string): boolean {
  return path !== below && !gate.concerns(path, true) && gate.concerns(below, true)
}

function passGate (mount: ExpressMount, gate: Gate, host: Host, asked: Asked, mountPath: string): void {
  const { target, path } = asked
  const pass = (to: Asked, passage: Passage | undefined): void => { deliver(mount, host, to, mountPath, passage) }
  const canonical = canonicalPath(path, mount.slashRedirects)
  if (canonical === null) {
    if (gate.concerns(path, ignoresCase(mount, mountPath))) gate.enter(new ExpressArrival(mount, host, asked, mountPath, pass))
    else pass(asked, undefined)
    return
  }
  const redirects = mount.unhandledMethod === 'answer'
  const isKnown = gate.knows(canonical, hasTheRest(mount, host))
  // What the host or the old code would resolve by itself, no guard must miss.
  const mustResolve = mount.isForHost || (isKnown && !redirects && mount.oldCode !== undefined)
  const unresolved = mustResolve ? canonicalPath(path, 'ignore') : null
  if (unresolved !== null || (isKnown && redirects)) sendAutomatic(host.res, redirectTo(unresolved ?? canonical, searchOf(target)))
  else if (isKnown) gate.enter(new ExpressArrival(mount, host, asked, mountPath, pass))
  else pass(asked, undefined)
}

/** Gives a request to the handler that it is for, or to what the host has besides. */
function deliver (mount: ExpressMount, host: Host, { target, path, own }: Asked, mountPath: string, passage: Passage | undefined): void {
  const { table, slashRedirects, oldCode, shadows } = mount
  const { req, res, next } = host
  const route = own === null || canonicalPath(path, slashRedirects) !== null ? null : table.match(withoutTrailingSlash(own))
  const endpoint = route === null ? undefined : mount.endpoints.get(route)![req.method as Method]
  if (endpoint === undefined) {
    const prefix = mount.basePath === '' ? mountPath : mount.basePath
    const automatic = mount.unhandledMethod === 'answer' ? answerUnhandled(mount, path, searchOf(target), prefix, req.method!) : null
    if (automatic !== null) sendAutomatic(res, automatic)
    else if (oldCode === undefined || own === null || leadsOut(own)) next()
    else oldCode.answer(new ExpressPassed(req, res, target, mount.lifecycle, next))
    return
  }
  onceClosed(res, mount.lifecycle.begin())
  const asked = passage?.isRerouted === true ? passage.target : target
  const exchange = new ExpressExchange(endpoint, req, res, mount.basePath === '' ? asked : withoutBasePath(asked, mount.basePath), next, passage)
  const answering = endpoint.takesBody ? undefined : mount.statics?.get(endpoint.route)
  if (answering !== undefined) {
    mount.port = req.socket.localPort
    const cut = mount.basePath === '' ? mountPath : ''
    if (mount.mountPath === undefined) settleMountPath(mount, cut)
    answering.handle(endpoint, exchange, own!, cut)
    return
  }
  const shadow = shadows.size === 0 || endpoint.takesBody ? undefined : shadows.get(endpoint.route)
  if (shadow === undefined) handle(endpoint, exchange, own!)
  else shadow.handle(endpoint, exchange, own!)
}

/** Express does not tell where it mounts a function: what was made ahead may have been made for another path. */
function settleMountPath (mount: ExpressMount, mountPath: string): void {
  mount.mountPath = mountPath
  if (mountPath !== '' && mount.prerender !== 'lazy') void mount.statics!.prerenderBehind(mountPath)
}

function sendAutomatic (res: ConnectResponse, { status, headers, body }: AutomaticAnswer): void {
  sendToNode(res, { status, statusText: '', headers: Object.entries(headers).flat(), body }, () => {})
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { isWebSocket, responseOn, serveWithoutUpgrade, unlessTaken } from '../beside/upgrade.ts'
import type { OldCode } from '../handle/passed-request.ts'
import { answerUnhandled, withoutTrailingSlash } from '../handle/unhandled.ts'
import { wasRerouted } from '../proxy/passage.ts'
import { asRouted, cutPrefix, leadsOut } from '../routes/path.ts'
import { addGateHeaders, passGate } from './gate-hooks.ts'
import { FastifyPassed } from './passed.ts'
import { routedPath, routedSearch } from './read-path.ts'
import type { FastifyMount } from './route-handler.ts'
import { sendAutomatic } from './send.ts'

/** A directory with its prefix. Its old code gets what nothing of the server's matches below that. */
type Mounted = FastifyMount & { prefix: string }

const mountedBelow = new WeakMap<object, Mounted[]>()

/**
 * Gives OPTIONS, 405 and slash redirects for paths of ours, and all other requests to the `fallback`, where nothing of the
 * host's matches: routes for them would clash with the host's later ones and steal from its wildcards. Requests that nothing
 * matches belong to whichever instance has the 404 handler, mostly the root, so the hook is put there; one hook serves all
 * directories.
 */
export function answerWhatNobodyHandles (root: FastifyInstance, mounted: Mounted): void {
  const others = mountedBelow.get(root)
  if (others !== undefined) {
    others.push(mounted)
    return
  }
  const all = [mounted]
  mountedBelow.set(root, all)
  // After the last onRequest hook, which may set headers (CORS), and before any body is parsed.
  root.addHook('preParsing', (request, reply, payload, done) => {
    addGateHeaders(request, reply)
    if (!request.is404) return done(null, payload)
    passGates(all, request, reply, payload as Readable, () => {
      if (sendAnswer(all, request, reply)) return
      const mount = mountFor(all, request)
      const nothing = (): void => {
        // Who is told that there is nothing asked for another path.
        if (wasRerouted(request.raw)) request.raw.url = request.originalUrl
        done(null, payload)
      }
      if (mount === undefined) nothing()
      else mount.oldCode!.answer(new FastifyPassed(request, reply, mount.lifecycle, () => payload as Readable, nothing))
    })
  })
}

/** One after the other: each may answer, or send the request elsewhere. */
function passGates ([mount, ...others]: Mounted[], request: FastifyRequest, reply: FastifyReply, payload: Readable, proceed: () => void): void {
  if (mount === undefined) return proceed()
  const goOn = (): void => { passGates(others, request, reply, payload, proceed) }
  if (mount.gate === undefined) goOn()
  else passGate(mount, mount.gate, request, reply, payload, goOn)
}

function sendAnswer (all: Mounted[], request: FastifyRequest, reply: FastifyReply): boolean {
  for (const mount of all) {
    const path = routedPath(request.url, mount.router)
    const automatic = answerUnhandled(mount, path, routedSearch(request.url, mount.router), mount.prefix, request.method)
    if (automatic !== null && (automatic.status === 308 || !isMistaken(mount, path))) {
      sendAutomatic(reply, automatic)
      return true
    }
  }
  return false
}

/**
 * Whether the server's router, which compares decoded paths, takes a path for another route's: `/%62log` for that of `/blog`, which
 * it is not. Then other verbs are 404 as well.
 */
function isMistaken ({ table, prefix }: Mounted, path: string): boolean {
  const own = path.includes('%') ? cutPrefix(path, prefix) : null
  return own !== null && table.match(withoutTrailingSlash(own)) !== table.match(withoutTrailingSlash(asRouted(own)))
}

/** Of several that have old code the one with the longest prefix. */
function mountFor (all: Mounted[], { url }: FastifyRequest): Mounted | undefined {
  let found: Mounted | undefined
  for (const mount of all) {
    const path = routedPath(url, mount.router)
    if (mount.oldCode === undefined || cutPrefix(path, mount.prefix) === null || leadsOut(path, mount.prefix)) continue
    if (found === undefined || mount.prefix.length > found.prefix.length) found = mount
  }
  return found
}

/**
 * Routes WebSocket upgrades like any other request, so that hooks run for them: those that nothing of the server matches
 * come to the old code. Where another plugin does so already (`@fastify/websocket`), or takes an upgrade itself, it is left to it.
 */
export function routeUpgrades (fastify: FastifyInstance, oldCode: OldCode): void {
  fastify.server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    unlessTaken(req, socket, head, () => {
      if (!isWebSocket(req) || oldCode.wantsUpgrade?.(req) !== true) serveWithoutUpgrade(req, socket)
      else fastify.routing(req, responseOn(req, socket))
    })
  })
}

/** Encapsulated instances inherit from their parent. */
export function rootOf (instance: FastifyInstance): FastifyInstance {
  let at = instance
  for (;;) {
    const parent = Object.getPrototypeOf(at) as Partial<FastifyInstance> | null
    if (typeof parent?.addHook !== 'function') return at
    at = parent as FastifyInstance
  }
}

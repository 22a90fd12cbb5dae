import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answerUnhandled } from '../handle/unhandled.ts'
import type { TrailingSlash } from '../routes/options.ts'
import { pathOf, searchOf } from '../routes/path.ts'
import type { RouterOptions, RouteTable } from '../routes/table.ts'
import { sendAutomatic } from './send.ts'

interface Mounted {
  table: RouteTable
  prefix: string
  trailingSlash: TrailingSlash
  router: RouterOptions
}

const mountedBelow = new WeakMap<object, Mounted[]>()

/**
 * Gives OPTIONS, 405 and slash redirects for paths of ours, where nothing of the host's matches: routes for them would
 * clash with the host's later ones and steal from its wildcards. Requests that nothing matches belong to whichever
 * instance has the 404 handler, mostly the root, so the hook is put there; one hook serves all directories.
 */
export function answerWhatNobodyHandles (fastify: FastifyInstance, mounted: Mounted): void {
  const root = rootOf(fastify)
  const others = mountedBelow.get(root)
  if (others !== undefined) {
    others.push(mounted)
    return
  }
  const all = [mounted]
  mountedBelow.set(root, all)
  // After the last onRequest hook, which may set headers (CORS), and before any body is parsed.
  root.addHook('preParsing', (request, reply, payload, done) => {
    if (!request.is404 || !answer(all, request, reply)) done(null, payload)
  })
}

function answer (all: Mounted[], request: FastifyRequest, reply: FastifyReply): boolean {
  for (const { table, prefix, trailingSlash, router } of all) {
    const path = routedPath(request.url, router)
    const automatic = answerUnhandled(table, path, searchOf(request.url), prefix, request.method, trailingSlash)
    if (automatic !== null) {
      sendAutomatic(reply, automatic)
      return true
    }
  }
  return false
}

/** The path as the server's router reads it. */
export function routedPath (target: string, { ignoreDuplicateSlashes, useSemicolonDelimiter }: RouterOptions): string {
  let path = pathOf(target)
  if (ignoreDuplicateSlashes === true) path = path.replace(/\/{2,}/g, '/')
  return useSemicolonDelimiter === true ? path.split(';', 1)[0]! : path
}

/** Encapsulated instances inherit from their parent. */
function rootOf (instance: FastifyInstance): FastifyInstance {
  let at = instance
  for (;;) {
    const parent = Object.getPrototypeOf(at) as Partial<FastifyInstance> | null
    if (typeof parent?.addHook !== 'function') return at
    at = parent as FastifyInstance
  }
}

import type { FastifyInstance, HTTPMethods, RouteOptions } from 'fastify'
import { AppDirectoryError, RouteRegistrationError, type AppDirectoryProblem } from '../errors.ts'
import { asRouted, asSpelled } from '../routes/path.ts'
import { formatSegment } from '../routes/segments.ts'
import type { Method, Route, RouteTable } from '../routes/table.ts'
import type { errorHandlerFor } from './errors.ts'
import { rootOf } from './automatic.ts'
import { routeOptionsOf } from './route-config.ts'
import { acceptAnyContentType, routeHandler, type FastifyMount } from './route-handler.ts'

/**
 * Two explicit routes of one path and method cannot both be. All clashes are told at once, with our file in them.
 * @throws RouteRegistrationError
 */
export function refuseDuplicates (child: FastifyInstance, dir: string, table: RouteTable, prefix: string): void {
  const clashes: Array<{ method: Method, url: string, file: string }> = []
  for (const route of table.routes) {
    for (const method of Object.keys(route.handlers) as Method[]) {
      if (isAutomaticHead(route, method)) continue
      for (const url of table.routerPaths(route).map((path) => withPrefix(prefix, path))) {
        if (child.hasRoute({ method, url, constraints: constraintsOf(route) })) clashes.push({ method, url, file: route.file })
      }
    }
  }
  const isOwn = addPlace(rootOf(child), `${prefix} ${dir}`)
  if (clashes.length === 0) return
  const what = isOwn
    ? `The app directory ${dir} is registered already. Register it once, or give one of the two another \`prefix\`:`
    : `${clashes.length === 1 ? 'A route is' : `${clashes.length} routes are`} declared twice. Remove the server's own or the exported verb:`
  throw new RouteRegistrationError(what + clashes.map(({ method, url, file }) => `\n  ${method} ${url}: ${isOwn ? '' : 'declared by the server and by '}${file}`).join(''))
}

const places = new WeakMap<FastifyInstance, Set<string>>()

/** Whether the same directory is at the same place already. */
function addPlace (root: FastifyInstance, place: string): boolean {
  const known = places.get(root) ?? new Set()
  places.set(root, known)
  const has = known.has(place)
  known.add(place)
  return has
}

/**
 * Strategies for constraints are the server's, so they are looked at here.
 * @throws AppDirectoryError
 */
export function refuseUnknownConstraints (child: FastifyInstance, dir: string, table: RouteTable): void {
  const problems = table.routes.flatMap(({ file, config }) => Object.keys(config.host?.constraints ?? {})
    .filter((name) => name !== 'host' && name !== 'version' && !child.hasConstraintStrategy(name))
    .map((name): AppDirectoryProblem => ({
      code: 'FAR_ERR_SEGMENT_CONFIG',
      message: `Invalid route config: the server has no strategy for \`config.constraints.${name}\`.`,
      files: [file],
      mend: 'Use host or version, or call addConstraintStrategy() of the server before the directory is registered.'
    })))
  if (problems.length > 0) throw new AppDirectoryError(dir, problems)
}

/**
 * Folders that are called by an escape of a reserved character (`a%3Ab`), or by a character that has to be escaped by one (`a?b`),
 * are none that Fastify's router could find: it decodes all other escapes, and looks for a percent sign by its own escape.
 */
export function warnOfUnroutable (table: RouteTable, warn: (message: string) => void): void {
  for (const { file, segments } of table.routes) {
    const odd = segments.find((segment) => segment.kind === 'static' && !isRoutable(segment.value))
    if (odd !== undefined) warn(`${file} cannot be reached: Fastify's router finds no path with a folder called ${formatSegment(odd)}. Rename it, or make it a parameter and compare its value in the handler.`)
  }
}

const isRoutable = (folder: string): boolean => asRouted(asSpelled(folder)) === asRouted(folder).replaceAll('%', '%25')

function withPrefix (prefix: string, path: string): string {
  return path === '/' && prefix !== '' ? prefix : prefix + path
}

const constraintsOf = ({ config }: Route): NonNullable<RouteOptions['constraints']> => ({ ...config.host?.constraints as RouteOptions['constraints'] })

const BODYLESS = new Set<Method>(['GET', 'HEAD'])

const isAutomaticHead = (route: Route, method: Method): boolean => method === 'HEAD' && route.handlers.HEAD === route.handlers.GET

/** Registers the verbs of one route file with a scope of the host. */
export function addRoute (child: FastifyInstance, route: Route, mount: FastifyMount, prefix: string, errorHandler: ReturnType<typeof errorHandlerFor>): void {
  for (const method of Object.keys(route.handlers) as Method[]) {
    const handler = routeHandler(route, method, mount, prefix)
    for (const path of mount.table.routerPaths(route)) {
      // The host may have a HEAD of its own for our GET; it keeps it.
      if (isAutomaticHead(route, method) && child.hasRoute({ method, url: withPrefix(prefix, path), constraints: constraintsOf(route) })) continue
      for (const url of spellings(path, prefix, mount.servesBothSlashes)) {
        const options = routeOptionsOf(route, BODYLESS.has(method) ? undefined : acceptAnyContentType)
        mount.ownRoutes.add(options.config!.appRoute!)
        child.route({ method: method as HTTPMethods, url, handler, errorHandler, exposeHeadRoute: false, ...options } as RouteOptions)
      }
    }
  }
}

/** The prefix alone is the root of what is below it. With `trailingSlash: true` a path has either form (files keep none). */
function spellings (path: string, prefix: string, withSlash: boolean): string[] {
  const bare = path === '/' && prefix !== '' ? '' : path
  // To Fastify, '/' below a prefix is both forms.
  if (bare === '' && withSlash) return ['/']
  if (!withSlash || bare.endsWith('*') || bare === '/') return [bare]
  // A parameter may be empty to Fastify: `/a/:id` would take `/a/` from the file that it belongs to.
  const whole = bare.replace(LAST_PARAMETER, '$&([^]+)')
  return [whole, whole + '/']
}

/** Doubled colons are ordinary ones. */
const LAST_PARAMETER = /(?<!:)(?:::)*:\w+$/

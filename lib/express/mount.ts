import type { Shadows } from '../beside/shadow.ts'
import type { Prerender } from '../cache/options.ts'
import type { Mount } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import type { StaticRoutes } from '../handle/static-routes.ts'
import type { Gate } from '../proxy/gate.ts'
import type { Method, Route, RouteTable } from '../routes/table.ts'
import type { ConnectRequest, ConnectResponse, Next } from './request.ts'

/** One directory as a middleware. */
export interface ExpressMount extends Mount {
  table: RouteTable
  endpoints: Map<Route, Partial<Record<Method, Endpoint>>>
  unhandledMethod: 'answer' | 'next'
  shadows: Shadows
  statics: StaticRoutes | undefined
  prerender: Prerender
  /** What the router cuts off the paths, as the first request for a static route shows it. */
  mountPath: string | undefined
  /** The server's, as connections show it. */
  port: number | undefined
  /** What stands in front of the directory, if there is anything. */
  gate: Gate | undefined
  /** Whether the proxy looks at requests that no route file is for. */
  isForHost: boolean
}

/** A request, as Express, Connect or `node:http` hand it over. */
export interface Host {
  req: ConnectRequest
  res: ConnectResponse
  next: Next
  /** Whether there is nothing behind the directory. */
  isLast: boolean
}

/** What a request asks for. */
export interface Asked {
  /** With the mount path, as the client sent it or as it was rewritten. */
  target: string
  path: string
  /** The path of `target` below the mount path or the base path; null where it is not below. */
  own: string | null
}

/** A path below the base path, or below the mount path. */
export function ownPath ({ basePath }: ExpressMount, path: string, mountPath: string): string | null {
  const prefix = basePath === '' ? mountPath : basePath
  if (path === prefix) return '/'
  return path.startsWith(prefix + '/') ? path.slice(prefix.length) : null
}

/**
 * Whether letters may differ in case from what guards are for: Express compares mount paths so, and mostly the paths of what
 * stands behind us.
 */
export const ignoresCase = (mount: ExpressMount, mountPath: string): boolean => mountPath !== '' || mount.isForHost || mount.oldCode !== undefined

/**
 * Whether the proxy looks at requests that no route file is for. Without being told so nobody can say in Express whether
 * something behind the directory is for them.
 */
export const hasTheRest = (mount: ExpressMount, host: Host): boolean => mount.isForHost || host.isLast || mount.oldCode !== undefined

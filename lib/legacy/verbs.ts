import { METHODS, type Method } from '../routes/table.ts'

/** A route handler, as route files export it. */
export type LegacyRouteHandler = (request: Request, context?: { params?: unknown }) => Promise<Response>

/** A route handler with itself as member for each verb: `export const { GET, POST } = …` */
export type LegacyRoute = LegacyRouteHandler & Readonly<Record<Method, LegacyRouteHandler>>

export function withVerbs (handler: (request: Request, context: { params?: unknown }) => Promise<Response>): LegacyRoute {
  const route: LegacyRouteHandler = (request, context = {}) => handler(request, context)
  return Object.assign(route, Object.fromEntries(METHODS.map((method) => [method, route])) as Record<Method, LegacyRouteHandler>)
}

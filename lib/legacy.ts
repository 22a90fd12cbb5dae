export { fromNodeHandler, type AnyNodeHandler, type LegacyNext, type LegacyRequest, type NodeHandler } from './legacy/node-handler.ts'
export type { LegacyRoute, LegacyRouteHandler } from './legacy/verbs.ts'

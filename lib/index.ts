import { appRoutes, hostRequest } from './fastify/app-routes.ts'

export * from './fastify/app-routes.ts'
export default appRoutes

// `require('fastify-app-routes')` gives the plugin itself, with the named exports as its properties.
Object.assign(appRoutes, { appRoutes, hostRequest, default: appRoutes })

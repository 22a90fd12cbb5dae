import { appRoutes, hostRequest } from './express/app-routes.ts'

export * from './express/app-routes.ts'
export default appRoutes

// `require('fastify-app-routes/express')` gives the function itself, with the named exports as its properties.
Object.assign(appRoutes, { appRoutes, hostRequest, default: appRoutes })

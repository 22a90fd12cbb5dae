import { WrongHostError } from '../errors.ts'

/** Where Fastify looks up what a plugin asks for, as soon as it is registered. */
const META = Symbol.for('plugin-meta')

/** Lets a function be registered with Fastify by nobody, at no cost for those who call it. */
export function refuseFastify<T extends object> (refused: T): T {
  return Object.defineProperty(refused, META, {
    get () { throw new WrongHostError("This appRoutes is the Express middleware. For Fastify, import it from fastify-app-routes: fastify.register(appRoutes, './app').") }
  })
}

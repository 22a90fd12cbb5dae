/**
 * `node --expose-gc boot.mjs MODULE DIR PATH` starts a server with a generated application and tells how long that took, how much heap is
 * kept for it, and what it answers at a path.
 */
import Fastify from 'fastify'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { importFace } from './rivals/package.mjs'

const [, , module, dir, route] = process.argv

const registerRoutes = {
  'app-routes': async () => {
    const { default: appRoutes } = await importFace('.')
    return (fastify) => fastify.register(appRoutes, path.join(dir, 'app'))
  },
  fastify: async () => async (fastify) => {
    const { register } = await import(pathToFileURL(path.join(dir, 'by-hand.js')).href)
    register(fastify)
  }
}

const register = await registerRoutes[module]()
const heapBefore = heapUsed()
const start = performance.now()
const fastify = Fastify()
await register(fastify)
await fastify.ready()
const startUp = performance.now() - start
const heap = heapUsed() - heapBefore
const { statusCode, body } = await fastify.inject(route)
process.send({ startUp, heap, statusCode, body })

function heapUsed () {
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/**
 * `node --expose-gc bounded.mjs` starts a server with the default cache, tells its port, and on each message what the cache keeps by its
 * own account and what memory the process has, in MiB.
 */
import Fastify from 'fastify'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { appDir, importFace, packageDir } from './rivals/package.mjs'

const MIB = 1024 * 1024

const { default: appRoutes } = await importFace('.')
// No face has it, since only here somebody asks it how much it keeps.
const { MemoryStore } = await import(pathToFileURL(path.join(packageDir, 'dist/cache/memory-store.js')).href)
const store = new MemoryStore()
const fastify = Fastify()
fastify.register(appRoutes, { dir: appDir, cache: { store } })
await fastify.listen({ port: 0, host: '127.0.0.1' })
process.on('message', () => process.send(memory()))
process.on('disconnect', () => process.exit())
process.send({ port: fastify.server.address().port })

function memory () {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  const { entries, bytes } = store.size
  return { entries, kept: bytes / MIB, heap: (heapUsed + external) / MIB, rss: rss / MIB }
}

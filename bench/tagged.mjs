/**
 * `node --expose-gc tagged.mjs SIZE…` keeps so many entries with the same nine tags, in Redis where `REDIS_URL` is set, and tells
 * for each size how many milliseconds it takes to invalidate one of the tags.
 */
import assert from 'node:assert/strict'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { appDir, importFace } from './rivals/package.mjs'

const TAGS = Array.from({ length: 9 }, (_, i) => `tag-${i}`)
/** How many entries are made by one request. */
const AT_ONCE = 200
/** On a busy machine Redis may answer too late: it is left alone for a second then, and what is made meanwhile is not kept. */
const PAUSE = 1100
const MOST_PASSES = 10

const fastify = Fastify()
const { default: appRoutes } = await importFace('.')
fastify.register(appRoutes, { dir: appDir, cache: await cacheOptions() })
await fastify.ready()

process.on('disconnect', () => process.exit())
const answer = await read(0)
for (let i = 0; i < 100; i++) await fastify.appRoutes.revalidateTag(`nobody-${i}`)
const times = []
for (const size of process.argv.slice(2).map(Number)) times.push(await measure(size))
process.send({ answer, times })

async function cacheOptions () {
  if (process.env.REDIS_URL === undefined) return { maxBytes: 4 * 1024 ** 3, prerender: 'lazy' }
  const { redisStore } = await importFace('./redis')
  return { store: redisStore(new Redis(process.env.REDIS_URL)), prerender: 'lazy' }
}

async function measure (size) {
  await keep(size)
  const before = await readEnds(size)
  assert.deepEqual(await readEnds(size), before, 'not all entries are kept')
  const { error } = fastify.appRoutes.counts
  globalThis.gc()
  // What a forced collection leaves to be done afterwards is none of the invalidation's.
  await sleep(100)
  const times = []
  for (const tag of TAGS) {
    const start = performance.now()
    await fastify.appRoutes.revalidateTag(tag)
    times.push(performance.now() - start)
  }
  for (const [i, after] of (await readEnds(size)).entries()) assert.notEqual(after, before[i], 'an entry is still valid')
  assert.equal(fastify.appRoutes.counts.error, error, 'the store has failed meanwhile')
  times.sort((a, b) => a - b)
  return { median: times[Math.floor(TAGS.length / 2)], longest: times.at(-1) }
}

/** All of them are there once a pass met no failure. */
async function keep (size) {
  for (let pass = 0, failed = true; failed; pass++) {
    assert(pass < MOST_PASSES, 'the store fails all the time')
    failed = false
    for (let from = 0; from < size; from += AT_ONCE) {
      const { error } = fastify.appRoutes.counts
      const { statusCode, body } = await fastify.inject({ method: 'POST', url: '/tagged', payload: { from, to: Math.min(from + AT_ONCE, size) } })
      assert.equal(statusCode, 204, body)
      if (fastify.appRoutes.counts.error === error) continue
      failed = true
      await sleep(PAUSE)
    }
  }
}

/** The entry that would be dropped first, and the last one. */
async function readEnds (size) {
  return [await read(0), await read(size - 1)]
}

async function read (id) {
  return (await fastify.inject(`/tagged?id=${id}`)).body
}

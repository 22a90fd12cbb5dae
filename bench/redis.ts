import { freePort, RedisServer } from '../test/cache/redis-server.ts'
import type { Contestant } from './contestants.ts'
import type { Cores } from './cores.ts'

/**
 * Gives a contestant that needs one a Redis with nothing in it, by its environment. `redis-server` runs on the load generator's
 * core: the server has its own for itself.
 */
export async function withRedis<T> (contestant: Contestant, cores: Cores | undefined, use: (contestant: Contestant) => Promise<T>): Promise<T> {
  if (contestant.redis !== true) return await use(contestant)
  const pinned = cores === undefined ? [] : ['--server_cpulist', String(cores.client)]
  const redis = new RedisServer(await freePort(), ['--save', '', ...pinned])
  try {
    await redis.start()
    return await use({ ...contestant, env: { ...contestant.env, REDIS_URL: redis.url } })
  } finally {
    await redis.remove()
  }
}

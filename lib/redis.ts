import { RedisStore, type RedisStoreOptions } from './cache/redis/redis-store.ts'
import type { RedisClient } from './cache/redis/commands.ts'
import type { CacheStore } from './cache/store.ts'

export type { RedisClient } from './cache/redis/commands.ts'
export type { RedisStoreOptions } from './cache/redis/redis-store.ts'

/**
 * A cache store in Redis, which all processes of a deployment share.
 *
 *     cache: { store: redisStore(new Redis(process.env.REDIS_URL)) }
 *
 * @param client of the package `ioredis` (5 or later) or `redis` (4 or later, connected): a single one, with Sentinel, or a
 *   cluster. It stays yours: close it after the server.
 * @throws TypeError where it is neither
 */
export function redisStore (client: RedisClient, options?: RedisStoreOptions): CacheStore {
  return new RedisStore(client, options)
}

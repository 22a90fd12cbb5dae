import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileStore, type FileStoreOptions } from './cache/file/file-store.ts'
import { HandlerStore, type CacheHandler, type CacheHandlerOptions } from './cache/handler/handler-store.ts'
import type { CacheStore } from './cache/store.ts'

export type { FileStoreOptions } from './cache/file/file-store.ts'
export type { CacheEntry, Freshness } from './cache/entry.ts'
export type { CacheStore, Invalidation, StoredEntry } from './cache/store.ts'
export type { CacheHandler, CacheHandlerOptions } from './cache/handler/handler-store.ts'

/**
 * A cache store in files, for one machine: what it keeps is there again after a restart, and all processes that name the
 * same directory share it.
 *
 *     cache: { store: fileStore('/var/cache/shop') }
 *
 * @param dir a path, or a `file:` URL; it is made where it is missing
 */
export function fileStore (dir: string | URL, options?: FileStoreOptions): CacheStore {
  return new FileStore(path.resolve(dir instanceof URL || dir.startsWith('file:') ? fileURLToPath(dir) : dir), options)
}

/**
 * A class that was written for the option `cacheHandler` of Next.js, as a cache store
 * (https://nextjs.org/docs/app/api-reference/config/next-config-js/incrementalCacheHandlerPath). Keys are those of Next.js:
 * deployments that share what is behind it are kept apart by its own means, such as a key prefix.
 *
 *     cache: { store: cacheHandlerStore(CacheHandler) }
 */
export function cacheHandlerStore (Handler: new (context: never) => CacheHandler, options?: CacheHandlerOptions): CacheStore {
  return new HandlerStore(Handler, options)
}

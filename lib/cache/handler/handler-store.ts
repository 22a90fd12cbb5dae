import path from 'node:path'
import { worse } from '../entry.ts'
import type { CacheEntry } from '../entry.ts'
import type { CacheStore, Invalidation, StoredEntry } from '../store.ts'
import { TagStates } from '../tag-states.ts'
import { entryOf, handlerValueOf, type HandlerFound } from './shapes.ts'

/** An object of a class that the `cacheHandler` of a Next.js configuration names. */
export interface CacheHandler {
  get (key: string, context: never): Promise<unknown>
  set (key: string, value: never, context: never): Promise<unknown>
  revalidateTag (tags: never, durations?: never): Promise<unknown>
  resetRequestCache? (): void
}

export interface CacheHandlerOptions {
  /**
   * The Next.js major that the class was written for.
   * @default 16
   */
  major?: 13 | 14 | 15 | 16 | undefined
  /**
   * Where the class may look for the build of a Next.js application, such as its BUILD_ID.
   * @default '.next/server' in the working directory
   */
  serverDistDir?: string | undefined
}

/** A class for `cacheHandler`, as a store. */
export class HandlerStore implements CacheStore {
  readonly isShared = true
  readonly hasOwnNamespace = true
  readonly #handler: CacheHandler
  readonly #major: number
  /** What was invalidated here: handlers know at most that something was set after that. */
  readonly #tags = new TagStates()

  constructor (Handler: new (context: never) => CacheHandler, { major = 16, serverDistDir = path.resolve('.next/server') }: CacheHandlerOptions = {}) {
    const context = { dev: false, flushToDisk: false, serverDistDir, revalidatedTags: [], _appDir: true, _pagesDir: false, _requestHeaders: {}, fetchCacheKeyPrefix: '' }
    this.#handler = new Handler(context as never)
    this.#major = major
  }

  now (): number { return Date.now() }

  async get (key: string, tags: readonly string[]): Promise<StoredEntry | undefined> {
    // What it remembers for the time of one request must not outlive it.
    this.#handler.resetRequestCache?.()
    const found = await this.#handler.get(plain(key), this.#reading(key, tags) as never) as HandlerFound | null | undefined
    if (found == null || found.lastModified === -1) return undefined
    const entry = entryOf(found)
    if (entry === undefined) return undefined
    const now = this.now()
    return { entry, tags: worse(this.#tags.freshness(entry.tags, entry.createdAt, now), this.#tags.freshness(tags, entry.createdAt, now)), now }
  }

  async set (key: string, entry: CacheEntry): Promise<void> {
    const { revalidate, expire, tags } = entry
    // Next.js gives the tags of answers in a header alone, which some classes read for pages only.
    const context = isRoute(key)
      ? this.#major < 15 ? { revalidate, tags: [...tags] } : { revalidate, cacheControl: { revalidate, expire }, isFallback: false, tags: [...tags] }
      : { fetchCache: true, revalidate, tags: [...tags] }
    await this.#handler.set(plain(key), handlerValueOf(entry, this.#major) as never, context as never)
  }

  async invalidate (tags: readonly string[], invalidation: Invalidation = { expire: 0 }): Promise<void> {
    this.#tags.invalidate(tags, this.now(), invalidation)
    if (this.#major >= 16) await this.#handler.revalidateTag([...tags] as never, (invalidation.expire === 0 ? undefined : invalidation) as never)
    else for (const tag of tags) await this.#handler.revalidateTag(tag as never)
  }

  #reading (key: string, tags: readonly string[]): object {
    if (isRoute(key)) return this.#major < 15 ? { kindHint: 'app', isFallback: false } : { kind: 'APP_ROUTE', isFallback: false }
    const kind = this.#major < 14 ? { fetchCache: true } : this.#major < 15 ? { kindHint: 'fetch' } : { kind: 'FETCH' }
    return { ...kind, tags: tags.filter((tag) => !isImplicit(tag)), softTags: tags.filter(isImplicit) }
  }
}

const isRoute = (key: string): boolean => key.startsWith('route:')
const isImplicit = (tag: string): boolean => tag.startsWith('_N_T_')

/** As Next.js has them: paths, and digests of what is fetched. */
const plain = (key: string): string => key.slice(key.indexOf(':') + 1)

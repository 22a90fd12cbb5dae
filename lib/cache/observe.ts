import type { Counter } from '@opentelemetry/api'
import { channel } from 'node:diagnostics_channel'
import { openTelemetry } from '../open-telemetry.ts'

/** What can happen to a request, a fetch or a cached function by way of the cache. */
export type CacheEvent = 'hit' | 'stale' | 'miss' | 'bypass' | 'regeneration' | 'error'

/** What subscribers of the channel `fastify-app-routes.cache` are told. */
export interface CacheMessage {
  event: CacheEvent
  /** An answer of a static route, a fetched response, or what a cached function gave. */
  kind: 'route' | 'fetch' | 'function'
  key: string
  /** The route in whose handler it happened, in folder spelling. */
  route: string
  error?: unknown
}

/** Where the cache of one directory tells what is wrong, and at the level `debug` what it does. */
export interface CacheLog {
  /** Where it is told nothing at that level, the message is not made. */
  debug (message: () => string): void
  info (message: string): void
  warn (message: string): void
  error (error: unknown, message: string): void
}

const EVENTS = channel('fastify-app-routes.cache')

let counter: Counter | undefined

/** OpenTelemetry's, once somebody measures. */
function count (event: CacheEvent, kind: CacheMessage['kind']): void {
  counter ??= openTelemetry('metrics')?.metrics.getMeter('fastify-app-routes').createCounter('app_routes.cache', { description: 'What the caches of route files were asked for, by kind and outcome' })
  counter?.add(1, { event, kind })
}

export type CacheCounts = Record<CacheEvent, number>

/** Counts and tells what one cache does. */
export class CacheObserver {
  readonly #log: CacheLog
  readonly counts: CacheCounts = { hit: 0, stale: 0, miss: 0, bypass: 0, regeneration: 0, error: 0 }

  constructor (log: CacheLog) {
    this.#log = log
  }

  tell (event: CacheEvent, kind: CacheMessage['kind'], key: string, route: string, error?: unknown): void {
    this.counts[event]++
    count(event, kind)
    if (EVENTS.hasSubscribers) EVENTS.publish({ event, kind, key, route, ...(error === undefined ? {} : { error }) } satisfies CacheMessage)
    if (error === undefined) this.#log.debug(() => `cache ${event}: ${kind} ${key}`)
    else this.#log.error(error, `cache ${event}: ${kind} ${key} (${route})`)
  }
}

import type * as api from '@opentelemetry/api'
import { createRequire } from 'node:module'
import { findPeer } from './peers.ts'
import { warnOfProcess } from './warn.ts'

export type OpenTelemetry = typeof api

/** Where every copy of the API, from 1.0 on, keeps what has been set up. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1')
const registry = globalThis as { [REGISTRY]?: { trace?: object, metrics?: object } }

let loaded: OpenTelemetry | undefined
let isMissing = false

/**
 * The API of OpenTelemetry; undefined where nobody wants the spans, or the metrics. It is loaded once somebody does, which may be
 * long after the server has started; until then this is all that they cost.
 */
export function openTelemetry (wanted: 'trace' | 'metrics'): OpenTelemetry | undefined {
  if (registry[REGISTRY]?.[wanted] === undefined) return undefined
  if (loaded === undefined && !isMissing) load()
  return loaded
}

function load (): void {
  const file = findPeer('@opentelemetry/api')
  if (file !== undefined) loaded = createRequire(import.meta.url)(file) as OpenTelemetry
  else {
    isMissing = true
    warnOfProcess('OpenTelemetry is set up, but its spans and metrics of route files are missing: the package @opentelemetry/api cannot be found. Install it: npm install @opentelemetry/api', 'FAR_OTEL')
  }
}

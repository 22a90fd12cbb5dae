import { performance } from 'node:perf_hooks'

const { timeOrigin } = performance

/** Milliseconds since 1970, by a clock that nobody sets. */
export const monotonic = (): number => timeOrigin + performance.now()

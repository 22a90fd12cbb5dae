import { executionAsyncResource } from 'node:async_hooks'

/**
 * Keeps `process.nextTick()` fast, which every request uses several times. Node.js makes an object for each call, with
 * symbols for keys, and V8 forgets the shape of such objects where some full garbage collections find none of them. It
 * then takes a slow way for good, five times as long (V8 13, `DefineKeyedOwnPropertyInLiteral`). One that stays keeps the shape.
 */
let tick: object | undefined

/** To be called early: what has become slow stays slow. */
export function keepTickShape (): void {
  if (tick === undefined) process.nextTick(() => { tick = executionAsyncResource() })
}

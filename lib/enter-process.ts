import { AsyncLocalStorage } from 'node:async_hooks'
import { cachedFetch } from './cache/cached-fetch.ts'
import { mayWrapFetch } from './cache/global-fetch.ts'
import { installHooks } from './loader/hooks.ts'
import { servedModules } from './next/served.ts'
import { setFetchLayer } from './web/bound-globals.ts'
import { replaceGlobals } from './web/process-globals.ts'
import { keepTickShape } from './tick-shape.ts'

keepTickShape()

/** What Next.js sets: its own examples of `instrumentation.ts` ask for the first, packages for the second. */
const GIVEN: Array<{ to: object, name: string, value: unknown }> = [
  { to: process.env, name: 'NEXT_RUNTIME', value: 'nodejs' },
  { to: globalThis, name: 'AsyncLocalStorage', value: AsyncLocalStorage }
]
let users = 0
let takeBack: Array<() => void> = []

/** Sets what is not set, as long as there is a directory that uses it. */
function giveNames (): () => void {
  if (users++ === 0) takeBack = GIVEN.map(give)
  return () => { if (--users === 0) for (const step of takeBack) step() }
}

function give ({ to, name, value }: typeof GIVEN[number]): () => void {
  if (Reflect.get(to, name) !== undefined) return () => {}
  // No loop over the globals is to meet it.
  Object.defineProperty(to, name, { value, writable: true, configurable: true, enumerable: to !== globalThis })
  return () => { if (Reflect.get(to, name) === value) Reflect.deleteProperty(to, name) }
}

/**
 * Makes in the process what a directory needs of it: module hooks, the names that Next.js sets, and the global classes if asked for.
 * @returns what undoes it, once the last directory is gone
 */
export function enterProcess ({ globals }: { globals: boolean }): () => void {
  setFetchLayer(cachedFetch)
  const undo = [installHooks(servedModules), mayWrapFetch(), giveNames()]
  if (globals) undo.push(replaceGlobals())
  return () => { for (const step of undo.splice(0)) step() }
}

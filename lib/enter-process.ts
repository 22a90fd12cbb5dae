import { cachedFetch } from './cache/cached-fetch.ts'
import { mayWrapFetch } from './cache/global-fetch.ts'
import { installHooks } from './loader/hooks.ts'
import { servedModules } from './next/served.ts'
import { setFetchLayer } from './web/bound-globals.ts'
import { replaceGlobals } from './web/process-globals.ts'
import { keepTickShape } from './tick-shape.ts'

keepTickShape()

/** Next.js's own examples of `instrumentation.ts` ask for it. */
const RUNTIME = 'nodejs'
let users = 0

/** Sets the variable unless it is set, as long as there is a directory that uses it. */
function setRuntime (): () => void {
  if (users === 0 && process.env.NEXT_RUNTIME !== undefined) return () => {}
  users++
  process.env.NEXT_RUNTIME ??= RUNTIME
  return () => { if (--users === 0 && process.env.NEXT_RUNTIME === RUNTIME) delete process.env.NEXT_RUNTIME }
}

/**
 * Makes in the process what a directory needs of it: module hooks, the name of the runtime, and the global classes if asked for.
 * @returns what undoes it, once the last directory is gone
 */
export function enterProcess ({ globals }: { globals: boolean }): () => void {
  setFetchLayer(cachedFetch)
  const undo = [installHooks(servedModules), mayWrapFetch(), setRuntime()]
  if (globals) undo.push(replaceGlobals())
  return () => { for (const step of undo.splice(0)) step() }
}

import { cachedFetch } from '../cache/cached-fetch.ts'
import { mayWrapFetch } from '../cache/global-fetch.ts'
import { installHooks } from '../loader/hooks.ts'
import { servedModules } from '../next/served.ts'
import { setFetchLayer } from '../web/bound-globals.ts'
import { replaceGlobals } from '../web/process-globals.ts'

/**
 * Makes in the process what a directory needs of it: module hooks, and the global classes if asked for.
 * @returns what undoes it, once the last directory is gone
 */
export function enterProcess ({ globals }: { globals: boolean }): () => void {
  setFetchLayer(cachedFetch)
  const undo = [installHooks(servedModules), mayWrapFetch()]
  if (globals) undo.push(replaceGlobals())
  return () => { for (const step of undo) step() }
}

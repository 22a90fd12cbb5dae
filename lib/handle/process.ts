import { installHooks } from '../loader/hooks.ts'
import { servedModules } from '../next/served.ts'
import { replaceGlobals } from '../web/process-globals.ts'

/**
 * Makes in the process what a directory needs of it: module hooks, and the global classes if asked for.
 * @returns what undoes it, once the last directory is gone
 */
export function enterProcess ({ globals }: { globals: boolean }): () => void {
  const undo = [installHooks(servedModules)]
  if (globals) undo.push(replaceGlobals())
  return () => { for (const step of undo) step() }
}

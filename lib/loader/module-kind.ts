import { readFileSync } from 'node:fs'
import type { LoadFnOutput } from 'node:module'
import vm from 'node:vm'
import { textOf } from './served-modules.ts'

/** `import` or `export` where a statement may begin. */
export const ESM_SYNTAX = /^\s*(?:import[\s{*"']|export[\s{*])/m

/**
 * A module of the application as it is written: `npm init` says `"type": "commonjs"`, and people write `import` and
 * `export` in its `.js` files all the same, as Next.js lets them.
 */
export function asWritten (url: string, loaded: LoadFnOutput): LoadFnOutput {
  if (loaded.format !== 'commonjs' || !url.startsWith('file:') || !url.endsWith('.js') || url.includes('/node_modules/')) return loaded
  const source = loaded.source == null ? readFileSync(new URL(url), 'utf8') : textOf(loaded.source)
  return ESM_SYNTAX.test(source) && !isScript(source) ? { format: 'module', source, shortCircuit: true } : loaded
}

/** Such a line may also stand in a comment or a template. */
function isScript (source: string): boolean {
  try {
    vm.compileFunction(source.replace(/^#!/, '//'))
    return true
  } catch {
    return false
  }
}

import type { LoadHook, ResolveHook } from 'node:module'
import { bindModule, namesFor } from './bind-globals.ts'
import { asWritten } from './module-kind.ts'
import { SCHEME, servedName, sourceOf, textOf } from './served-modules.ts'

/** The hooks for ES modules before Node.js 22.15, on their own thread. */

let names: Record<string, string[]> = {}
let active: Int32Array

export function initialize (data: { names: Record<string, string[]>, active: Int32Array }): void {
  names = data.names
  active = data.active
}

export const resolve: ResolveHook = (specifier, context, nextResolve) => {
  if (Atomics.load(active, 0) === 1) {
    const name = servedName(specifier, context.parentURL, (candidate) => candidate in names)
    if (name !== undefined) return { url: SCHEME + name, format: 'module', shortCircuit: true }
  }
  return nextResolve(specifier, context)
}

export const load: LoadHook = async (url, context, nextLoad) => {
  if (url.startsWith(SCHEME)) {
    const name = url.slice(SCHEME.length)
    return { format: 'module', source: sourceOf(name, names[name]!), shortCircuit: true }
  }
  if (Atomics.load(active, 0) === 0) return nextLoad(url, context)
  const loaded = asWritten(url, await nextLoad(url, context))
  if (loaded.format !== 'module' || loaded.source == null) return loaded
  return { ...loaded, source: bindModule(textOf(loaded.source), namesFor(url, names.globals ?? [])) }
}

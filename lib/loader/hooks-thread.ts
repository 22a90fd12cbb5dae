import type { LoadHook, ResolveHook } from 'node:module'
import { bindGlobals, isApplication } from './bind-globals.ts'
import { SCHEME, servedName, sourceOf } from './served-modules.ts'

/** The hooks for ES modules before Node.js 22.15, on their own thread. */

let names: Record<string, string[]> = {}
let globals: string[] = []
let active: Int32Array

export function initialize (data: { names: Record<string, string[]>, globals: string[], active: Int32Array }): void {
  names = data.names
  globals = data.globals
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
  if (!url.startsWith(SCHEME)) {
    const loaded = await nextLoad(url, context)
    const isOurs = loaded.format === 'module' && loaded.source != null && Atomics.load(active, 0) === 1 && isApplication(url)
    return isOurs ? { ...loaded, source: bindGlobals(textOf(loaded.source!), true, globals) } : loaded
  }
  const name = url.slice(SCHEME.length)
  return { format: 'module', source: sourceOf(name, names[name]!), shortCircuit: true }
}

const textOf = (source: string | ArrayBuffer | NodeJS.TypedArray): string => typeof source === 'string' ? source : new TextDecoder().decode(source)

import { readFileSync } from 'node:fs'
import module, { type LoadHook, type ResolveHook } from 'node:module'
import { loadOwn, resolveAfter, resolved, resolveOwn, withGlobals } from './import.ts'
import { setCompilesToCommonJs } from './module-format.ts'
import { serve } from './served-modules.ts'

/** The hooks for ES modules before Node.js 22.15, on their own thread. */

let active: Int32Array

interface Data { names: Record<string, string[]>, loaded: Record<string, string[]>, compilesToCommonJs: boolean, active: Int32Array }

export function initialize (data: Data): void {
  // The modules themselves are on the main thread; here their names are enough.
  serve(withNames(data.names))
  const { _cache: cache } = module as unknown as { _cache: Record<string, object> }
  for (const [file, exports] of Object.entries(withNames(data.loaded))) cache[file] = { loaded: true, exports }
  setCompilesToCommonJs(data.compilesToCommonJs)
  active = data.active
}

const withNames = (modules: Record<string, string[]>): Record<string, object> =>
  Object.fromEntries(Object.entries(modules).map(([name, names]) => [name, Object.fromEntries(names.map((exported) => [exported, undefined]))]))

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (Atomics.load(active, 0) === 0) return next(specifier, context)
  const own = resolveOwn(specifier, context)
  if (own?.shortCircuit === true) return own
  try {
    return resolved(await next(own?.url ?? specifier, context), specifier, context)
  } catch (error) {
    const found = resolveAfter(error, specifier, context)
    return found.shortCircuit === true ? found : resolved(await next(found.url, context), specifier, context)
  }
}

export const load: LoadHook = async (url, context, next) => {
  if (Atomics.load(active, 0) === 0 && url.startsWith('file:')) return next(url, context)
  const own = loadOwn(url, context)
  return own.source !== undefined ? own : withGlobals(url, await next(url, readAhead(url, own.context!)))
}

/** Node.js reads the file of an ES module in several turns of the event loop, but does not where it is handed the text. */
function readAhead (url: string, context: { format?: string | null }): object {
  return context.format === 'module' && url.startsWith('file:') ? { ...context, source: readFileSync(new URL(url), 'utf8') } : context
}

import { realpathSync } from 'node:fs'
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { asInBundle, asInNext, isModule, readForImport } from './app-modules.ts'
import { bindModule, namesFor } from './bind-globals.ts'
import { refuseDirectives } from './directives.ts'
import { entrySource, entryUrl, isEntry } from './entry.ts'
import { bridgeSource, bridgeTo } from './interop.ts'
import { hasLoaderBehind, isInPackage } from './module-format.ts'
import { resolveByConfig, resolveImportLoosely } from './resolve.ts'
import { SCHEME, globalNames, servedName, sourceOf, standIn, textOf } from './served-modules.ts'

/**
 * What both kinds of hooks for ES modules do: those on the main thread and those on a thread of their own, which differ in
 * nothing but an `await`. A result with `shortCircuit` is final; any other is a URL for the next resolver.
 */

type Resolution = ResolveFnOutput & { shortCircuit?: boolean }
type Importer = Partial<Pick<ResolveHookContext, 'parentURL' | 'conditions'>>
// Without what newer versions than the declarations know: `module-typescript`.
type Context = Omit<LoadHookContext, 'format'> & { format?: string | null }

/** Newer Node.js shows `require()` to the hooks as well; `require.ts` sees to that. */
const isRequire = ({ conditions }: { conditions?: string[] }): boolean => conditions?.includes('require') === true

/** What a specifier stands for before Node.js is asked. */
export function resolveOwn (specifier: string, context: Importer): Resolution | undefined {
  if (isRequire(context)) return undefined
  const entry = entryUrl(specifier)
  if (entry !== undefined) return { url: entry, format: 'module', shortCircuit: true }
  if (isEntry(context.parentURL)) return resolveListed(specifier)
  const name = servedName(specifier, context.parentURL)
  if (name !== undefined) return servedAt(name)
  const mapped = context.parentURL?.startsWith('file:') === true ? resolveByConfig(specifier, fileURLToPath(context.parentURL)) : undefined
  return mapped === undefined ? undefined : { url: pathToFileURL(mapped).href }
}

/** A listed file has been found and is an ES module. Only where a link leads to it, Node.js is to tell what it is called. */
function resolveListed (url: string): Resolution | undefined {
  const file = fileURLToPath(url)
  return !hasLoaderBehind() && realpathSync.native(file) === file ? { url, format: 'module', shortCircuit: true } : undefined
}

/**
 * What a specifier stands for that Node.js has not found.
 * @throws error where that is the last word
 */
export function resolveAfter (error: unknown, specifier: string, context: Importer): Resolution {
  if (isRequire(context)) throw error
  const importer = context.parentURL?.startsWith('file:') === true ? fileURLToPath(context.parentURL) : undefined
  const found = importer === undefined ? undefined : resolveImportLoosely(specifier, importer, error)
  if (found !== undefined) return { url: pathToFileURL(found).href }
  const name = standIn(specifier, error, importer)
  if (name === undefined) throw error
  return servedAt(name)
}

/** What stands for a specifier in the end: CommonJS is reached by way of a module in between. */
export function resolved (resolution: Resolution, specifier: string, context: Importer): Resolution {
  const bridge = isRequire(context) ? undefined : bridgeTo(resolution.url, specifier, context.parentURL)
  return bridge === undefined ? resolution : { url: bridge, format: 'module', shortCircuit: true }
}

const servedAt = (name: string): Resolution => ({ url: SCHEME + name, format: 'module', shortCircuit: true })

/** The text of a module, or the context to load it with. */
export function loadOwn (url: string, context: Context): LoadFnOutput & { context?: object } {
  if (url.startsWith(SCHEME)) return { format: 'module', source: bridgeSource(url) ?? entrySource(url) ?? sourceOf(url.slice(SCHEME.length)), shortCircuit: true }
  const own = isRequire(context) ? undefined : readForImport(url, context.importAttributes as Record<string, string> | undefined, context.format)
  if (own?.source !== undefined) return withGlobals(url, { ...own, shortCircuit: true } as LoadFnOutput)
  return { format: undefined as never, context: own === undefined ? context : { ...context, format: own.format } }
}

/** Binds names in an ES module, and compiles it where it holds JSX. */
export function withGlobals (url: string, loaded: LoadFnOutput): LoadFnOutput {
  if (!url.startsWith('file:') || !isModule(loaded.format) || loaded.source == null) return loaded
  const source = textOf(loaded.source)
  if (!isInPackage(url)) refuseDirectives(source, url)
  const bound = bindModule(isInPackage(url) ? asInBundle(url, source) : asInNext(url, source), namesFor(url, globalNames()))
  return bound === source ? loaded : { ...loaded, source: bound }
}

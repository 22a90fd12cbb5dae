import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { hasSyncHooks } from './hooks.ts'
import { formatOf, resolveTsx, TYPESCRIPT } from './typescript.ts'

/**
 * Loads a module of the app directory through Node.js's own loader, so that a module which the server imports too stays
 * one instance. Where Node.js cannot run TypeScript, `tsx` does, unless the process was started under it already.
 * @throws MissingPackageError where tsx is needed and not installed
 */
export async function loadModule (file: string): Promise<Record<string, unknown>> {
  if (!TYPESCRIPT.test(file)) return namespaceOf(file, await import(pathToFileURL(file).href))
  if (hasSyncHooks) {
    // Imported, CommonJS that a hook has compiled gets a require() of its own on Node.js 22, which no hook sees.
    if (formatOf(file, readFileSync(file, 'utf8')) === 'commonjs') return createRequire(file)(file) as Record<string, unknown>
    return namespaceOf(file, await import(pathToFileURL(file).href))
  }
  await registerTsx(file)
  // Under tsx, a CommonJS module gives all its names to require() only.
  if (formatOf(file) === 'commonjs') return createRequire(file)(file) as Record<string, unknown>
  return namespaceOf(file, await import(pathToFileURL(file).href))
}

/** A CommonJS module whose exports Node.js could not foresee is all in `default`. */
function namespaceOf (file: string, namespace: Record<string, unknown>): Record<string, unknown> {
  const exported = namespace.default
  const isCommonJs = typeof exported === 'object' && exported !== null && createRequire(file).cache[file]?.exports === exported
  return isCommonJs ? { ...exported, ...namespace } : namespace
}

let registered: Promise<void> | undefined

function registerTsx (file: string): Promise<void> {
  registered ??= (async () => {
    const why = `Node.js ${process.versions.node} does not run TypeScript by itself.`
    if (!requiresTypeScript()) await register(resolveTsx(file, why), 'cjs')
    if (!await importsTypeScript()) await register(resolveTsx(file, why), 'esm')
  })()
  // A failure is told to every file that needs it.
  registered.catch(() => { registered = undefined })
  return registered
}

async function register (manifest: string, kind: 'cjs' | 'esm'): Promise<void> {
  const { exports } = createRequire(manifest)(manifest) as { exports: Record<string, { import: { default: string } }> }
  const entry = new URL(exports[`./${kind}/api`]!.import.default, pathToFileURL(manifest))
  const api = await import(entry.href) as { register (): unknown }
  api.register()
}

// Tried on a declaration file of our own: whoever started the process may have done so by any flag or hook.
const PROBE = new URL('./load.d.ts', import.meta.url)

function requiresTypeScript (): boolean {
  try {
    createRequire(import.meta.url)(fileURLToPath(PROBE))
    return true
  } catch {
    return false
  }
}

async function importsTypeScript (): Promise<boolean> {
  try {
    await import(PROBE.href)
    return true
  } catch {
    return false
  }
}

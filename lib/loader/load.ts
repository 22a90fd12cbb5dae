import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { formatOf } from './module-format.ts'

let last: Promise<unknown> = Promise.resolve()

/**
 * Loads a module of the app directory through Node.js's own loader, so that a module which the server imports too stays
 * one instance. One after the other: `require()` of an ES module fails while an `import` of it is under way.
 * @throws MissingPackageError where tsx is needed and not installed
 */
export function loadModule (file: string): Promise<Record<string, unknown>> {
  const loading = last.then(() => load(file))
  last = loading.catch(() => {})
  return loading
}

async function load (file: string): Promise<Record<string, unknown>> {
  // Of CommonJS, `import` gives the names only that Node.js could foresee.
  if (formatOf(file, readFileSync(file, 'utf8')) === 'commonjs') return createRequire(file)(file) as Record<string, unknown>
  return await import(pathToFileURL(file).href) as Record<string, unknown>
}

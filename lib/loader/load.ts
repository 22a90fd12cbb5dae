import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { formatOf } from './module-format.ts'
import { entryFor } from './entry.ts'
import { locate } from './syntax-error.ts'

type Exports = Record<string, unknown>

let last: Promise<unknown> = Promise.resolve()

/**
 * Loads a module of the app directory through Node.js's own loader, so that a module which the server imports too stays
 * one instance. One after the other: `require()` of an ES module fails while an `import` of it is under way.
 * @throws MissingPackageError where tsx is needed and not installed
 */
export function loadModule (file: string): Promise<Exports> {
  return inTurn(() => load(file)).catch((error: unknown) => { throw locate(error, file) })
}

const MOST_AT_ONCE = 256

/**
 * Loads many modules at half the cost of one after the other: ES modules as imports of one module, as a program would
 * have them. Gives the exports of those that were loaded so. Where any of them fails all of its batch are left out, and
 * tell what is wrong when they are loaded by themselves; what has been evaluated stays so.
 */
export async function loadModules (files: string[]): Promise<Map<string, Exports>> {
  const loaded = new Map<string, Exports>()
  const modules = files.filter((file) => formatOf(file) === 'module')
  for (let start = 0; start < modules.length; start += MOST_AT_ONCE) {
    const batch = modules.slice(start, start + MOST_AT_ONCE)
    const { default: exported } = await inTurn(async () => await import(entryFor(batch)) as { default: Exports[] }).catch(() => ({ default: [] }))
    for (const [index, exports] of exported.entries()) loaded.set(batch[index]!, exports)
  }
  return loaded
}

function inTurn<T> (task: () => Promise<T>): Promise<T> {
  const running = last.then(task)
  last = running.catch(() => {})
  return running
}

async function load (file: string): Promise<Exports> {
  // Of CommonJS, `import` gives the names only that Node.js could foresee.
  if (formatOf(file) === 'commonjs') return createRequire(file)(file) as Exports
  return await import(pathToFileURL(file).href) as Exports
}

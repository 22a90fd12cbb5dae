import { readFileSync } from 'node:fs'
import { isInPackage } from './module-format.ts'
import { isNotFound } from './not-found.ts'

/**
 * The modules that route files reach under Next.js's names. They live in a registry on the global object, because a
 * compiling loader (tsx, for CommonJS on Node.js 20) evaluates an ES module a second time for `require()`:
 * whoever asks, and how, gets the one instance that the plugin itself uses.
 */
const REGISTRY = Symbol.for('fastify-app-routes.modules')

export const SCHEME = 'app-routes:'

/**
 * The specifier by which a bound ES module imports its globals. No URL: of a module that `require()` loads, Node.js 22 lets
 * none but those of files come to the hooks.
 */
export const GLOBALS = 'fastify-app-routes/globals'

/** How the text of a module reaches the registry. */
export const REGISTRY_SOURCE = "globalThis[Symbol.for('fastify-app-routes.modules')]"

export type ServedModules = Record<string, object>

const registry = globalThis as { [REGISTRY]?: ServedModules }

export function serve (modules: ServedModules): void {
  registry[REGISTRY] = { ...registry[REGISTRY], ...modules }
}

export function served (name: string): object | undefined {
  return registry[REGISTRY]?.[name]
}

export function registered (): ServedModules {
  return registry[REGISTRY] ?? {}
}

/** Importers inside the real Next.js, or inside what it built, keep the real modules. */
export const INSIDE_NEXT = /[\\/]node_modules[\\/]next[\\/]|[\\/]\.next[\\/]/

/** What is served only where it is not installed. */
const STAND_INS = new Set(['next/constants', 'react', 'react/jsx-runtime', 'react/jsx-dev-runtime'])

/** Whether there is a module that stands in for one which is not installed. */
export const hasStandIn = (specifier: string): boolean => STAND_INS.has(specifier) && served(specifier) !== undefined

const withoutExtension = (specifier: string): string => specifier.endsWith('.js') ? specifier.slice(0, -3) : specifier

/** The name of the served module that a specifier stands for, or undefined. `next/server.js` is `next/server`. */
export function servedName (specifier: string, importer: string | undefined): string | undefined {
  if (specifier === GLOBALS) return 'globals'
  if (!specifier.startsWith('next/') && !specifier.startsWith('fastify-app-routes/') && !specifier.startsWith('server-only')) return undefined
  const name = withoutExtension(specifier)
  if (served(name) === undefined || STAND_INS.has(name) || (importer !== undefined && INSIDE_NEXT.test(importer))) return undefined
  return name
}

/**
 * The name of the served module that stands in for one which is not installed.
 * @param importer a file
 */
export function standIn (specifier: string, error: unknown, importer: string | undefined): string | undefined {
  const name = withoutExtension(specifier)
  if (!hasStandIn(name) || !isNotFound(error)) return undefined
  return name === 'react' && !asksForCache(importer) ? undefined : name
}

/** There is nothing else of React itself: packages, and who asks for more, are to hear that it is missing. */
const asksForCache = (importer: string | undefined): boolean =>
  importer !== undefined && !isInPackage(importer) && /\bcache\b/.test(readFileSync(importer, 'utf8'))

const completed = new WeakMap<object, object>()

/** What `require()` gives for a name: to a module that asks for `cache`, a React before 19 and that. */
export function complete (specifier: string, exported: unknown, importer: string | undefined): unknown {
  if (specifier !== 'react' || typeof exported !== 'object' || exported === null || 'cache' in exported || !asksForCache(importer)) return exported
  const copy = completed.get(exported) ?? { ...exported, ...served('react') }
  completed.set(exported, copy)
  return copy
}

/** The names of what is bound as globals. */
export const globalNames = (): string[] => Object.keys(served('globals') ?? {})

export const textOf = (source: string | ArrayBuffer | NodeJS.TypedArray): string => typeof source === 'string' ? source : new TextDecoder().decode(source)

/** The text of an ES module that hands out a served module. */
export function sourceOf (name: string): string {
  const names = Object.keys(served(name)!).filter((exported) => exported !== 'default')
  const from = `${REGISTRY_SOURCE}[${JSON.stringify(name)}]`
  return `const module = ${from}\nexport const { ${names.join(', ')} } = module\nexport default module\n`
}

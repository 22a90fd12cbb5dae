import { readFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import { compile } from './compile.ts'
import { noteFetchedFiles } from './fetched-files.ts'
import { COMPILED, formatOf, hasLoaderBehind, isInPackage } from './module-format.ts'
import { withoutNextTypes } from './next-types.ts'
import { bindPackageScope, bindScope } from './scope.ts'
import { INSIDE_NEXT } from './served-modules.ts'

/** Modules of the application, which Node.js does not take as they are written. */

export interface AppModule {
  /** `module`, `commonjs`, and these with `-typescript` where Node.js strips the types. */
  format: string
  source: string
  /** Whether the text is another than the file's. */
  compiled: boolean
}

/** Whether a file is a module of the application: no package's, and of a kind that Node.js runs, or we compile. */
const isAppModule = (file: string): boolean => !isInPackage(file) && (COMPILED.test(file) || /\.[cm]?js$/.test(file))

/** Reads a module of the application; undefined for what is none. */
export function readModule (file: string): AppModule | undefined {
  if (!isAppModule(file)) return undefined
  const text = readFileSync(file, 'utf8')
  const source = COMPILED.test(file) ? withoutNextTypes(text) : text
  const format = formatOf(file, text)
  const compiled = compile(file, source, format)
  if (compiled !== undefined) return { format, source: compiled, compiled: true }
  return { format: COMPILED.test(file) ? `${format}-typescript` : format, source, compiled: false }
}

/**
 * What `import` gets of a file of the application, or of JSON: text, or the format by which Node.js loads it; undefined for all else.
 * Naming the format keeps Node.js from guessing, and from warning that it had to.
 * @param known the format, if its resolver has told one
 */
export function readForImport (url: string, attributes: Record<string, string> | undefined, known: string | null | undefined): { format: string, source?: string } | undefined {
  if (!url.startsWith('file:') || (isInPackage(url) && !url.endsWith('.json'))) return undefined
  const file = fileURLToPath(url)
  if (file.endsWith('.json')) return attributes?.type === undefined ? requiring(file, namesOf(JSON.parse(readFileSync(file, 'utf8')))) : undefined
  if (!isAppModule(file)) return undefined
  const read = readOwn(file, known)
  const loaded = loadedExports(file)
  // A compiling loader has made CommonJS of it, for another module: that is the one instance.
  if (isModule(read.format) && loaded !== undefined) return requiring(file, namesOf(loaded))
  if (!('source' in read)) return read
  // CommonJS that a hook hands to `import` is, on Node.js 22, another instance than that of require().
  return isModule(read.format) ? read : requiring(file, exportNames(read.source))
}

/** Others' hooks are to see a file that Node.js runs as it is, and Node.js to read it: of that, the format is enough. */
function readOwn (file: string, known: string | null | undefined): AppModule | { format: string } {
  if (!COMPILED.test(file) && !hasLoaderBehind()) return { format: known === 'module' ? known : formatOf(file) }
  const read = readModule(file)!
  return read.compiled || COMPILED.test(file) ? read : { format: read.format }
}

export const isModule = (format: unknown): boolean => String(format).startsWith('module')

/** The text of an ES module of the application, as it is or was compiled, as Next.js would take it. */
export function asInNext (url: string, source: string): string {
  return noteFetchedFiles(bindScope(COMPILED.test(url) ? source : compile(fileURLToPath(url), source, 'module') ?? source))
}

/** The text of an ES module of a package, as bundlers would take it. */
export const asInBundle = (url: string, source: string): string => INSIDE_NEXT.test(url) ? source : bindPackageScope(source)

/** What a file exports that is loaded as CommonJS already. */
function loadedExports (file: string): unknown {
  const { _cache: cache } = module as unknown as { _cache: Record<string, { loaded: boolean, exports: unknown } | undefined> }
  const exported = cache[file]?.loaded === true ? cache[file]?.exports : undefined
  return types.isModuleNamespaceObject(exported) ? undefined : exported
}

/** An ES module that hands out what `require()` gives for a file. */
function requiring (file: string, names: string[]): { format: string, source: string } {
  const exported = names.filter((name) => name !== 'default' && name !== '__esModule')
  const source = [
    "import { createRequire } from 'node:module'",
    `const exported = createRequire(import.meta.url)(${JSON.stringify(file)})`,
    'export default exported?.__esModule ? exported.default : exported',
    ...exported.map((name, index) => `const name${index} = exported[${JSON.stringify(name)}]\nexport { name${index} as ${JSON.stringify(name)} }`)
  ].join('\n')
  return { format: 'module', source }
}

function namesOf (exported: unknown): string[] {
  return typeof exported !== 'object' || exported === null || Array.isArray(exported) ? [] : Object.keys(exported)
}

/** The names that a CommonJS module exports: esbuild notes them at the end, people write `exports.name =`. */
function exportNames (source: string): string[] {
  const note = /^0 && \(module\.exports = \{([^}]*)\}\);/m.exec(source)?.[1] ?? ''
  return [...new Set([...note.matchAll(/[\w$]+/g), ...source.matchAll(/(?<=\bexports\.)[\w$]+(?=\s*=[^=])/g)].map(([name]) => name))]
}

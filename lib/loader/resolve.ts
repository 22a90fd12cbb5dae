import { statSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'
import { isInPackage } from './module-format.ts'
import { isNotFound } from './not-found.ts'
import { configFor } from './tsconfig.ts'

/** What bundlers resolve and Node.js does not. All paths are of the file system. */

const isRelative = (specifier: string): boolean => /^\.{1,2}(?:\/|$)/.test(specifier)

/** The file that `tsconfig.json` maps a specifier to (`@/lib/db`), if there is one. */
export function resolveByConfig (specifier: string, importer: string): string | undefined {
  if (isInPackage(importer) || isRelative(specifier) || path.isAbsolute(specifier) || specifier.includes(':') || isBuiltin(specifier)) return undefined
  for (const candidate of configFor(importer).match(specifier)) {
    const file = fileAt(candidate)
    if (file !== undefined) return file
  }
  return undefined
}

/** The file of the application that a specifier stands for, if there is one. */
export function resolveInApp (specifier: string, importer: string): string | undefined {
  return isRelative(specifier) ? fileAt(path.resolve(path.dirname(importer), specifier)) : resolveByConfig(specifier, importer)
}

/**
 * The file behind a relative specifier that Node.js has not found: `../lib/db` without an extension, a directory, and in
 * the application `./db.js` where the file is `db.ts`.
 */
export function resolveLoosely (specifier: string, importer: string, error: unknown): string | undefined {
  if (!isRelative(specifier) || !isNotFound(error)) return undefined
  if (!isInPackage(importer)) return resolveInApp(specifier, importer)
  return firstFile(extended(path.resolve(path.dirname(importer), specifier), PACKAGE_EXTENSIONS))
}

/** The same for what `import` has not found, be it `lodash/get`, which `require()` would find. */
export function resolveImportLoosely (specifier: string, importer: string, error: unknown): string | undefined {
  if (isRelative(specifier) || !isNotFound(error)) return resolveLoosely(specifier, importer, error)
  if (!/^(?:@[^/]+\/)?[^/:]+\/./.test(specifier)) return undefined
  try {
    return createRequire(importer).resolve(specifier)
  } catch {
    return undefined
  }
}

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']

/** The sources of a package may lie beside what was compiled of them. */
const PACKAGE_EXTENSIONS = ['.js', '.mjs', '.cjs', '.json']

/** The file that a path stands for, or undefined. */
function fileAt (base: string): string | undefined {
  const typeScript = /^(.*\.[cm]?)jsx?$/.exec(base)?.[1]
  return firstFile([base, ...(typeScript === undefined ? [] : [`${typeScript}ts`, `${typeScript}tsx`]), ...extended(base, EXTENSIONS)])
}

const extended = (base: string, extensions: string[]): string[] =>
  [base, path.join(base, 'index')].flatMap((stem) => extensions.map((extension) => stem + extension))

const firstFile = (candidates: string[]): string | undefined =>
  candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true)

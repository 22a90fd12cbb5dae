import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import vm from 'node:vm'

/** `import` or `export` where a statement may begin. */
export const ESM_SYNTAX = /^\s*(?:import[\s{*"']|export[\s{*])/m

/** What only CommonJS can mean: `import x = require('x')`, `export = x`. */
const COMMONJS_TYPESCRIPT = /^\s*(?:import\s+[\w$]+\s*=|export\s*=)/m

/** Files that Node.js cannot run as they are: TypeScript and JSX. */
export const COMPILED = /\.(?:[cm]?ts|tsx|jsx)$/

export const isInPackage = (fileOrUrl: string): boolean => /[\\/]node_modules[\\/]/.test(fileOrUrl)

export type Format = 'module' | 'commonjs'

let compilesToCommonJs = false

/** Whether a compiling loader (tsx, ts-node) makes CommonJS of TypeScript in packages without `"type": "module"`. */
export function setCompilesToCommonJs (value: boolean): void {
  compilesToCommonJs = value
}

/** Whether there is such a loader, which reads every file before Node.js does. */
export const hasLoaderBehind = (): boolean => compilesToCommonJs

/**
 * How a module of the application is written: by extension, by package, else by its syntax, as Node.js does it. What
 * `npm init` writes, `"type": "commonjs"`, says nothing: people write `import` all the same, as Next.js lets them.
 * @param text of the file, if it is at hand; it is read only where it is looked at
 */
export function formatOf (file: string, text?: string): Format {
  if (/\.m[jt]s$/.test(file)) return 'module'
  if (/\.c[jt]s$/.test(file)) return 'commonjs'
  if (packageType(path.dirname(file)) === 'module') return 'module'
  const source = text ?? readFileSync(file, 'utf8')
  if (!ESM_SYNTAX.test(source)) return 'commonjs'
  if (COMPILED.test(file)) return compilesToCommonJs || COMMONJS_TYPESCRIPT.test(source) ? 'commonjs' : 'module'
  return isScript(source) ? 'commonjs' : 'module'
}

/** Like Node.js, reads a package.json once. */
const typesOfPackages = new Map<string, unknown>()

function packageType (dir: string): unknown {
  if (!typesOfPackages.has(dir)) typesOfPackages.set(dir, readPackageType(dir))
  return typesOfPackages.get(dir)
}

function readPackageType (dir: string): unknown {
  const manifest = path.join(dir, 'package.json')
  if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { type?: unknown }).type
  const parent = path.dirname(dir)
  return parent === dir ? undefined : packageType(parent)
}

/** A line that looks like an import may also stand in a comment or a template. */
function isScript (source: string): boolean {
  try {
    vm.compileFunction(source.replace(/^#!/, '//'))
    return true
  } catch {
    return false
  }
}

import { existsSync, readFileSync, statSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MissingPackageError } from '../errors.ts'
import { ESM_SYNTAX } from './module-kind.ts'

/**
 * TypeScript where Node.js runs module hooks on the main thread. Such a Node.js strips types itself; what it cannot strip
 * (JSX, enums, decorators, parameter properties) is compiled by the esbuild that the optional peer `tsx` brings.
 */

type NextLoad = (url: string, context?: object) => module.LoadFnOutput
type NextResolve = (specifier: string, context?: object) => module.ResolveFnOutput

/** Files that Node.js cannot run as they are: TypeScript and JSX. */
export const TYPESCRIPT = /\.(?:[cm]?ts|tsx|jsx)$/
// A false hit only means that esbuild compiles a file which Node.js could have stripped.
const NOT_STRIPPABLE = /\b(?:enum|namespace|module)\s+[\w$]+\s*\{|\bimport\s+[\w$]+\s*=|^\s*@[\w$]+|\bconstructor\s*\([^)]*\b(?:public|private|protected|readonly)\s/m

/** How Node.js says that a file is beyond it: no TypeScript at all, or (where it strips to find the module kind) too much. */
const CANNOT = new Set<string | undefined>(['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'])

export function loadTypeScript (url: string, context: module.LoadHookContext, next: NextLoad): module.LoadFnOutput {
  if (!url.startsWith('file:') || !TYPESCRIPT.test(url) || url.includes('/node_modules/')) return next(url, context)
  let loaded: module.LoadFnOutput
  try {
    loaded = next(url, context)
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code)) throw error
    return compile(url, readFileSync(new URL(url), 'utf8'))
  }
  // require() takes an unknown extension for JavaScript.
  if (/x$/.test(url) && isUntouched(url, loaded)) return compile(url, String(loaded.source))
  if (!String(loaded.format).endsWith('-typescript')) return loaded
  const source = String(loaded.source ?? readFileSync(new URL(url), 'utf8'))
  // `npm init` writes "type": "commonjs", and people write `import` all the same, as Next.js lets them.
  const isMislabelled = loaded.format === 'commonjs-typescript' && ESM_SYNTAX.test(source)
  return isMislabelled || NOT_STRIPPABLE.test(source) ? compile(url, source) : loaded
}

/** Whether no other hook has compiled a file. */
function isUntouched (url: string, { source }: module.LoadFnOutput): boolean {
  return source != null && String(source) === readFileSync(new URL(url), 'utf8')
}

function compile (url: string, source: string): module.LoadFnOutput {
  const file = fileURLToPath(url)
  const format = formatOf(file, source)
  const { code } = esbuildFor(file).transformSync(source, {
    loader: /x$/.test(file) ? 'tsx' : 'ts',
    format: format === 'module' ? 'esm' : 'cjs',
    // Older Next.js tsconfig.json files say "preserve", and so no tsconfig is read here.
    jsx: 'automatic',
    target: `node${process.versions.node}`,
    sourcefile: file,
    sourcemap: 'inline',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } }
  })
  return { format, source: code, shortCircuit: true }
}

interface Esbuild { transformSync (source: string, options: object): { code: string } }

let esbuild: Esbuild | undefined

function esbuildFor (file: string): Esbuild {
  if (esbuild === undefined) {
    const tsx = resolveTsx(file, 'It holds syntax that Node.js cannot strip (JSX, enums, decorators or parameter properties).')
    esbuild = createRequire(tsx)('esbuild') as Esbuild
  }
  return esbuild
}

/**
 * The package.json of `tsx`: the application's own, else the one beside us.
 * @throws MissingPackageError
 */
export function resolveTsx (file: string, why: string): string {
  for (const from of [file, path.join(process.cwd(), 'x'), fileURLToPath(import.meta.url)]) {
    try {
      return createRequire(from).resolve('tsx/package.json')
    } catch {}
  }
  throw new MissingPackageError(`Loading ${file} needs the package tsx. ${why}`, 'tsx')
}

/** Whether Node.js takes a file for an ES module, by its extension, its package or (as Node.js does) its syntax. */
export function formatOf (file: string, source?: string): 'module' | 'commonjs' {
  if (/\.m[jt]s$/.test(file)) return 'module'
  if (/\.c[jt]s$/.test(file)) return 'commonjs'
  const type = packageType(path.dirname(file))
  if (type === 'module' || type === 'commonjs') return type
  return source !== undefined && ESM_SYNTAX.test(source) ? 'module' : 'commonjs'
}

function packageType (dir: string): unknown {
  for (let at = dir; ; at = path.dirname(at)) {
    const manifest = path.join(at, 'package.json')
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { type?: unknown }).type
    if (at === path.dirname(at)) return undefined
  }
}

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json']

/** `import '../lib/db'`, as bundlers allow it and Node.js does not. */
export function resolveWithoutExtension (specifier: string, context: { parentURL?: string, conditions?: readonly string[] }, next: NextResolve): module.ResolveFnOutput {
  try {
    return next(specifier, context)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND' && code !== 'ERR_UNSUPPORTED_DIR_IMPORT') throw error
    if (!/^\.{1,2}\//.test(specifier) || !context.parentURL?.startsWith('file:')) throw error
    const base = fileURLToPath(new URL(specifier, context.parentURL))
    // `./db.js` may stand for `./db.ts`, as TypeScript has it.
    const stems = /\.[cm]?jsx?$/.test(base) ? [base.replace(/\.([cm]?)jsx?$/, '')] : [base, path.join(base, 'index')]
    for (const stem of stems) {
      for (const extension of EXTENSIONS) {
        const candidate = stem + extension
        if (statSync(candidate, { throwIfNoEntry: false })?.isFile() !== true) continue
        // require() takes paths, import takes URLs.
        return next(context.conditions?.includes('require') === true ? candidate : pathToFileURL(candidate).href, context)
      }
    }
    throw error
  }
}

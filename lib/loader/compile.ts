import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { MissingPackageError } from '../errors.ts'
import { COMPILED, ESM_SYNTAX, type Format } from './module-format.ts'
import { configFor } from './tsconfig.ts'

/**
 * TypeScript and JSX. Node.js 22.18 and later strips types itself, and keeps lines and columns. What it cannot strip, and
 * everything on older ones, is compiled by the esbuild that the optional peer `tsx` brings.
 */

/** Whether this Node.js strips types by itself. */
const strips = 'typescript' in process.features && Boolean((process.features as { typescript?: unknown }).typescript)

// A false hit only means that esbuild compiles a file which Node.js could have stripped.
const NOT_STRIPPABLE = /\b(?:enum|namespace|module)\s+[\w$]+\s*\{|\bimport\s+[\w$]+\s*=|^\s*export\s*=|^\s*@[\w$]+|\bconstructor\s*\([^)]*\b(?:public|private|protected|readonly)\s/m

// What strings hold as well: left to Node.js where there is no tsx. Decorators within a line, `accessor`, `using`, `<Type>value`.
const PERHAPS_NOT_STRIPPABLE = /[{;(,}]\s*@[\w$]|\baccessor\s+[\w$#[]|\busing\s+[\w$]+\s*=|(?:[=(,:?]|\breturn)\s*<[\w$[{(]/

// Where `<` cannot mean "less than". A false hit only means that esbuild writes the same JavaScript again.
const JSX = /(?:^|[=(?:,{[>]|&&|\|\||\?\?|\b(?:return|default|yield|await|case))\s*<(?:>|[A-Za-z_$][\w$.:-]*(?:\s+[\w{/]|\s*\/?>))/m

/**
 * The text of a TypeScript or JSX module as JavaScript; undefined where Node.js runs it as it is, and strips the types itself.
 * @throws MissingPackageError where tsx is needed and not installed
 */
export function compile (file: string, source: string, format: Format): string | undefined {
  if (!COMPILED.test(file)) return mayHoldJsx(source) && findTsx(file) !== undefined ? transform(file, source, format, esbuildFor(file, '')) : undefined
  const isJsx = file.endsWith('x')
  const isStrippable = !isJsx && strips && !NOT_STRIPPABLE.test(source) && !(format === 'commonjs' && ESM_SYNTAX.test(source))
  if (isStrippable && (!needsTsx(source) || findTsx(file) === undefined)) return undefined
  const why = isJsx || strips ? 'It holds syntax that Node.js cannot strip (JSX, enums, decorators, parameter properties, or import and export in a CommonJS file).' : `Node.js ${process.versions.node} does not run TypeScript by itself.`
  return transform(file, source, format, esbuildFor(file, why))
}

/** JavaScript may, too, in Next.js's projects. Without tsx, Node.js tells what it cannot read. */
export function mayHoldJsx (source: string): boolean {
  return (source.includes('/>') || source.includes('</')) && JSX.test(source)
}

/** An ES module as CommonJS, where tsx is there to do it. */
export function toCommonJs (file: string, source: string): string | undefined {
  return findTsx(file) === undefined ? undefined : transform(file, source, 'commonjs', esbuildFor(file, ''))
}

function transform (file: string, source: string, format: Format, esbuild: Esbuild): string {
  const { options } = configFor(file)
  return esbuild.transformSync(source, {
    loader: /\.[cm]?ts$/.test(file) ? 'ts' : file.endsWith('.tsx') ? 'tsx' : 'jsx',
    format: format === 'module' ? 'esm' : 'cjs',
    platform: 'node',
    target: `node${process.versions.node}`,
    // Older Next.js projects have "jsx": "preserve", which is for Next.js's own compiler.
    jsx: 'automatic',
    jsxImportSource: options.jsxImportSource,
    sourcefile: file,
    sourcemap: 'inline',
    tsconfigRaw: { compilerOptions: { experimentalDecorators: options.experimentalDecorators, useDefineForClassFields: options.useDefineForClassFields } }
  }).code
}

/** Names after `import`, without those that say `type` themselves. */
const NAMED_IMPORT = /^[ \t]*import\s+(?!type\s)(?:[\w$]+\s*,\s*)?\{([^}]*)\}\s*from/gm
const DEFAULT_IMPORT = /^[ \t]*import\s+(?!type\s+[\w${])([\w$]+)\s*(?:,\s*\{[^}]*\}\s*)?from/gm

/** Whether Node.js may be unable to strip it, which cannot be told for certain here; without tsx it is left to Node.js. */
function needsTsx (source: string): boolean {
  const code = source.replace(/^[ \t]*(?:\/\/|\/?\*).*$/gm, '')
  return PERHAPS_NOT_STRIPPABLE.test(code) || mayImportTypes(code)
}

/**
 * Whether an import may be of a type and not say so, which TypeScript allows and Node.js does not: a name that is nowhere
 * called, constructed, extended or looked into.
 */
function mayImportTypes (code: string): boolean {
  const names = [...code.matchAll(NAMED_IMPORT)]
    .flatMap(([, list]) => list!.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '' && !item.startsWith('type '))
    .map((item) => item.split(/\s+as\s+/).at(-1)!)
  for (const [, name] of code.matchAll(DEFAULT_IMPORT)) names.push(name!)
  return names.some((name) => {
    const escaped = name.replaceAll('$', '\\$')
    return !new RegExp(`(?<![\\w$.])${escaped}\\s*[.(\`\\[]|\\b(?:new|extends|instanceof|await)\\s+${escaped}(?![\\w$])`).test(code)
  })
}

interface Esbuild {
  transformSync (source: string, options: object): { code: string }
  stop? (): Promise<void>
}

let esbuild: Esbuild | undefined

function esbuildFor (file: string, why: string): Esbuild {
  if (esbuild === undefined) {
    const tsx = findTsx(file)
    if (tsx === undefined) throw new MissingPackageError(`Loading ${file} needs the package tsx. ${why}`, 'tsx')
    esbuild = createRequire(tsx)('esbuild') as Esbuild
  }
  return esbuild
}

/** Lets go of esbuild's process and thread, which take 50 MiB. They come back where a module is loaded later. */
export function releaseCompiler (): void {
  void esbuild?.stop?.()
}

/** The package.json of `tsx`: the application's own, else the one beside us. */
function findTsx (file: string): string | undefined {
  for (const from of [file, path.join(process.cwd(), 'x'), fileURLToPath(import.meta.url)]) {
    try {
      return createRequire(from).resolve('tsx/package.json')
    } catch {}
  }
  return undefined
}

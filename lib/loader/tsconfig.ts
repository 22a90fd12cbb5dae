import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createPathsMatcher, getTsconfig, type TsConfigJson } from 'get-tsconfig'
import { compiledFirst } from './out-dir.ts'
import { warnOfProcess } from '../warn.ts'

type CompilerOptions = NonNullable<TsConfigJson['compilerOptions']>

interface Config {
  options: CompilerOptions
  /** The files that a specifier may stand for, by `paths` and `baseUrl`, without their extensions. */
  match: (specifier: string) => string[]
}

const NONE: Config = { options: {}, match: () => [] }
const byDirectory = new Map<string, Config>()
const files = new Map<string, unknown>()

/** The `tsconfig.json`, else the `jsconfig.json`, that is nearest above a file. It is read once. */
export function configFor (file: string): Config {
  const dir = path.dirname(file)
  let config = byDirectory.get(dir)
  if (config === undefined) byDirectory.set(dir, config = read(dir))
  return config
}

function read (dir: string): Config {
  try {
    const found = getTsconfig(dir, 'tsconfig.json', files) ?? getTsconfig(dir, 'jsconfig.json', files)
    if (found === null) return NONE
    warnOfSyntax(found.path)
    const match = createPathsMatcher(found)
    return { options: found.config.compilerOptions ?? {}, match: match === null ? NONE.match : compiledFirst(match, dir, found) }
  } catch (error) {
    // A server in production may lack a package that its tsconfig.json extends; most do not need `paths` at all.
    warn(`The tsconfig.json for ${dir} could not be read, so its \`paths\` are not resolved: ${(error as Error).message}`)
    return NONE
  }
}

const warn = (message: string): void => { warnOfProcess(message, 'FAR_TSCONFIG') }

const checked = new Set<string>()

/** The parser takes anything, and passes over what it does not understand. */
function warnOfSyntax (file: string): void {
  if (checked.has(file)) return
  checked.add(file)
  const text = asJson(readFileSync(file, 'utf8'))
  try {
    if (text.trim() !== '') JSON.parse(text)
  } catch (error) {
    warn(`${file} is not valid JSON, so its \`paths\` may not be resolved: ${(error as Error).message}`)
  }
}

/** Without comments and commas at ends, which TypeScript allows. Nothing changes its line and column. */
function asJson (text: string): string {
  const blank = (pattern: RegExp, from: string): string => from.replace(pattern, (found: string, quoted?: string) => quoted ?? found.replace(/[^\n]/g, ' '))
  const code = blank(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[^]*?\*\//g, text.replace(/^\uFEFF/, ''))
  return blank(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, code)
}

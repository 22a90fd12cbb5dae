import path from 'node:path'
import { createPathsMatcher, getTsconfig, type TsConfigJson } from 'get-tsconfig'

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
    return { options: found.config.compilerOptions ?? {}, match: createPathsMatcher(found) ?? NONE.match }
  } catch (error) {
    // A server in production may lack a package that its tsconfig.json extends; most do not need `paths` at all.
    process.emitWarning(`The tsconfig.json for ${dir} could not be read, so its \`paths\` are not resolved: ${(error as Error).message}`, { code: 'FAR_TSCONFIG' })
    return NONE
  }
}

import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseTsconfig, type TsConfigResult } from 'get-tsconfig'

/**
 * `paths` name sources. In what `tsc` has compiled they stand for what became of these: the sources may not be deployed,
 * and where they are, a module would be there twice.
 */

type Match = (specifier: string) => string[]

/** For the files of a directory: where it is one of `outDir`, the compiled file comes before the source. */
export function compiledFirst (match: Match, dir: string, found: TsConfigResult): Match {
  const home = path.dirname(found.path)
  const { outDir, rootDir } = emitOptions(found)
  if (outDir === undefined) return match
  const out = path.resolve(home, outDir)
  // Compiled in place, or somewhere above: nothing tells sources there.
  if (within(home, out) !== undefined || within(dir, out) === undefined) return match
  // Without a `rootDir` it is the folder of the tsconfig.json, or what all sources have in common.
  const roots = rootDir === undefined ? [home, path.join(home, 'src')] : [path.resolve(home, rootDir)]
  return (specifier) => match(specifier).flatMap((file) => [...roots.flatMap((root) => compiled(file, root, out)), file])
}

/** A build often has a configuration of its own, for which no tool looks by itself. */
function emitOptions (found: TsConfigResult): { outDir?: string, rootDir?: string } {
  const build = path.join(path.dirname(found.path), 'tsconfig.build.json')
  const options = found.config.compilerOptions ?? {}
  if (!existsSync(build)) return options
  try {
    return { ...options, ...parseTsconfig(build).compilerOptions }
  } catch {
    // A server in production may lack a package that it extends.
    return options
  }
}

function compiled (file: string, root: string, out: string): string[] {
  const inner = within(file, root)
  if (inner === undefined) return []
  const moved = path.join(out, inner)
  return [...new Set([moved.replace(/\.([cm]?)tsx?$/, '.$1js'), moved])]
}

/** The path of a file below a directory. */
function within (file: string, dir: string): string | undefined {
  const inner = path.relative(dir, file)
  return inner === '..' || inner.startsWith(`..${path.sep}`) || path.isAbsolute(inner) ? undefined : inner
}

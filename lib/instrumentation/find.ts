import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const EXTENSIONS = ['tsx', 'ts', 'jsx', 'js', 'mts', 'mjs', 'cts', 'cjs']

/**
 * OpenTelemetry's guides, too, call the file `instrumentation` that sets it up, and to load that one more time would do it
 * twice. One that exports neither of the two functions is not meant for us.
 */
const EXPORTS = /\bexport\s+(?:async\s+)?(?:function|const|let|var)\s+(?:register|onRequestError)\b|\bexport\s*(?:const\s*)?\{[^}]*\b(?:register|onRequestError)\b|\bexport\s*\*|\bexports\.(?:register|onRequestError)\b|\bmodule\.exports\s*=\s*\{[^}]*\b(?:register|onRequestError)\b/

/**
 * The `instrumentation.ts` of an application: beside its app directory, or above a `src` folder.
 * @param dir the app directory
 */
export function findInstrumentation (dir: string): string | undefined {
  const beside = path.dirname(dir)
  const folders = path.basename(beside) === 'src' ? [beside, path.dirname(beside)] : [beside]
  const files = folders.flatMap((folder) => EXTENSIONS.map((extension) => path.join(folder, `instrumentation.${extension}`)))
  return files.find((file) => existsSync(file) && EXPORTS.test(readFileSync(file, 'utf8')))
}

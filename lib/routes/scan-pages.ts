import path from 'node:path'
import { globby } from 'globby'
import { demandDirectory } from './directory.ts'
import type { Entry } from './scan.ts'

/** Which of several files of one path is taken, by their endings. */
const ENDINGS = ['tsx', 'ts', 'jsx', 'js', 'mts', 'mjs', 'cts', 'cjs']

/**
 * Finds the API routes of a `pages` directory: every source file below `api`, whatever it is called.
 * @param dir the `pages` directory, or its `api` folder
 * @param appDir what file names are told relative to
 * @throws AppDirectoryNotFoundError
 * @see https://nextjs.org/docs/pages/building-your-application/routing/api-routes
 */
export async function scanPages (dir: string, appDir: string, warn: (message: string) => void): Promise<Entry[]> {
  const pages = path.basename(dir) === 'api' ? path.dirname(dir) : dir
  await demandDirectory('pages', dir)
  const files = await globby([`api.{${ENDINGS.join()}}`, `api/**/*.{${ENDINGS.join()}}`], { cwd: pages, ignore: ['**/node_modules/**', '**/*.d.{ts,mts,cts}'], dot: true, expandDirectories: false })
  const toAppDir = path.relative(appDir, pages).replaceAll('\\', '/')
  const chosen = new Map<string, Entry>()
  for (const file of files.sort(byEnding)) {
    const entry = toEntry(file, toAppDir)
    const rival = chosen.get(entry.path)
    if (rival === undefined) chosen.set(entry.path, entry)
    else warn(`${entry.file} is not used: ${rival.file} serves ${entry.path}.`)
  }
  return [...chosen.values()]
}

function byEnding (a: string, b: string): number {
  const order = ENDINGS.indexOf(path.extname(a).slice(1)) - ENDINGS.indexOf(path.extname(b).slice(1))
  return order === 0 ? (a < b ? -1 : 1) : order
}

/** An `index` file stands for its folder. */
function toEntry (file: string, toAppDir: string): Entry {
  const segments = file.replace(/\.[^./]+$/, '').split('/')
  if (segments.length > 1 && segments.at(-1) === 'index') segments.pop()
  return { kind: 'api', file: `${toAppDir}/${file}`, segments, path: '/' + segments.join('/') }
}

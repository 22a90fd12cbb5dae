import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { AppDirectoryProblem } from '../errors.ts'
import type { Compat } from '../routes/options.ts'
import { rankOf } from '../routes/preference.ts'

interface FindOptions {
  /** The app directory. */
  dir: string
  compat: Compat
  /** Told of files that are not run; each sentence names one. */
  warn: (message: string) => void
}

const PROXY_FILE = /^(?:proxy|middleware)\.(?:[jt]sx?|[cm][jt]s)$/

/** A file as messages name it: relative to the app directory. */
export const shownAs = (file: string, dir: string): string => path.relative(dir, file).replaceAll('\\', '/')

/** `proxy` of `/project/proxy.ts`. */
export const nameOf = (file: string): string => path.basename(file).split('.', 1)[0]!

/**
 * Looks for the proxy file of an app directory: beside it, as in Next.js, and in projects with a `src` folder beside that. Two
 * that both want to be it are a problem.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/proxy
 */
export function findProxy ({ dir, compat, warn }: FindOptions, problems: AppDirectoryProblem[]): string | undefined {
  const parent = path.dirname(dir)
  const beside = filesIn(parent, compat)
  const above = path.basename(parent) === 'src' ? filesIn(path.dirname(parent), compat) : []
  const [chosen, ...others] = [...beside, ...above]
  if (compat === 16 && new Set(beside.map(nameOf)).size > 1) {
    problems.push(twoFiles(beside, dir))
    return undefined
  }
  for (const file of others) warn(`${shownAs(file, dir)} is not run: ${shownAs(chosen!, dir)} is the proxy of this directory.`)
  for (const file of filesIn(dir, compat)) warn(`${shownAs(file, dir)} is not run: the proxy of a directory is beside it. Move it there, or name it by the option \`proxy\`.`)
  return chosen
}

function twoFiles (files: string[], dir: string): AppDirectoryProblem {
  const [middleware, proxy] = ['middleware', 'proxy'].map((name) => shownAs(files.find((file) => nameOf(file) === name)!, dir))
  return {
    code: 'FAR_ERR_LAYOUT',
    message: `Both middleware file "${middleware}" and proxy file "${proxy}" are detected. Please use "${proxy}" only. Learn more: https://nextjs.org/docs/messages/middleware-to-proxy`,
    files: [middleware!, proxy!],
    mend: `Move what ${middleware} does into ${proxy}, and remove it.`
  }
}

/** The one that is run first. Up to 15 it is called middleware, since 16 proxy; either is a guard. */
function filesIn (dir: string, compat: Compat): string[] {
  const convention = compat === 16 ? 'proxy' : 'middleware'
  const rank = (file: string): number => rankOf(file, compat) + (nameOf(file) === convention ? 0 : 100)
  return readdirSync(dir).filter((name) => PROXY_FILE.test(name)).sort((a, b) => rank(a) - rank(b)).map((name) => path.join(dir, name))
}

import type { AppDirectoryProblem } from '../errors.ts'
import { loadModule } from '../loader/load.ts'
import type { NextProxy } from '../next/proxy-types.ts'
import { needsContext } from '../routes/needs-context.ts'
import type { Compat } from '../routes/options.ts'
import { addLoadProblem } from '../routes/problems.ts'
import { nameOf, shownAs } from './find-proxy.ts'
import { parseMatchers, type MatcherPattern } from './matcher.ts'

/** A proxy file, loaded. */
export interface ProxyFile {
  /** Relative to the app directory. */
  file: string
  /** What Next.js calls it: `/proxy` or `/middleware`. */
  page: string
  handler: NextProxy
  /** Undefined where it is for every path. */
  matchers: MatcherPattern[] | undefined
  /** Whether it may ask for the context of its request. */
  needsContext: boolean
}

interface LoadOptions {
  /** The app directory. */
  dir: string
  compat: Compat
  basePath: string
}

/**
 * Loads a proxy file. What is wrong is added to the problems: a guard that cannot be loaded must not be passed over.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/proxy
 */
export async function loadProxyFile (found: string, options: LoadOptions, problems: AppDirectoryProblem[]): Promise<ProxyFile | undefined> {
  const file = shownAs(found, options.dir)
  try {
    return read(await loadModule(found), found, file, options, problems)
  } catch (error) {
    addLoadProblem(problems, file, error)
    return undefined
  }
}

function read (module: unknown, found: string, file: string, { compat, basePath }: LoadOptions, problems: AppDirectoryProblem[]): ProxyFile | undefined {
  // `module.exports = function`, or exports by name.
  const exported = (typeof module === 'function' ? { default: module } : module) as Record<string, unknown>
  const name = nameOf(found)
  const names = name === 'proxy' || name === 'middleware' ? [name] : ['proxy', 'middleware']
  const page = `/${name === 'middleware' ? name : 'proxy'}`
  const handler = [...names, 'default'].map((key) => exported[key]).find((value) => value !== undefined)
  const problem = handlerProblem(handler, page, file, names)
  if (problem !== undefined) {
    problems.push({ code: 'FAR_ERR_LOAD', message: problem, files: [file], mend: `Export one: export function ${names[0]} (request) { … }. If the file is something else, set the option \`proxy\` to false, or to the file that is meant.` })
  }
  const config = (exported.config ?? {}) as { matcher?: unknown, runtime?: unknown }
  checkRuntime(config.runtime ?? exported.runtime, page, file, compat, problems)
  const matchers = parseMatchers(config.matcher, basePath)
  if ('problem' in matchers) {
    problems.push({ code: 'FAR_ERR_SEGMENT_CONFIG', message: `${page} contains invalid middleware config: ${matchers.problem}`, files: [file], mend: 'Correct `matcher` in `export const config`.' })
    return undefined
  }
  return { file, page, handler: handler as NextProxy, matchers: matchers.patterns, needsContext: needsContext(found) }
}

function handlerProblem (handler: unknown, page: string, file: string, names: string[]): string | undefined {
  const what = page === '/middleware' ? 'Middleware' : 'Proxy'
  if (typeof handler !== 'function') return `${what} is missing expected function export name: ${file} exports no function, by default or as \`${names.join('` or `')}\`.`
  // Many an Express application has a file of that name.
  return handler.length > 2 ? `${file} exports a function of ${handler.length} parameters, as middleware of Express has: a proxy of Next.js gets a request and an event.` : undefined
}

/** Here as in Next.js 16 it is Node.js always; earlier files may say so, or have asked for the edge runtime. */
function checkRuntime (runtime: unknown, page: string, file: string, compat: Compat, problems: AppDirectoryProblem[]): void {
  if (runtime === undefined || (compat < 16 && runtime !== 'edge')) return
  const message = compat === 16
    ? `Route segment config is not allowed in Proxy file at "${file}". Proxy always runs on Node.js runtime. Learn more: https://nextjs.org/docs/messages/middleware-to-proxy`
    : `Page ${page} provided runtime 'edge', the edge runtime for rendering is currently experimental. Use runtime 'experimental-edge' instead.`
  problems.push({ code: 'FAR_ERR_SEGMENT_CONFIG', message, files: [file], mend: 'Remove `runtime`: it runs on Node.js.' })
}

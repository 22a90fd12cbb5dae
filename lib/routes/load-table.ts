import { AppDirectoryError, type AppDirectoryProblem } from '../errors.ts'
import { chooseFiles } from './choose-files.ts'
import { findConflicts, findPagesConflicts } from './conflicts.ts'
import type { Compat } from './options.ts'
import { loadFolderPlugins, pluginOf, type FolderPlugin } from './folder-plugins.ts'
import { loadFiles, type LoadedFile, type MetadataSource } from './load-files.ts'
import { needsContext } from './needs-context.ts'
import { warnAboutExports } from './odd-exports.ts'
import { addLoadProblem, inOrder } from './problems.ts'
import { GUARDS } from './route-config.ts'
import { scan, type Entry } from './scan.ts'
import { scanPages } from './scan-pages.ts'
import { readSegmentConfig, type SegmentConfig } from './segment-config.ts'
import { isIntercepted, parseSegment, type Segment } from './segments.ts'
import { METHODS, RouteTable, type Handler, type Route, type RouterOptions } from './table.ts'

export interface LoadOptions {
  /** Who serves the directory: some of what files may ask for is Fastify's alone. */
  host: 'fastify' | 'express'
  compat: Compat
  router?: RouterOptions
  loadModule: (file: string) => Promise<Record<string, unknown>>
  /** Loads as many of some files as can be loaded together. */
  loadModules: (files: string[]) => Promise<Map<string, Record<string, unknown>>>
  metadata: MetadataSource
  /** Where there are API routes of Next.js's Pages Router, too. */
  pages?: PagesSource
  /** Loads what belongs to the directory beside its files; what is wrong is told together with the rest. */
  alsoLoad?: (problems: AppDirectoryProblem[]) => Promise<void>
  /** Told what is odd but starts all the same; each sentence names its file. */
  warn: (message: string) => void
}

/** A `pages` directory, and what makes a handler for all verbs of one of its modules, or throws. */
export interface PagesSource {
  dir: string
  handlerOf: (module: unknown) => Promise<Handler>
}

/**
 * Turns an app directory into a table of routes.
 * @throws AppDirectoryNotFoundError
 * @throws AppDirectoryError with everything that is wrong, so that nothing is half-registered
 */
export async function loadTable (dir: string, options: LoadOptions): Promise<RouteTable> {
  const { entries, plugins: pluginFiles } = await scan(dir)
  const pages = options.pages === undefined ? [] : await scanPages(options.pages.dir, dir, options.warn)
  const failures: AppDirectoryProblem[] = []
  const plugins = await loadFolderPlugins(dir, pluginFiles, options, failures)
  await options.alsoLoad?.(failures)
  const loaded = await loadFiles(dir, [...chooseFiles(entries, options), ...pages], options, failures)
  const placed = entries.map((entry) => loaded.get(entry)?.entry ?? entry)
  const problems = [...findConflicts(placed, options.compat), ...findPagesConflicts(pages, placed, options.compat)]
  const routes = await Promise.all([...loaded.values()].map((file) => makeRoute(file, plugins, options, failures)))
  problems.push(...inOrder(failures))
  if (problems.length > 0) throw new AppDirectoryError(dir, problems)
  return new RouteTable(routes.filter((route) => route !== null).filter((route) => isServed(route, options.warn)), options.router, [...plugins.values()])
}

function isServed ({ file, segments, path }: Route, warn: LoadOptions['warn']): boolean {
  if (!isIntercepted(segments)) return true
  warn(`${file} is not served: ${path} intercepts what the client router of Next.js asks for, and has no URL of its own.`)
  return false
}

async function makeRoute ({ entry, module, source }: LoadedFile, plugins: Map<string, FolderPlugin>, options: LoadOptions, problems: AppDirectoryProblem[]): Promise<Route | null> {
  if (entry.kind === 'api') return await apiRoute(entry, module, options.pages!, problems)
  const { config, problems: configProblems } = readSegmentConfig(module, entry.file, options)
  problems.push(...configProblems)
  const handlers = readHandlers(module, entry.file, problems, options.warn)
  return toRoute(entry, handlers, config, source !== undefined && needsContext(source), pluginOf(entry.file, plugins))
}

async function apiRoute (entry: Entry, module: unknown, { handlerOf }: PagesSource, problems: AppDirectoryProblem[]): Promise<Route | null> {
  try {
    const handler = await handlerOf(module)
    return toRoute(entry, Object.fromEntries(METHODS.map((method) => [method, handler])), {}, true)
  } catch (error) {
    addLoadProblem(problems, entry.file, error)
    return null
  }
}

function toRoute ({ kind, file, path, segments }: Entry, handlers: Route['handlers'], config: SegmentConfig, needsContext: boolean, plugin?: FolderPlugin): Route {
  return {
    kind,
    file,
    path,
    segments: segments.map(parseSegment).filter((segment): segment is Segment => 'kind' in segment),
    handlers,
    allow: [...new Set([...Object.keys(handlers), 'OPTIONS'])].sort().join(', '),
    needsContext,
    config,
    plugin,
    isGuarded: plugin !== undefined || GUARDS.some((name) => config.host?.[name] !== undefined)
  }
}

function readHandlers (module: Record<string, unknown>, file: string, problems: AppDirectoryProblem[], warn: LoadOptions['warn']): Route['handlers'] {
  const handlers: Route['handlers'] = {}
  for (const method of METHODS) {
    const handler = module[method]
    if (typeof handler === 'function') handlers[method] = handler as never
    // Next.js passes over `undefined`, `null` and the like; anything else would fail at every request.
    else if (handler) {
      problems.push({ code: 'FAR_ERR_LOAD', message: `${file} exports ${method}, which is not a function.`, files: [file], mend: `Export a function: export async function ${method} (request) { … }` })
    }
  }
  warnAboutExports(module, handlers, file, warn)
  // Next.js lets GET answer HEAD where no HEAD is exported.
  if (handlers.HEAD === undefined && handlers.GET !== undefined) handlers.HEAD = handlers.GET
  return handlers
}

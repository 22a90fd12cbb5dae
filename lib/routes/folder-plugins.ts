import path from 'node:path'
import type { AppDirectoryProblem } from '../errors.ts'
import type { LoadOptions } from './load-table.ts'
import { rankOf } from './preference.ts'
import { addLoadProblem } from './problems.ts'

/** The `fastify.ts` of a folder: a plugin of the host around the routes of the folder and of those below. */
export interface FolderPlugin {
  /** Relative to the app directory. */
  file: string
  /** What the file exports by default. */
  plugin: (...args: never[]) => unknown
  /** That of the nearest folder above which has one. */
  outer: FolderPlugin | undefined
}

/** Loads the `fastify.ts` files of a directory, by their folders. */
export async function loadFolderPlugins (dir: string, files: string[], options: LoadOptions, problems: AppDirectoryProblem[]): Promise<Map<string, FolderPlugin>> {
  const chosen = chooseFiles(files, options)
  if (options.host === 'express') {
    problems.push(...chosen.map(onlyInFastify))
    return new Map()
  }
  const loaded = await Promise.all(chosen.map((file) => loadFolderPlugin(dir, file, options, problems)))
  const plugins = new Map<string, FolderPlugin>()
  // Outer folders come before those below.
  for (const found of loaded.sort((a, b) => depth(a.file) - depth(b.file))) {
    plugins.set(path.posix.dirname(found.file), { ...found, outer: pluginOf(found.file, plugins) })
  }
  return plugins
}

const depth = (file: string): number => file.split('/').length

/** The plugin that a file's routes are in: that of its folder, or of the nearest above. */
export function pluginOf (file: string, plugins: Map<string, FolderPlugin>): FolderPlugin | undefined {
  for (let folder = path.posix.dirname(file); ; folder = path.posix.dirname(folder)) {
    const found = plugins.get(folder)
    if (found !== undefined || folder === '.') return found
  }
}

/** Compiled in place, a folder has two; the same one is taken as of route files. */
function chooseFiles (files: string[], { compat, warn }: LoadOptions): string[] {
  const chosen = new Map<string, string>()
  for (const file of files.sort((a, b) => rankOf(a, compat) - rankOf(b, compat))) {
    const folder = path.posix.dirname(file)
    const first = chosen.get(folder)
    if (first === undefined) chosen.set(folder, file)
    else warn(`${file} is not used: ${first} is the plugin of this folder.`)
  }
  return [...chosen.values()]
}

async function loadFolderPlugin (dir: string, file: string, { loadModule }: LoadOptions, problems: AppDirectoryProblem[]): Promise<Omit<FolderPlugin, 'outer'>> {
  let exported: unknown
  try {
    exported = await loadModule(path.join(dir, ...file.split('/')))
  } catch (error) {
    addLoadProblem(problems, file, error)
  }
  // `module.exports = plugin`, or a default export.
  const plugin = typeof exported === 'function' ? exported : (exported as { default?: unknown } | undefined)?.default
  if (exported !== undefined && typeof plugin !== 'function') {
    problems.push({
      code: 'FAR_ERR_LOAD',
      message: `${file} exports no Fastify plugin: its default export is ${plugin === undefined ? 'missing' : `of type ${typeof plugin}`}.`,
      files: [file],
      mend: 'Export a function by default: export default async function (fastify) { fastify.addHook(…) }. A file that is meant for something else needs another name.'
    })
  }
  return { file, plugin: plugin as FolderPlugin['plugin'] }
}

/** Hooks that guard routes must not be passed over. */
function onlyInFastify (file: string): AppDirectoryProblem {
  return {
    code: 'FAR_ERR_FASTIFY_ONLY',
    message: `${file} is a Fastify plugin, which Express cannot run: what it guards would be unguarded.`,
    files: [file],
    mend: 'Do its work in Express middleware in front of the directory and remove the file, or serve the directory with Fastify.'
  }
}

import path from 'node:path'
import type { AppDirectoryProblem } from '../errors.ts'
import type { LoadOptions } from './load-table.ts'
import { addLoadProblem } from './problems.ts'
import type { Entry } from './scan.ts'

type Exports = Record<string, unknown>

/** A file that answers requests, with what it exports. */
export interface LoadedFile {
  /** For a metadata file that stands for several, its path is longer by their ids. */
  entry: Entry
  module: Exports
  /** The text by which the module is written; undefined where it is not written by the user. */
  source: string | undefined
}

/**
 * What makes a route file's module of a metadata file.
 * @param exported what the file exports; undefined where it is sent as it is
 */
export type MetadataSource = (entry: Entry, path: string, exported: unknown) => Promise<ServedMetadata>

export type ServedMetadata =
  // `hasIds`: whether there are several, each with an id.
  | { module: Exports, hasIds: boolean }
  | { problem: string, mend: string }

/** Loads all files that answer requests; those that cannot be are missing in what it gives. */
export async function loadFiles (dir: string, files: Entry[], options: LoadOptions, problems: AppDirectoryProblem[]): Promise<Map<Entry, LoadedFile>> {
  const ahead = await options.loadModules(files.filter(isModule).map((entry) => pathOf(dir, entry)))
  const loaded = await Promise.all(files.map(async (entry): Promise<[Entry, LoadedFile | undefined]> => {
    const file = pathOf(dir, entry)
    try {
      const module = isModule(entry) ? ahead.get(file) ?? await options.loadModule(file) : undefined
      return [entry, entry.metadata === undefined ? { entry, module: module!, source: file } : await serveMetadata(entry, file, module, options, problems)]
    } catch (error) {
      addLoadProblem(problems, entry.file, error)
      return [entry, undefined]
    }
  }))
  return new Map(loaded.filter((found): found is [Entry, LoadedFile] => found[1] !== undefined))
}

const isModule = ({ metadata }: Entry): boolean => metadata?.isCode !== false

const pathOf = (dir: string, { file }: Entry): string => path.join(dir, ...file.split('/'))

async function serveMetadata (entry: Entry, file: string, exported: unknown, { metadata }: LoadOptions, problems: AppDirectoryProblem[]): Promise<LoadedFile | undefined> {
  const served = await metadata(entry, file, exported)
  if ('problem' in served) {
    problems.push({ code: 'FAR_ERR_METADATA', message: served.problem, files: [entry.file], mend: served.mend })
    return undefined
  }
  return { entry: served.hasIds ? withIds(entry) : entry, module: served.module, source: isModule(entry) ? file : undefined }
}

/** `/sitemap.xml` is at `/sitemap/0.xml` then, `/icon` at `/icon/small`. */
function withIds (entry: Entry): Entry {
  const segments = [...entry.segments.slice(0, -1), entry.segments.at(-1)!.replace(/\.xml$/, ''), '[__metadata_id__]']
  return { ...entry, segments, path: '/' + segments.join('/') }
}

import { globbySync } from 'globby'
import { demandDirectory } from './directory.ts'
import { metadataFile, type MetadataFile } from './metadata-files.ts'
import { urlSegments } from './segments.ts'

export type EntryKind = 'route' | 'page' | 'metadata' | 'api'

/** A file that Next.js gives a URL path to: of the app directory, or (`api`) of `pages/api`. */
export interface Entry {
  kind: EntryKind
  /** Relative to the app directory, with forward slashes. */
  file: string
  /** The URL path in folder spelling: `/blog/[slug]`. */
  path: string
  segments: string[]
  /** Of metadata files: what they stand for. */
  metadata?: MetadataFile
}

export interface Scan {
  entries: Entry[]
  /** `fastify.ts` files, relative to the app directory. */
  plugins: string[]
}

const ROUTE_FILE = /^route\.(?:[jt]sx?|[cm][jt]s)$/
const FOLDER_PLUGIN = /(?:^|\/)fastify\.[cm]?[jt]s$/
const PAGE_FILE = /^page\.[jt]sx?$/

/**
 * Finds every file of an app directory that has a URL path. Nothing is imported here.
 * @throws AppDirectoryNotFoundError where `dir` is no directory
 */
export async function scan (dir: string): Promise<Scan> {
  await demandDirectory('app', dir)
  // Twice as fast as asking a thread for each of a thousand folders; and all files twice as fast as those of many patterns.
  const files = globbySync('**', { cwd: dir, ignore: ['**/node_modules/**'], dot: true, expandDirectories: false })
  const entries = files.map(toEntry).filter((entry) => entry !== null)
  entries.sort((a, b) => a.file < b.file ? -1 : 1)
  const plugins = files.filter((file) => FOLDER_PLUGIN.test(file) && urlSegments(file.split('/').slice(0, -1)) !== null)
  return { entries, plugins }
}

function toEntry (file: string): Entry | null {
  const folders = file.split('/')
  const name = folders.pop()!
  const segments = urlSegments(folders)
  if (segments === null) return null
  if (ROUTE_FILE.test(name)) return entry('route', file, segments)
  if (PAGE_FILE.test(name)) return entry('page', file, segments)
  const metadata = metadataFile(folders, name)
  return metadata === undefined ? null : { ...entry('metadata', file, [...segments, metadata.segment]), metadata }
}

function entry (kind: EntryKind, file: string, segments: string[]): Entry {
  return { kind, file, segments, path: '/' + segments.join('/') }
}

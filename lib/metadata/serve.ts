import { stat } from 'node:fs/promises'
import type { ServedMetadata } from '../routes/load-files.ts'
import type { Compat } from '../routes/options.ts'
import { show } from '../routes/problems.ts'
import type { Entry } from '../routes/scan.ts'
import { imageRoute } from './image-route.ts'
import type { Exported, Origin } from './module.ts'
import { staticRoute } from './static-file.ts'
import { isText, textRoute } from './text-route.ts'

/**
 * The module of a route that serves a metadata file.
 * @param path where the file lies
 * @param loaded what it exports; undefined where it is sent as it is
 */
export async function serve ({ file, metadata, segments }: Entry, path: string, loaded: unknown, compat: Compat): Promise<ServedMetadata> {
  const { type, isCode } = metadata!
  const origin: Origin = { file, compat }
  if (!isCode) return await sizeProblem(type, file, path, compat) ?? { module: staticRoute(metadata!, path, origin), hasIds: false }
  // `module.exports = function`, or a default export.
  const exported = (typeof loaded === 'function' ? { ...loaded, default: loaded } : loaded) as Exported
  const several = type === 'sitemap' ? 'generateSitemaps' : isText(type) ? undefined : 'generateImageMetadata'
  const problem = functionProblem(exported, 'default', file) ?? (several === undefined || exported[several] === undefined ? undefined : functionProblem(exported, several, file))
  if (problem !== undefined) return problem
  const hasParams = segments.some((segment) => segment.startsWith('['))
  const module = isText(type) ? textRoute(type, exported, origin) : imageRoute(exported, origin, hasParams)
  return { module, hasIds: several !== undefined && exported[several] !== undefined }
}

function functionProblem (exported: Record<string, unknown>, name: string, file: string): ServedMetadata | undefined {
  const value = exported[name]
  if (typeof value === 'function') return undefined
  const what = name === 'default' ? 'default export' : `export \`${name}\``
  return {
    problem: value === undefined ? `The ${what} is missing in ${file}.` : `The ${what} of ${file} is ${show(value)}, expected a function.`,
    mend: name === 'default' ? 'Export the function that makes the content by default: export default function () { … }. A file that is meant for something else needs another name.' : `Export a function: export async function ${name} () { … }`
  }
}

/** What the networks take: https://nextjs.org/docs/app/api-reference/file-conventions/metadata/opengraph-image */
const LARGEST: Partial<Record<string, { network: string, megabytes: number }>> = {
  'opengraph-image': { network: 'Open Graph', megabytes: 8 },
  'twitter-image': { network: 'Twitter', megabytes: 5 }
}

/** Since 15. */
async function sizeProblem (type: string, file: string, path: string, compat: Compat): Promise<ServedMetadata | undefined> {
  const limit = LARGEST[type]
  if (limit === undefined || compat < 15) return undefined
  const megabytes = (await stat(path)).size / 1024 / 1024
  if (megabytes <= limit.megabytes) return undefined
  return {
    problem: `File size for ${limit.network} image "${file}" exceeds ${limit.megabytes}MB. (Current: ${megabytes.toFixed(2)}MB)`,
    mend: 'Make the image smaller: the networks that it is for refuse larger ones.'
  }
}

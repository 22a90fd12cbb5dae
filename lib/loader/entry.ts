import { pathToFileURL } from 'node:url'
import { SCHEME } from './served-modules.ts'

/** Modules that import many others, for them to be loaded in one go. Their list is in the URL, where every kind of hooks finds it. */

const ENTRY = `${SCHEME}entry?`

/** The URL of the module that imports some files. */
export const entryFor = (files: string[]): string => ENTRY + encodeURIComponent(JSON.stringify(files.map((file) => pathToFileURL(file).href)))

export const isEntry = (url: string): boolean => url.startsWith(ENTRY)

/** The text of such a module, which exports a list of theirs; undefined where the URL is none of one. */
export function entrySource (url: string): string | undefined {
  if (!isEntry(url)) return undefined
  const urls = JSON.parse(decodeURIComponent(url.slice(ENTRY.length))) as string[]
  const imports = urls.map((url, index) => `import * as module${index} from ${JSON.stringify(url)}`)
  return `${imports.join('\n')}\nexport default [${urls.map((_url, index) => `module${index}`).join(', ')}]\n`
}

import { pathToFileURL } from 'node:url'
import { SCHEME } from './served-modules.ts'

/** Modules that import many others, for them to be loaded in one go. Their list is in the specifier, where every kind of hooks finds it. */

const ENTRY = `${SCHEME}entry?`

/** The specifier of the module that imports some files. */
export const entryFor = (files: string[]): string => ENTRY + encodeURIComponent(JSON.stringify(files.map((file) => pathToFileURL(file).href)))

const lists = new Map<string, string>()
let count = 0

/** The URL that such a specifier stands for, undefined for any other. It is short, since Node.js parses it again for each import. */
export function entryUrl (specifier: string): string | undefined {
  if (!specifier.startsWith(ENTRY)) return undefined
  const url = ENTRY + String(count++)
  lists.set(url, specifier.slice(ENTRY.length))
  return url
}

/** Whether a module is one that imports many others. */
export const isEntry = (url: string | undefined): boolean => url?.startsWith(ENTRY) === true

/** The text of such a module, which exports a list of theirs; undefined where the URL is none of one. */
export function entrySource (url: string): string | undefined {
  const list = lists.get(url)
  if (list === undefined) return undefined
  lists.delete(url)
  const urls = JSON.parse(decodeURIComponent(list)) as string[]
  const imports = urls.map((url, index) => `import * as module${index} from ${JSON.stringify(url)}`)
  return `${imports.join('\n')}\nexport default [${urls.map((_url, index) => `module${index}`).join(', ')}]\n`
}

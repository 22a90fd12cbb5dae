import { prepend } from './bind-globals.ts'
import { REGISTRY_SOURCE } from './served-modules.ts'

const FETCHED = /\bfetch\s*\(\s*new\s+URL\s*\(\s*((['"`])[^'"`$\\\n]+\2)\s*,\s*import\.meta\.url\s*,?\s*\)/g

/** Has an ES module of the application note the files which it fetches, and names itself (`web/fetched-files.ts`). */
export function noteFetchedFiles (source: string): string {
  if (!source.includes('import.meta.url') || !source.includes('fetch')) return source
  const urls = [...source.matchAll(FETCHED)].map(([, literal]) => `${REGISTRY_SOURCE}.files.urls.add(new URL(${literal}, import.meta.url).href);`)
  return urls.length === 0 ? source : prepend(source, urls.join(''))
}

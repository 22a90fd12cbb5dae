import { readFile } from 'node:fs/promises'
import { Response } from './native.ts'

/**
 * `fetch(new URL('./font.ttf', import.meta.url))`, by which files beside a module are read in Next.js's edge runtime. Node.js
 * fetches no files, and a URL may come from a request: so only those are read that a module of the application names there
 * in plain letters, which the loader notes (`loader/fetched-files.ts`).
 */
export const fetchedFiles = { urls: new Set<string>() }

/** The URL of a file that is to be fetched; undefined for all else. */
export function fileUrlOf (input: unknown): string | undefined {
  const url = input instanceof URL ? input.href : input
  return typeof url === 'string' && url.startsWith('file:') ? url : undefined
}

/**
 * @param refuse how `fetch()` says that it fetches no files
 * @throws TypeError which names the file, for the stack of a rejection that nobody handles does not
 */
export async function fetchFile (url: string, refuse: () => Promise<globalThis.Response>): Promise<globalThis.Response> {
  try {
    return fetchedFiles.urls.has(url) ? new Response(await readFile(new URL(url))) : await refuse()
  } catch (error) {
    const { cause = error } = error as Error
    throw new TypeError(`fetch failed: ${url}`, { cause })
  }
}

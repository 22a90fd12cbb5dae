import { fileURLToPath } from 'node:url'
import { NotSupportedError } from '../errors.ts'

/** At the beginning of a module or of a function's body, as the text of a directive has to be. */
const USE_CACHE = /(?:^(?:\s|\/\/[^\n]*\n|\/\*[^]*?\*\/)*|\{\s*)(["'])use cache(?::[^"'\n]*)?\1\s*(?:[;}\n]|$)/

/**
 * What a module means by a directive must not be passed over in silence.
 * @throws NotSupportedError
 * @see https://nextjs.org/docs/app/api-reference/directives/use-cache
 */
export function refuseDirectives (source: string, fileOrUrl: string): void {
  if (!source.includes('use cache') || !USE_CACHE.test(source)) return
  const file = fileOrUrl.startsWith('file:') ? fileURLToPath(fileOrUrl) : fileOrUrl
  throw new NotSupportedError(`${file} has the directive 'use cache', which fastify-app-routes does not support yet. Use unstable_cache() of next/cache, or fetch() with the options \`next: { revalidate, tags }\`, instead.`)
}

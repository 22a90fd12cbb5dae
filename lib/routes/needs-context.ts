import { readFileSync } from 'node:fs'

/**
 * Whether a handler of a route file could ever ask for the context of its request (`cookies()`, `after()`,
 * `hostRequest()` …). To keep the context through every `await` costs each request, so a file that plainly has no way to
 * those functions goes without: one that imports types only, or from `next/server` what does not need it, that fetches
 * nothing, which caches would have to know the request for, and that reaches for no global that could hand it more. In doubt the context is kept.
 */
export function needsContext (file: string): boolean {
  const source = readFileSync(file, 'utf8')
  return WAY_TO_CONTEXT.test(source.replaceAll(TYPE_IMPORT, '').replaceAll(SERVER_IMPORT, (statement, names: string) => NEEDS_NONE.test(names) ? '' : statement))
}

const TYPE_IMPORT = /^import\s+type\s[^'"`;()]*\sfrom\s*['"][^'"\n]*['"]/gm
const SERVER_IMPORT = /^import\s*\{([\w\s,]*)\}\s*from\s*['"](?:next|fastify-app-routes)\/server(?:\.js)?['"]/gm
const NEEDS_NONE = /^(?:\s*(?:type\s+)?(?:NextRequest|NextResponse|URLPattern|userAgent|userAgentFromString)\s*(?:,|$))+\s*$/
const WAY_TO_CONTEXT = /\.revalidate\b|\b(?:import|require|createRequire|fetch|getBuiltinModule|eval|Function|global|globalThis|this)\b|\bfrom\s*['"]/

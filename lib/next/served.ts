import * as cache from './cache.ts'
import * as constants from './constants.ts'
import { handingOn } from './hand-on.ts'
import * as headers from './headers.ts'
import * as jsxRuntime from './jsx-runtime.ts'
import * as navigation from './navigation.ts'
import * as og from './og.ts'
import * as react from './react.ts'
import * as server from './server.ts'
import { boundGlobals } from '../web/bound-globals.ts'
import { fetchedFiles } from '../web/fetched-files.ts'

/** What route files get for the names by which they import Next.js, and for ours. */
export const servedModules = {
  'next/server': handingOn('next/server', server, [], ['after', 'connection']),
  'next/headers': handingOn('next/headers', headers, [], ['cookies', 'draftMode', 'headers']),
  'next/navigation': handingOn('next/navigation', navigation, ['forbidden', 'notFound', 'permanentRedirect', 'redirect', 'unauthorized', 'unstable_rethrow', 'useParams', 'usePathname', 'useRouter', 'useSearchParams', 'useSelectedLayoutSegment', 'useSelectedLayoutSegments', 'useServerInsertedHTML']),
  'next/cache': handingOn('next/cache', cache, Object.keys(cache) as Array<keyof typeof cache>),
  'next/og': og,
  'server-only': {},
  // These only where Next.js or React is not installed, or lacks them.
  'next/constants': constants,
  react,
  'react/jsx-runtime': jsxRuntime,
  'react/jsx-dev-runtime': jsxRuntime,
  'fastify-app-routes/server': server,
  'fastify-app-routes/headers': headers,
  'fastify-app-routes/navigation': navigation,
  'fastify-app-routes/cache': cache,
  'fastify-app-routes/og': og,
  files: fetchedFiles,
  globals: boundGlobals
}

/** Compiled against the real Next.js 15: names that 16 dropped. */
import type * as ourServer from 'fastify-app-routes/server'
import type * as ourHeaders from 'fastify-app-routes/headers'
import type * as ourCache from 'fastify-app-routes/cache'
import type * as theirServer from 'next/server'
import type * as theirHeaders from 'next/headers'
import type * as theirCache from 'next/cache'

const ours = <T>(value?: T): T => value!
const theirs = ours

// In 15.0 after() was called unstable_after().
export const server: Omit<typeof theirServer, 'NextRequest' | 'NextResponse' | 'NextFetchEvent'> & { unstable_after: typeof theirServer.after } = ours<typeof ourServer>()
export const params: [ourServer.UnsafeUnwrappedParams<Promise<{ id: string }>>, ourServer.UnsafeUnwrappedSearchParams<Promise<{ id: string }>>] =
  theirs<[theirServer.UnsafeUnwrappedParams<Promise<{ id: string }>>, theirServer.UnsafeUnwrappedSearchParams<Promise<{ id: string }>>]>()
export const unwrapped: [ourHeaders.UnsafeUnwrappedCookies, ourHeaders.UnsafeUnwrappedHeaders, ourHeaders.UnsafeUnwrappedDraftMode] =
  theirs<[theirHeaders.UnsafeUnwrappedCookies, theirHeaders.UnsafeUnwrappedHeaders, theirHeaders.UnsafeUnwrappedDraftMode]>()
export const theirUnwrapped: [theirHeaders.UnsafeUnwrappedCookies, theirHeaders.UnsafeUnwrappedHeaders] = ours<[ourHeaders.UnsafeUnwrappedCookies, ourHeaders.UnsafeUnwrappedHeaders]>()
export const cache: typeof theirCache = ours<typeof ourCache>()

/** Compiled against the real Next.js 16: each entry as a whole, so that a name that it gains is missed here. */
import type * as ourServer from 'fastify-app-routes/server'
import type * as ourHeaders from 'fastify-app-routes/headers'
import type * as ourNavigation from 'fastify-app-routes/navigation'
import type * as ourCache from 'fastify-app-routes/cache'
import type * as ourOg from 'fastify-app-routes/og'
import type * as ourNext from 'fastify-app-routes/next'
import type * as theirServer from 'next/server'
import type * as theirHeaders from 'next/headers'
import type * as theirNavigation from 'next/navigation'
import type * as theirCache from 'next/cache'
import type * as theirOg from 'next/og'
import type * as theirNext from 'next'

const ours = <T>(value?: T): T => value!
const theirs = ours

// next/server. NextFetchEvent has no value at run time, and the two classes a symbol and a private member (every.ts).
type Classes = 'NextRequest' | 'NextResponse' | 'NextFetchEvent'
export const server: Omit<typeof theirServer, Classes> = ours<typeof ourServer>()
// Ours have the names of 15, too, and `new ImageResponse()` as in 13.
export const theirsAsServer: Omit<typeof ourServer, 'unstable_after' | 'unstable_rootParams' | 'ImageResponse'> = theirs<typeof theirServer>()
export const event: ourServer.NextFetchEvent = theirs<theirServer.NextFetchEvent>()
// Its base class has symbols that are not exported.
export const theirEvent: { [K in keyof theirServer.NextFetchEvent as K extends symbol ? never : K]: theirServer.NextFetchEvent[K] } = ours<ourServer.NextFetchEvent>()
export const proxyConfig: [ourServer.ProxyConfig, theirServer.ProxyConfig] = theirs<[theirServer.ProxyConfig, ourServer.ProxyConfig]>()
export const middlewareConfig: [ourServer.MiddlewareConfig, theirServer.MiddlewareConfig] = theirs<[theirServer.MiddlewareConfig, ourServer.MiddlewareConfig]>()
// A function that takes ours takes theirs; the other way round NextRequest forbids it.
export const proxy: theirServer.NextProxy = ours<ourServer.NextProxy>()
export const middleware: theirServer.NextMiddleware = ours<ourServer.NextMiddleware>()
export const imageOptions: [ourServer.ImageResponseOptions, theirServer.ImageResponseOptions] = theirs<[theirServer.ImageResponseOptions, ourServer.ImageResponseOptions]>()

// next/headers. Ours also carry the synchronous members of 13 and 14, and their DraftMode has a private member.
export const headers: Omit<typeof theirHeaders, 'draftMode'> = ours<typeof ourHeaders>()

// next/navigation: ServerInsertedHTMLContext is a React context there, and ours throws; callbacks give React nodes there.
export const navigation: Omit<typeof theirNavigation, 'ServerInsertedHTMLContext'> = ours<typeof ourNavigation>()
export const theirsAsNavigation: Omit<typeof ourNavigation, 'ServerInsertedHTMLContext' | 'useServerInsertedHTML'> = theirs<typeof theirNavigation>()

// next/cache. Ours have two names of 15, and revalidateTag() with one argument as there. Theirs declares functions by `any`
// and one overload for each profile, which no single signature is assignable from.
export const cache: typeof theirCache = ours<typeof ourCache>()
export const theirsAsCache: Omit<typeof ourCache, 'unstable_expirePath' | 'unstable_expireTag' | 'revalidateTag' | 'unstable_cache' | 'cacheLife' | 'unstable_cacheLife'> = theirs<typeof theirCache>()
export const handlers: [ourCache.CacheHandler, theirCache.CacheHandler] = theirs<[theirCache.CacheHandler, ourCache.CacheHandler]>()
export const entries: [ourCache.CacheEntry, theirCache.CacheEntry] = theirs<[theirCache.CacheEntry, ourCache.CacheEntry]>()
export const profiles: [ourCache.CacheLifeProfiles, theirCache.CacheLifeProfiles] = theirs<[theirCache.CacheLifeProfiles, ourCache.CacheLifeProfiles]>()

// next/og. Theirs takes React elements only.
export const og: typeof theirOg = ours<typeof ourOg>()

// next. A config of ours lets unknown settings through, which no interface is assignable to.
type Settings = 'basePath' | 'trailingSlash' | 'headers' | 'redirects' | 'rewrites' | 'pageExtensions' | 'cacheHandler' | 'cacheMaxMemorySize' | 'env'
export const config: Pick<ourNext.NextConfig, Settings> = theirs<Pick<theirNext.NextConfig, Settings>>()
export const theirConfig: Pick<theirNext.NextConfig, Settings> = ours<Pick<ourNext.NextConfig, Settings>>()
export const manifest: [ourNext.MetadataRoute.Manifest, ourNext.ServerRuntime, ourNext.Redirect, ourNext.SizeLimit, ourNext.FileSizeSuffix, ourNext.ResponseLimit, ourNext.PreviewData, ourNext.PageConfig] =
  theirs<[theirNext.MetadataRoute.Manifest, theirNext.ServerRuntime, theirNext.Redirect, theirNext.SizeLimit, theirNext.FileSizeSuffix, theirNext.ResponseLimit, theirNext.PreviewData, theirNext.PageConfig]>()
export const theirManifest: [theirNext.MetadataRoute.Robots, theirNext.MetadataRoute.Sitemap, theirNext.ServerRuntime, theirNext.Redirect, theirNext.SizeLimit, theirNext.PreviewData, theirNext.PageConfig] =
  ours<[ourNext.MetadataRoute.Robots, ourNext.MetadataRoute.Sitemap, ourNext.ServerRuntime, ourNext.Redirect, ourNext.SizeLimit, ourNext.PreviewData, ourNext.PageConfig]>()
// A page's metadata is typed roughly, since nothing here reads it.
export const metadata: Pick<ourNext.Metadata, 'title' | 'description' | 'metadataBase'> = theirs<theirNext.Metadata>()

/** Compiled against the real Next.js 13 and 14: what 15 and 16 dropped. */
import type * as ourServer from 'fastify-app-routes/server'
import type * as ourHeaders from 'fastify-app-routes/headers'
import type * as ourCache from 'fastify-app-routes/cache'
import type * as theirServer from 'next/server'
import type * as theirHeaders from 'next/headers'
import type * as theirCache from 'next/cache'

const ours = <T>(value?: T): T => value!
const theirs = ours

// Read-only and optional here, since 15 and 16 have none.
export const request: Pick<ourServer.NextRequest, 'ip' | 'geo'> = theirs<theirServer.NextRequest>()
export const theirRequest: Partial<Pick<theirServer.NextRequest, 'ip' | 'geo'>> = ours<ourServer.NextRequest>()
// NextFetchEvent has no value at run time, and ImageResponse is a function here, which has no static members.
export const server: Omit<typeof theirServer, 'NextRequest' | 'NextResponse' | 'NextFetchEvent' | 'ImageResponse'> = ours<typeof ourServer>()
export const image: new (element: unknown, options?: theirServer.ImageResponseOptions) => Response = ours<typeof ourServer.ImageResponse>()
export const requestInit: ConstructorParameters<typeof ourServer.NextRequest>[1] = theirs<ConstructorParameters<typeof theirServer.NextRequest>[1]>()
export const theirRequestInit: ConstructorParameters<typeof theirServer.NextRequest>[1] = ours<{ ip?: string, geo?: ourServer.NextRequest['geo'], nextConfig?: { trailingSlash?: boolean } }>()
// The synchronous calls; their DraftMode has a private member.
export const headers: Omit<typeof theirHeaders, 'draftMode'> = ours<typeof ourHeaders>()
export const isEnabled: boolean = ours<typeof ourHeaders>().draftMode().isEnabled
export const cache: typeof theirCache = ours<typeof ourCache>()

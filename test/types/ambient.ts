/**
 * Route files of a project without `next`, which name `fastify-app-routes/types`. The package test compiles this against
 * the packed tarball in every module mode.
 */
/// <reference types="fastify-app-routes/types" />
import { revalidateTag, unstable_cache } from 'next/cache'
import { cookies, draftMode, headers, type UnsafeUnwrappedCookies } from 'next/headers'
import { notFound, redirect, RedirectType, useParams } from 'next/navigation'
import { ImageResponse } from 'next/og'
import { after, connection, NextRequest, NextResponse, URLPattern, userAgent, type NextFetchEvent, type NextMiddleware } from 'next/server'
import { NextRequest as WithExtension } from 'next/server.js'
import { cookies as cookiesWithExtension } from 'next/headers.js'
import type { Metadata, MetadataRoute, NextApiRequest, NextApiResponse, NextConfig, Route } from 'next'
import 'server-only'

const equal = <A>(value: A): { is: <B>(check: [A] extends [B] ? [B] extends [A] ? true : false : false) => void } => ({ is: () => { void value } })

// 15.5 and 16
export async function GET (request: NextRequest, context: RouteContext<'/shops/[id]/[[...rest]]'>): Promise<NextResponse<{ id: string }>> {
  const { id, rest } = await context.params
  equal(id).is<string>(true)
  equal(rest).is<string[] | undefined>(true)
  // @ts-expect-error -- no such parameter
  void (await context.params).name
  const jar = await cookies()
  jar.set('seen', '1', { httpOnly: true })
  equal((await headers()).get('x')).is<string | null>(true)
  equal((await draftMode()).isEnabled).is<boolean>(true)
  if (request.nextUrl.pathname === '/x') redirect('/y', RedirectType.push)
  after(async () => { await connection() })
  revalidateTag('shops', 'max')
  const shop = unstable_cache(async (name: string) => name.length, ['shop'], { tags: ['shops'] })
  equal(await shop('a')).is<number>(true)
  equal(new URLPattern({ pathname: '/:a' }).exec(request.url)?.pathname.groups.a).is<string | undefined>(true)
  equal(userAgent(request).isBot).is<boolean>(true)
  const fetched = await fetch('http://localhost/', { cache: 'force-cache', next: { revalidate: 60, tags: ['shops'] } })
  equal(fetched.status).is<number>(true)
  const same: WithExtension = request
  void same
  return NextResponse.json({ id })
}

// 13 and 14
export function POST (request: NextRequest, { params }: { params: { id: string } }): Response {
  const seen = cookies().get('seen')?.value
  if (headers().has('x') || cookiesWithExtension().has('y')) notFound()
  return NextResponse.json({ seen, ip: request.ip, country: request.geo?.country, id: params.id })
}

// 15, on its way from 14
export const PUT = (): Response => new Response((cookies() as unknown as UnsafeUnwrappedCookies).get('a')?.value)

export const DELETE = (): ImageResponse => new ImageResponse({}, { width: 1200, height: 630, headers: { 'cache-control': 'no-store' } })

export const middleware: NextMiddleware = (request, event: NextFetchEvent) => {
  event.waitUntil(Promise.resolve())
  // @ts-expect-error -- no such member
  void request.nothing
  return NextResponse.next()
}

export const useTeam = (): string => useParams<{ team: string }>().team

export const robots = (): MetadataRoute.Robots => ({ rules: [{ userAgent: '*', allow: '/' }] })
export const metadata: Metadata = { title: 'a', openGraph: {} }
export const config: NextConfig = { basePath: '/api', images: {}, redirects: async () => [{ source: '/a', destination: '/b', permanent: true }] }
export const home = '/' as Route
export const handler = (req: NextApiRequest, res: NextApiResponse<{ name: string }>): void => { res.status(200).json({ name: req.body.name }) }

// @ts-expect-error -- only what exists is declared
void import('next/nothing')

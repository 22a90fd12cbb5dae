/** A project that has both Next.js 16 and `fastify-app-routes/types`: the real types stay what they are. */
/// <reference types="fastify-app-routes/types" />
/// <reference path="./routes.d.ts" />
import { cookies } from 'next/headers'
import { NextRequest, NextResponse, type NextProxy } from 'next/server'
import type { NextConfig } from 'next'
import type { RouteHandler } from 'fastify-app-routes'
import type { NextRequest as Real } from 'next/dist/server/web/spec-extension/request'
import type { ReadonlyRequestCookies } from 'next/dist/server/web/spec-extension/adapters/request-cookies'

export const request = (given: NextRequest): Real => given
export const jar = async (): Promise<ReadonlyRequestCookies> => await cookies()
// @ts-expect-error -- the real Next.js 16 has nothing synchronous
export const classic = (): unknown => cookies().get('a')
export const proxy: NextProxy = (given) => NextResponse.redirect(new URL('/', given.url))
// @ts-expect-error -- the real type knows its settings
export const config: NextConfig = { noSuchSetting: true }

export async function GET (_request: NextRequest, context: RouteContext<'/users/[id]'>): Promise<Response> {
  const { id } = await context.params
  return NextResponse.json({ id: id.toUpperCase() })
}
export const handler: RouteHandler<'/users/[id]'> = GET

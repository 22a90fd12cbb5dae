import { NextRequest, NextResponse } from 'next/server'

export async function GET (request: NextRequest, { params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params
  const page = request.nextUrl.searchParams.get('page')
  const tenant = request.headers.get('x-tenant')
  return NextResponse.json({ slug, page, tenant })
}

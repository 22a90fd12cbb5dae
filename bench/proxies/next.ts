import { NextResponse, type NextRequest } from 'next/server'

/** Parses the URL of every request, and lets it go on. */
export function proxy (request: NextRequest) {
  if (request.nextUrl.pathname.startsWith('/account')) return NextResponse.json({ error: 'closed' }, { status: 403 })
  return NextResponse.next()
}

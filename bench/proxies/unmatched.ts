import { NextResponse } from 'next/server'

export function proxy () {
  return NextResponse.json({ error: 'closed' }, { status: 403 })
}

export const config = { matcher: ['/account/:path*', '/dashboard/:path*'] }

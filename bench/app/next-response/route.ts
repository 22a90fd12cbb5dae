import { NextResponse } from 'next/server'

export async function GET () {
  const response = NextResponse.json({ id: 7, name: 'Ada' }, { headers: { 'cache-control': 'no-store', 'x-version': '3' } })
  response.cookies.set('session', 'abc123', { httpOnly: true, sameSite: 'lax' })
  return response
}

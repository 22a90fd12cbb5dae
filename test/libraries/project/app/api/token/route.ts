import { getToken } from 'next-auth/jwt'
import { NextRequest, NextResponse } from 'next/server'
import { authOptions } from '@/lib/auth'

export async function GET (req: NextRequest) {
  const token = await getToken({ req, secret: authOptions.secret })
  return NextResponse.json({ id: token?.id ?? null })
}

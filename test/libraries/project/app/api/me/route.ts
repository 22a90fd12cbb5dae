import { NextResponse } from 'next/server'
import { getServerSession } from 'next-auth'
import { authOptions } from '@/lib/auth'

export async function GET () {
  const session = await getServerSession(authOptions)
  if (!session) return NextResponse.json({ error: 'not signed in' }, { status: 401 })
  return NextResponse.json(session)
}

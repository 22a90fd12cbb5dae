import { cookies } from 'next/headers'
import { getIronSession } from 'iron-session'
import { sessionOptions, type SessionData } from '@/lib/session'

export async function GET () {
  const session = await getIronSession<SessionData>(await cookies(), sessionOptions)
  if (session.username === undefined) return Response.json({ username: null })
  session.visits = (session.visits ?? 0) + 1
  await session.save()
  return Response.json({ username: session.username, visits: session.visits })
}

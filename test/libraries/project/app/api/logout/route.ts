import { getIronSession } from 'iron-session'
import { NextRequest } from 'next/server'
import { sessionOptions, type SessionData } from '@/lib/session'

// By request and response instead of cookies(), as for handlers outside the App Router.
export async function POST (request: NextRequest) {
  const response = Response.json({ ok: true })
  const session = await getIronSession<SessionData>(request, response, sessionOptions)
  session.destroy()
  return response
}

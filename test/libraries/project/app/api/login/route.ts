import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { getIronSession } from 'iron-session'
import { sessionOptions, type SessionData } from '@/lib/session'

export async function POST (request: Request) {
  const session = await getIronSession<SessionData>(await cookies(), sessionOptions)
  const formData = await request.formData()
  session.username = formData.get('username') as string
  session.visits = 0
  await session.save()
  redirect('/api/profile')
}

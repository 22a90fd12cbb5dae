import { cookies, headers } from 'next/headers'

export async function GET () {
  const jar = await cookies()
  const list = await headers()
  return Response.json({ session: jar.get('session')?.value, tenant: list.get('x-tenant') })
}

import { hostRequest } from 'fastify-app-routes/express'
import type { User } from '../../../lib/users.ts'

/** Who asks: what the server's middleware found out is in reach of a route file. */
export async function GET () {
  const { locals } = hostRequest().res
  const user = locals.user as User | null
  if (user === null) return new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } })
  return Response.json({ ...user, request: locals.requestId })
}

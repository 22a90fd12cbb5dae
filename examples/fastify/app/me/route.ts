import { hostRequest } from 'fastify-app-routes'

/** Who asks: what the server's hook found out is in reach of a route file. */
export async function GET () {
  const { request, server } = hostRequest()
  if (request.user === null) return new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } })
  const { rows } = await server.db.query<{ version: string }>('select version()')
  request.log.info({ user: request.user.name }, 'said who they are')
  return Response.json({ ...request.user, request: request.id, database: rows[0]!.version.split(' on ', 1)[0] })
}

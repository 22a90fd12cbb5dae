import { notFound } from 'fastify-app-routes/navigation'
import type { RouteHandler } from 'fastify-app-routes'
import { db } from '../../../../lib/db.ts'

// The old server deletes files still (see legacy.ts): a path can move to the app directory verb by verb.
export const GET: RouteHandler<{ path: string[] }> = async (_request, { params }) => {
  const { path } = await params
  const { rows } = await db.query<{ content: Uint8Array<ArrayBuffer>, type: string }>('select content, type from files where path = $1', [path.join('/')])
  const file = rows[0] ?? notFound()
  return new Response(file.content, {
    headers: {
      'content-type': file.type || 'application/octet-stream',
      // Uploads are strangers' content: a browser may save them, and run nothing in them.
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(path.at(-1)!).replace(/['()*]/g, (char) => '%' + char.charCodeAt(0).toString(16))}`,
      'x-content-type-options': 'nosniff'
    }
  })
}

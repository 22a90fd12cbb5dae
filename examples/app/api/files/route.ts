import { NextResponse, type NextRequest } from 'next/server'
import { db } from '../../../lib/db.ts'

// A route option of fastify-app-routes: uploads may be larger than the server's limit for bodies, 1 MiB.
export const config = { bodyLimit: 5 * 1024 * 1024 }

export async function GET () {
  const { rows } = await db.query('select path, type, length(content) as size from files order by path')
  return NextResponse.json(rows)
}

/** A form with the fields `folder` (optional) and `file`. */
export async function POST (request: NextRequest) {
  const form = await request.formData()
  const file = form.get('file')
  if (!(file instanceof File) || file.name === '') return NextResponse.json({ error: 'The form has no file.' }, { status: 400 })
  const parts = [...String(form.get('folder') ?? '').split('/'), file.name].filter((part) => part !== '')
  const path = parts.join('/')
  await db.query(
    'insert into files values ($1, $2, $3) on conflict (path) do update set type = excluded.type, content = excluded.content',
    [path, file.type, new Uint8Array(await file.arrayBuffer())]
  )
  const location = `/api/files/${parts.map(encodeURIComponent).join('/')}`
  return NextResponse.json({ path, type: file.type, size: file.size }, { status: 201, headers: { location } })
}

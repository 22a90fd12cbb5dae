import { NextResponse, type NextRequest } from 'next/server'
import { db } from '../../../lib/db.ts'
import { readJson } from '../../../lib/json.ts'
import { countNotes, listNotes, noteFields, type Note } from '../../../lib/notes.ts'

// CORS: pages of other origins may read and create notes.
const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'x-total-count' }

export async function GET (request: NextRequest) {
  const notes = await listNotes(request.nextUrl.searchParams.get('q') ?? '')
  return NextResponse.json(notes, { headers: { ...cors, 'x-total-count': String(notes.length) } })
}

// Without this export HEAD would run GET and drop its body; counting is cheaper.
export async function HEAD () {
  return new NextResponse(null, { headers: { ...cors, 'x-total-count': String(await countNotes()) } })
}

export async function POST (request: NextRequest) {
  const fields = noteFields(await readJson(request))
  if (fields?.title === undefined) return NextResponse.json({ error: 'A note needs a title.' }, { status: 400, headers: cors })
  const { rows: [note] } = await db.query<Note>('insert into notes (title, body) values ($1, $2) returning *', [fields.title, fields.body ?? ''])
  return NextResponse.json(note, { status: 201, headers: { ...cors, location: `/api/notes/${note!.id}` } })
}

// Without this export OPTIONS would be answered with `Allow` alone; a preflight asks for more.
export function OPTIONS () {
  return new NextResponse(null, {
    status: 204,
    headers: { ...cors, 'access-control-allow-methods': 'GET, HEAD, POST', 'access-control-allow-headers': 'content-type', 'access-control-max-age': '600' }
  })
}

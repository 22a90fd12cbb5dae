import { notFound } from 'next/navigation'
import { NextResponse, type NextRequest } from 'next/server'
import { db } from '../../../../lib/db.ts'
import { readJson } from '../../../../lib/json.ts'
import { findNote, noteFields } from '../../../../lib/notes.ts'

interface Context { params: Promise<{ id: string }> }

export async function GET (_request: NextRequest, { params }: Context) {
  const note = await findNote((await params).id) ?? notFound()
  return NextResponse.json(note)
}

export async function PUT (request: NextRequest, { params }: Context) {
  const fields = noteFields(await readJson(request))
  if (fields?.title === undefined) return NextResponse.json({ error: 'A note needs a title.' }, { status: 400 })
  return update((await params).id, { title: fields.title, body: fields.body ?? '' })
}

export async function PATCH (request: NextRequest, { params }: Context) {
  const fields = noteFields(await readJson(request))
  if (fields === null) return NextResponse.json({ error: 'Send a title, a body, or both, as texts.' }, { status: 400 })
  return update((await params).id, fields)
}

export async function DELETE (_request: NextRequest, { params }: Context) {
  const note = await findNote((await params).id) ?? notFound()
  await db.query('delete from notes where id = $1', [note.id])
  return new NextResponse(null, { status: 204 })
}

async function update (id: string, { title, body }: { title?: string, body?: string }) {
  const note = await findNote(id) ?? notFound()
  const { rows } = await db.query('update notes set title = $2, body = $3 where id = $1 returning *', [note.id, title ?? note.title, body ?? note.body])
  return NextResponse.json(rows[0])
}

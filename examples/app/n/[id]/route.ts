import { notFound, redirect } from 'next/navigation'
import { findNote } from '../../../lib/notes.ts'

/** A short link to a note. */
export async function GET (_request: Request, { params }: { params: Promise<{ id: string }> }) {
  const note = await findNote((await params).id) ?? notFound()
  redirect(`/api/notes/${note.id}`)
}

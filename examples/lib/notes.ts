import { db } from './db.ts'

export interface Note { id: number, title: string, body: string, created: Date }

/** The newest notes first; with `text`, those that contain it. */
export async function listNotes (text = ''): Promise<Note[]> {
  const { rows } = await db.query<Note>('select * from notes where position(lower($1) in lower(title || body)) > 0 order by id desc', [text])
  return rows
}

export async function countNotes (): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*)::int as count from notes')
  return rows[0]!.count
}

/** The note that a path parameter names, if there is one. */
export async function findNote (id: string): Promise<Note | undefined> {
  // Longer numbers are no integers to PostgreSQL.
  if (!/^\d{1,9}$/.test(id)) return undefined
  const { rows } = await db.query<Note>('select * from notes where id = $1', [id])
  return rows[0]
}

/** The fields of a note among what a client sent, or null where one has the wrong type. */
export function noteFields (input: unknown): { title?: string, body?: string } | null {
  if (typeof input !== 'object' || input === null) return null
  const { title, body } = input as Record<string, unknown>
  if (title !== undefined && (typeof title !== 'string' || title.trim() === '')) return null
  if (body !== undefined && typeof body !== 'string') return null
  return { title, body }
}

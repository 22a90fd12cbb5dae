import type { NextRequest } from 'next/server'
import { db } from '../../../lib/db.ts'
import { idOf } from '../../../lib/orders.ts'

/** Moved. */
export async function GET (_request: NextRequest, { params }: { params: Promise<{ id: string }> }) {
  const { rows } = await db.query('select * from products where id = $1', [idOf((await params).id)])
  if (rows.length === 0) return Response.json({ error: 'No such product.' }, { status: 404 })
  return Response.json(rows[0])
}

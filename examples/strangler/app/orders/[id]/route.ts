import { NextResponse, type NextRequest } from 'next/server'
import { customerOf } from '../../../lib/customers.ts'
import { db } from '../../../lib/db.ts'
import { isOn } from '../../../lib/flags.ts'
import { idOf, type Order } from '../../../lib/orders.ts'

/** Moved for whom the flag is on. PATCH and DELETE are not. */
export async function GET (request: NextRequest, { params }: { params: Promise<{ id: string }> }) {
  const customer = await customerOf(request.headers.get('authorization'))
  if (customer === null || !await isOn('read-order', customer)) return NextResponse.next()

  const { rows } = await db.query<Order>('select id, product, quantity, status from orders where id = $1 and customer = $2', [idOf((await params).id), customer.id])
  if (rows.length === 0) return Response.json({ error: 'No such order.' }, { status: 404 })
  return Response.json(rows[0])
}

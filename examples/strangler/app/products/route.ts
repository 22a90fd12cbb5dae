import { db } from '../../lib/db.ts'

/** Moved. POST of this path is not: what a file lacks goes on to the old code. */
export async function GET () {
  const { rows } = await db.query('select * from products order by id')
  return Response.json(rows)
}

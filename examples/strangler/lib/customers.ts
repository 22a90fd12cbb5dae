import { db } from './db.ts'

export interface Customer { id: number, name: string }

/** Whose bearer token a request carries, or null. */
export async function customerOf (authorization: string | null | undefined): Promise<Customer | null> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return null
  const { rows } = await db.query<Customer>("select id, name from customers where token_hash = sha256(convert_to($1, 'UTF8'))", [token])
  return rows[0] ?? null
}

import { db } from './db.ts'

export interface User { name: string }

/** Whose bearer token a request carries, or null. Only hashes of tokens are stored. */
export async function userOf (authorization: string | undefined): Promise<User | null> {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return null
  const { rows } = await db.query<User>("select name from users where token_hash = sha256(convert_to($1, 'UTF8'))", [token])
  return rows[0] ?? null
}

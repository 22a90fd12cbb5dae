import { createHash } from 'node:crypto'
import type { Customer } from './customers.ts'
import { db } from './db.ts'

/** Whether a flag is on for a customer. Whoever had it at 10 percent has it at 20: the share grows, nobody changes sides. */
export async function isOn (name: string, customer: Customer): Promise<boolean> {
  const { rows } = await db.query<{ percent: number }>('select percent from flags where name = $1', [name])
  const bucket = createHash('sha256').update(`${name} ${customer.id}`).digest().readUInt32BE() % 100
  return bucket < (rows[0]?.percent ?? 0)
}

/** False where there is no such flag. */
export async function setFlag (name: string, percent: number): Promise<boolean> {
  const { affectedRows } = await db.query('update flags set percent = $2 where name = $1', [name, percent])
  return affectedRows === 1
}

import { db } from './db.ts'

export interface Order { id: number, product: number, quantity: number, status: string }

export interface OrderFields { product: number, quantity: number }

/** What has been sent, if it can be an order. */
export function orderFields (sent: unknown): OrderFields | null {
  const { product, quantity } = (sent ?? {}) as Record<string, unknown>
  return isCount(product) && isCount(quantity) ? { product, quantity } : null
}

/** The number that a path or a body names, or null. */
export function idOf (text: string): number | null {
  const id = Number(text)
  return isCount(id) ? id : null
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31

/** Takes the goods out of the stock; null where there are not enough. Old and new code place orders by this. */
export async function placeOrder (customer: number, { product, quantity }: OrderFields): Promise<Order | null> {
  return await db.transaction(async (tx) => {
    const { affectedRows } = await tx.query('update products set stock = stock - $2 where id = $1 and stock >= $2', [product, quantity])
    if (affectedRows === 0) return null
    const { rows } = await tx.query<Order>('insert into orders (customer, product, quantity) values ($1, $2, $3) returning id, product, quantity, status', [customer, product, quantity])
    return rows[0]!
  })
}

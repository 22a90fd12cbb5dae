import express from 'express4'
import { db } from '../lib/db.ts'
import { wrap } from './wrap.ts'

export const reports = express.Router()

/** One query for each product: what the route file does better. */
reports.get('/reports/sales', wrap(async (_req, res) => {
  const { rows: products } = await db.query<{ id: number, name: string, cents: number }>('select id, name, cents from products order by id')
  const sales: object[] = []
  for (const { id, name, cents } of products) {
    const { rows } = await db.query<{ quantity: number, status: string }>('select quantity, status from orders where product = $1', [id])
    const sold = rows.filter(({ status }) => status !== 'cancelled').reduce((sum, { quantity }) => sum + quantity, 0)
    if (sold > 0) sales.push({ product: name, sold, cents: sold * cents })
  }
  res.json({ at: new Date().toISOString(), sales })
}))

import express from 'express4'
import { db } from '../lib/db.ts'
import { idOf } from '../lib/orders.ts'
import { wrap } from './wrap.ts'

export const products = express.Router()

products.get('/products', wrap(async (_req, res) => {
  const { rows } = await db.query('select * from products order by id')
  res.json(rows)
}))

products.get('/products/:id', wrap(async (req, res) => {
  const { rows } = await db.query('select * from products where id = $1', [idOf(String(req.params.id))])
  if (rows.length === 0) return res.status(404).json({ error: 'No such product.' })
  res.json(rows[0])
}))

products.post('/products', wrap(async (req, res) => {
  const { name, cents } = req.body
  if (typeof name !== 'string' || !Number.isInteger(cents) || cents < 0) return res.status(400).json({ error: 'Send a name and cents.' })
  const { rows } = await db.query<{ id: number }>('insert into products (name, cents) values ($1, $2) returning *', [name, cents])
  res.status(201).location(`/products/${rows[0]!.id}`).json(rows[0])
}))

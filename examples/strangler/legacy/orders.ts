import express from 'express4'
import { db } from '../lib/db.ts'
import { idOf, orderFields, placeOrder } from '../lib/orders.ts'
import { wrap } from './wrap.ts'

export const orders = express.Router()

const COLUMNS = 'id, product, quantity, status'

orders.use(['/orders', '/customers'], (_req, res, next) => {
  if (res.locals.customer === null) return res.status(401).json({ error: 'Who are you?' })
  next()
})

orders.get('/orders/:id', wrap(async (req, res) => {
  const { rows } = await db.query(`select ${COLUMNS} from orders where id = $1 and customer = $2`, [idOf(String(req.params.id)), res.locals.customer.id])
  if (rows.length === 0) return res.status(404).json({ error: 'No such order.' })
  res.json(rows[0])
}))

orders.post('/orders', wrap(async (req, res) => {
  const fields = orderFields(req.body)
  if (fields === null) return res.status(400).json({ error: 'Send a product and a quantity.' })
  const order = await placeOrder(res.locals.customer.id, fields)
  if (order === null) return res.status(409).json({ error: 'There are not enough of it.' })
  res.status(201).location(`/orders/${order.id}`).json(order)
}))

orders.patch('/orders/:id', wrap(async (req, res) => {
  const { rows } = await db.query(`update orders set status = 'shipped' where id = $1 and customer = $2 and status = 'open' returning ${COLUMNS}`, [idOf(String(req.params.id)), res.locals.customer.id])
  if (rows.length === 0) return res.status(409).json({ error: 'It is not open.' })
  res.json(rows[0])
}))

orders.delete('/orders/:id', wrap(async (req, res) => {
  const { affectedRows } = await db.query("update orders set status = 'cancelled' where id = $1 and customer = $2 and status = 'open'", [idOf(String(req.params.id)), res.locals.customer.id])
  if (affectedRows === 0) return res.status(409).json({ error: 'It is not open.' })
  res.status(204).end()
}))

orders.get('/customers/me', (_req, res) => { res.json(res.locals.customer) })

orders.get('/customers/me/orders', wrap(async (_req, res) => {
  const { rows } = await db.query(`select ${COLUMNS} from orders where customer = $1 order by id`, [res.locals.customer.id])
  res.json(rows)
}))

import express from 'express4'
import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express'
import { customerOf } from '../lib/customers.ts'
import { orders } from './orders.ts'
import { products } from './products.ts'
import { reports } from './reports.ts'

/** The API as it was, with ten endpoints. Nothing of it has changed for the move. */
export const api = express()

api.disable('x-powered-by')
api.use((_req: Request, res: Response, next: NextFunction) => {
  res.set('x-served-by', 'express')
  next()
})
api.use(express.json({ limit: '10kb' }))
api.use((req: Request, res: Response, next: NextFunction) => {
  customerOf(req.get('authorization')).then((customer) => {
    res.locals.customer = customer
    next()
  }).catch(next)
})
api.use(products)
api.use(orders)
api.use(reports)
api.use((_req: Request, res: Response) => { res.status(404).json({ error: 'Nothing here.' }) })

const failed: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error)
  const status = typeof error.status === 'number' ? error.status : 500
  if (status >= 500) console.error(error)
  res.status(status).json({ error: status < 500 ? error.message : 'Something went wrong.' })
}
api.use(failed)

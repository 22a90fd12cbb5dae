import { randomUUID } from 'node:crypto'
import type { RequestHandler } from 'express'
import { userOf } from '../lib/users.ts'

/** Every answer names its request; `res.locals.user` is who sent it, by bearer token. */
export const identity: RequestHandler = async (req, res, next) => {
  res.locals.requestId = randomUUID()
  res.set('x-request-id', res.locals.requestId as string)
  res.locals.user = await userOf(req.headers.authorization)
  next()
}

import express from 'express'
import { listen } from './listen.mjs'

export function start () {
  const app = express()
  app.get('/json', (req, res) => { res.json({ hello: 'world' }) })
  app.post('/echo', express.json(), (req, res) => { res.json(req.body) })
  return listen(app)
}

import { parseCookie } from 'cookie'
import express from 'express'
import { listen } from './listen.mjs'

export async function start () {
  const app = express()
  app.get('/json', (req, res) => { res.json({ hello: 'world' }) })
  app.get('/next-response', (req, res) => {
    res.set('cache-control', 'no-store')
    res.set('x-version', '3')
    res.cookie('session', 'abc123', { httpOnly: true, sameSite: 'lax' })
    res.json({ id: 7, name: 'Ada' })
  })
  app.get('/items/:slug', ({ params, query, headers }, res) => { res.json({ slug: params.slug, page: query.page, tenant: headers['x-tenant'] }) })
  app.get('/session', ({ headers }, res) => { res.json({ session: parseCookie(headers.cookie ?? '').session, tenant: headers['x-tenant'] }) })
  app.post('/echo', express.json(), (req, res) => { res.json(req.body) })
  return await listen(app)
}

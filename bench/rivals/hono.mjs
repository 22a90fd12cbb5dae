import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { webHandlers } from './web-handlers.mjs'

export async function start () {
  const app = new Hono()
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  // serve() has put its own Response in the place of the global one.
  const handlers = webHandlers(Response)
  app.get('/json', ({ req }) => handlers.json(req.raw))
  app.get('/next-response', ({ req }) => handlers.nextResponse(req.raw))
  app.get('/items/:slug', ({ req }) => handlers.item(req.raw, req.param()))
  app.get('/session', ({ req }) => handlers.session(req.raw))
  app.post('/echo', ({ req }) => handlers.echo(req.raw))
  app.post('/upload', ({ req }) => handlers.upload(req.raw))
  app.get('/stream', ({ req }) => handlers.stream(req.raw))
  app.get('/events', ({ req }) => handlers.events(req.raw))
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  return server.address().port
}

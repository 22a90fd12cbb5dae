import { H3 } from 'h3'
import { FastResponse, serve } from 'srvx'
import { webHandlers } from './web-handlers.mjs'

export async function start () {
  const handlers = webHandlers(FastResponse)
  const app = new H3()
  app.get('/json', ({ req }) => handlers.json(req))
  app.get('/next-response', ({ req }) => handlers.nextResponse(req))
  app.get('/items/:slug', ({ req, context }) => handlers.item(req, context.params))
  app.get('/session', ({ req }) => handlers.session(req))
  app.post('/echo', ({ req }) => handlers.echo(req))
  app.post('/upload', ({ req }) => handlers.upload(req))
  app.get('/stream', ({ req }) => handlers.stream(req))
  app.get('/events', ({ req }) => handlers.events(req))
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', silent: true })
  await server.ready()
  return Number(new URL(server.url).port)
}

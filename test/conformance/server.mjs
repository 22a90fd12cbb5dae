// Serves the app directory of the working directory on a free port: node server.mjs fastify|express4|express5
import http from 'node:http'

const [host] = process.argv.slice(2)
// A case sends a body of 2 MB.
const options = { dir: './app', bodyLimit: 10_000_000 }
const announce = (server) => { process.send({ port: server.address().port }) }

if (host === 'fastify') {
  const { default: Fastify } = await import('fastify')
  const { default: appRoutes } = await import('fastify-app-routes')
  const app = Fastify()
  await app.register(appRoutes, options)
  await app.listen({ port: 0, host: 'localhost' })
  announce(app.server)
} else {
  const { default: express } = await import(host === 'express4' ? 'express4' : 'express')
  const { appRoutes } = await import('fastify-app-routes/express')
  const app = express()
  const routes = appRoutes(options)
  app.use(routes)
  app.use((error, req, res, next) => { res.status(error.statusCode ?? 500).end() })
  await routes.ready()
  const server = http.createServer(app).listen(0, 'localhost', () => { announce(server) })
}

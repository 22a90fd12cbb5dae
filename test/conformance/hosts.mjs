// The servers that run the corpus. Each gives where it listens, how to send it a step, and which cases that allows.
import http from 'node:http'
import http2 from 'node:http2'
import { fitsHttp2, fitsInject, viaHttp2, viaInject } from './transports.mjs'

export const HOSTS = {
  fastify: (options, slow) => startFastify(options, slow, {}),
  'fastify inject': startInject,
  'fastify http2': startHttp2,
  'express 4': async (options, slow) => startExpress((await import('express4')).default, options, slow),
  'express 5': async (options, slow) => startExpress((await import('express')).default, options, slow),
  'node:http': startNode
}

const every = () => true

async function mount (options, slow, serverOptions) {
  const { default: Fastify } = await import('fastify')
  const { default: appRoutes } = await import('fastify-app-routes')
  const app = Fastify(serverOptions)
  if (slow) addHooks(app)
  await app.register(appRoutes, options)
  return app
}

/** A hook of every kind that a request meets, so that nothing can be sent past them. */
function addHooks (app) {
  for (const name of ['onRequest', 'preValidation', 'preHandler', 'onResponse', 'onTimeout']) app.addHook(name, async () => {})
  app.addHook('onRequestAbort', async (request) => {})
  app.addHook('preParsing', async (request, reply, payload) => payload)
  app.addHook('preSerialization', async (request, reply, payload) => payload)
  app.addHook('onSend', async (request, reply, payload) => payload)
  app.addHook('onError', async () => {})
}

async function startFastify (options, slow, serverOptions) {
  const app = await mount(options, slow, serverOptions)
  await app.listen({ port: 0, host: 'localhost' })
  return { base: `http://localhost:${app.server.address().port}`, fits: every, close: () => app.close() }
}

async function startInject (options, slow) {
  const app = await mount(options, slow, {})
  await app.ready()
  return { base: 'http://localhost', send: viaInject(app), fits: fitsInject, close: () => app.close() }
}

async function startHttp2 (options, slow) {
  const running = await startFastify(options, slow, { http2: true })
  let client = http2.connect(running.base)
  // A session that has nothing to do for some time is ended.
  const session = () => client.destroyed || client.closed ? client = http2.connect(running.base) : client
  return { ...running, send: viaHttp2(session), fits: fitsHttp2, close: () => { client.close(); return running.close() } }
}

async function startExpress (express, options, slow) {
  const { appRoutes } = await import('fastify-app-routes/express')
  const app = express()
  if (slow) app.use(wrapResponse)
  const routes = appRoutes(options)
  app.use(routes)
  app.use((error, req, res, next) => { res.status(error.statusCode ?? 500).end() })
  await routes.ready()
  return listen(app, routes)
}

async function startNode (options, slow) {
  const { appRoutes } = await import('fastify-app-routes/express')
  const routes = appRoutes(options)
  await routes.ready()
  return listen(slow ? (req, res) => { wrapResponse(req, res, () => { routes(req, res) }) } : routes, routes)
}

/** As compressing and logging middleware do it. */
function wrapResponse (req, res, next) {
  const { write, end, writeHead } = res
  res.write = function (...args) { return write.apply(this, args) }
  res.end = function (...args) { return end.apply(this, args) }
  res.writeHead = function (...args) { return writeHead.apply(this, args) }
  next()
}

async function listen (handler, routes) {
  const server = http.createServer(handler)
  await new Promise((resolve) => { server.listen(0, 'localhost', resolve) })
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await routes.close()
  }
  return { base: `http://localhost:${server.address().port}`, fits: every, close }
}

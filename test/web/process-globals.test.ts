/** The option `globals`: the light classes for the whole process, until the last server that asked for them closes. */
import Fastify, { type FastifyInstance } from 'fastify'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressAppRoutes } from 'fastify-app-routes/express'
import http from 'node:http'
import path from 'node:path'
import t from 'tap'
import { BoundRequest, BoundResponse } from './bound.ts'

const NATIVE = { Response, Request }

t.teardown(() => { Object.assign(globalThis, NATIVE) })

const PACKAGE = {
  'package.json': '{ "name": "answers", "type": "module", "exports": "./index.js" }',
  'index.js': 'export const answer = async (request) => Response.json({ light: Response.name, text: await new Request(request).text() })'
}

function project (t: any): string {
  return path.join(t.testdir({
    node_modules: { answers: PACKAGE }, // eslint-disable-line camelcase
    app: { echo: { 'route.ts': "import { answer } from 'answers'\nexport const POST = (request: Request) => answer(request)" } }
  }), 'app')
}

async function startFastify (dir: string, globals: boolean | undefined): Promise<FastifyInstance> {
  const fastify = Fastify()
  await fastify.register(appRoutes, { dir, globals })
  return fastify
}

t.test('the globals stay as they are unless it is asked for', async (t) => {
  const fastify = await startFastify(project(t), undefined)
  t.equal(Response, NATIVE.Response)
  t.equal(Request, NATIVE.Request)
  await fastify.close()
})

t.test('with it everybody has the light classes, and all objects are of them', async (t) => {
  const fastify = await startFastify(project(t), true)
  t.equal(Response, BoundResponse)
  t.equal(Request, BoundRequest)
  const server = http.createServer((_req, res) => { res.end('fetched') }).listen(0)
  t.teardown(() => server.close())
  const fetched = await fetch(`http://localhost:${(server.address() as { port: number }).port}`)
  t.ok(fetched instanceof Response)
  t.ok(new Response('x') instanceof NATIVE.Response)
  t.equal(await new Response(fetched.body).text(), 'fetched')
  t.equal(new (class extends Response {})('x').status, 200)
  t.equal(Response.error().type, 'error')
  t.equal(new Response('x').clone().constructor.name, 'Response')
  const { statusCode, body } = await fastify.inject({ method: 'POST', url: '/echo', payload: 'received' })
  t.same([statusCode, body], [200, JSON.stringify({ light: 'Response', text: 'received' })])
  await fastify.close()
  t.equal(Response, NATIVE.Response)
  t.equal(Request, NATIVE.Request)
})

t.test('the last of several servers gives the former ones back', async (t) => {
  const dir = project(t)
  const first = await startFastify(dir, true)
  const second = expressAppRoutes({ dir, globals: true })
  await second.ready()
  await first.close()
  t.equal(Response, BoundResponse)
  await second.close()
  t.equal(Response, NATIVE.Response)
})

t.test('what somebody else has put there meanwhile stays', async (t) => {
  const fastify = await startFastify(project(t), true)
  const other = class extends NATIVE.Response {}
  globalThis.Response = other
  await fastify.close()
  t.equal(Response, other)
  globalThis.Response = NATIVE.Response
})

t.test('a server that does not start leaves nothing behind', async (t) => {
  await t.rejects(startFastify(t.testdir({ app: { a: { 'route.ts': '}' } } }) + '/app', true))
  t.equal(Response, NATIVE.Response)
})

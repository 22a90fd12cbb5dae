/** A proxy that reads too large a body, and middleware that rewrites paths in front of it. */
import connect from 'connect'
import { once } from 'node:events'
import express from 'express'
// @ts-expect-error -- the alias has no declarations of its own
import express4 from 'express4'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { appRoutes } from 'fastify-app-routes/express'
import { HOSTS, onEveryHost, sendHttp1 } from '../hosts.ts'

const own = { 'route.js': "export const GET = () => new Response('own')\nexport const POST = GET" }

function project (t: any, proxy: string): string {
  return path.join(t.testdir({ 'proxy.js': proxy, app: { own: { ...own }, secret: { ...own } } }), 'app')
}

async function serve (t: any, listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener).listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

const READING = "export const proxy = async (request) => { await request.text() }\nexport const config = { matcher: '/own' }"

t.test('a body over the limit that the proxy reads is 413', async (t) => {
  onEveryHost(t, { dir: project(t, READING) }, async (t, { send }) => {
    t.equal((await send({ method: 'POST', path: '/own', body: 'z'.repeat(3_000_000) })).status, 413)
    t.equal((await send({ method: 'POST', path: '/own', body: 'z' })).text, 'own')
  }, HOSTS)
})

t.test('so it is where the host has no handler for errors', { timeout: 10_000 }, async (t) => {
  const dir = project(t, READING)
  process.env.NODE_ENV = 'test'
  const servers: Record<string, http.RequestListener> = {
    'express 4': (express4 as typeof express)().use(appRoutes({ dir }) as any),
    'express 5': express().use(appRoutes({ dir }) as any),
    'node:http': appRoutes({ dir })
  }
  for (const [name, listener] of Object.entries(servers)) {
    const url = await serve(t, listener)
    for (const size of [1_100_000, 3_000_000]) t.equal((await sendHttp1(url, { method: 'POST', path: '/own', body: 'z'.repeat(size) })).status, 413, name)
  }
})

t.test('a matcher sees at least the path that the routes see', async (t) => {
  const dir = project(t, "export const proxy = () => new Response('closed', { status: 401 })\nexport const config = { matcher: '/secret' }")
  for (const [name, make] of [['connect', connect], ['express', express]] as const) {
    const app = (make as typeof connect)()
    app.use((req, _res, next) => {
      req.url = req.url!.replace('/v1/', '/')
      next()
    })
    app.use(appRoutes({ dir }) as any)
    const url = await serve(t, app)
    for (const target of ['/secret', '/v1/secret', '/v1/secret/']) t.not((await sendHttp1(url, target)).text, 'own', `${name} ${target}`)
    t.equal((await sendHttp1(url, '/v1/secret')).status, 401, name)
    t.equal((await sendHttp1(url, '/v1/own')).text, 'own', name)
  }
})

/** Rewrites whose targets have another slash at their end than the paths of the directory. */
import express from 'express'
import path from 'node:path'
import t from 'tap'
import { onEveryHost, start } from '../hosts.ts'

const PROXY = `
import { NextResponse } from 'next/server'
export function proxy (request) {
  const to = request.headers.get('x-to')
  if (to !== null) return NextResponse.rewrite(new URL(to, request.url))
}`

const SAY = `
export const GET = async (request, { params }) => Response.json({ path: request.nextUrl.pathname, params: await params })`

const dirOf = (t: any): string => path.join(t.testdir({ 'proxy.js': PROXY, app: { fixed: { 'route.js': SAY }, items: { '[id]': { 'route.js': SAY }, all: { '[...rest]': { 'route.js': SAY } } } } }), 'app')

for (const [trailingSlash, end, other] of [[false, '', '/'], [true, '/', '']] as const) {
  t.test(`trailingSlash: ${trailingSlash}`, async (t) => {
    const rewrites = {
      beforeFiles: [{ source: '/before', destination: '/fixed' + other }],
      afterFiles: [{ source: '/shop/:id', destination: '/items/:id' + other }],
      fallback: [{ source: '/late/:rest*', destination: '/items/all/:rest*' + other }]
    }
    onEveryHost(t, { dir: dirOf(t), trailingSlash, rewrites, proxyScope: 'host' }, async (t, host) => {
      const at = (path: string, to?: string) => host.send({ path: path + end, headers: to === undefined ? {} : { 'x-to': to } })
      t.match((await at('/before')).json(), { path: '/before' + end }, 'a rule')
      t.match((await at('/shop/7')).json(), { params: { id: '7' } })
      t.match((await at('/late/a/b')).json(), { params: { rest: ['a', 'b'] } })
      const rewritten = await at('/fixed', '/items/7' + other)
      t.match(rewritten.json(), { path: '/fixed' + end, params: { id: '7' } }, 'a proxy')
      t.equal(rewritten.headers['x-middleware-rewrite'], '/items/7' + other, 'which is told as it was written')
      t.match((await at('/none', '/late/a' + other)).json(), { params: { rest: ['a'] } }, 'to what a rule leads on')
      t.match((await at('/fixed', '/fixed' + other)).json(), { path: '/fixed' + end, params: {} }, 'to where it is')
      t.match(await at('/fixed', '/nothing' + other), { status: 404, headers: { location: undefined } }, 'to nothing')
      t.match(await host.send('/fixed' + other), { status: 308, headers: { location: '/fixed' + end } }, 'clients are redirected as ever')
    })
  })
}

t.test('what is not ours gets the path as it was written', async (t) => {
  const dir = dirOf(t)
  const rewrites = [{ source: '/to/:path*', destination: '/host/:path*/' }]
  for (const name of ['fastify', 'fastify inject', 'fastify http2', 'express 4', 'express 5'] as const) {
    const host = await start(name, {
      dir,
      rewrites,
      proxyScope: 'host',
      fastify: (server) => { server.get('/host/a/', (request) => request.url) },
      expressAfter: (app) => { app.use('/host', express.Router({ strict: true }).get('/a/', (req, res) => { res.send(req.baseUrl + req.url) })) }
    })
    t.teardown(() => host.close())
    t.equal((await host.send('/to/a')).text, '/host/a/', `${name}: a route of the host`)
    t.equal((await host.send({ path: '/fixed', headers: { 'x-to': '/host/a/' } })).text, '/host/a/')
  }
  const fallback = express().use((req, res) => { res.send(req.url) })
  onEveryHost(t, { dir, rewrites, fallback }, async (t, host) => {
    t.equal((await host.send('/to/b')).text, '/host/b/', 'old code')
    t.equal((await host.send({ path: '/fixed', headers: { 'x-to': '/host/b/?q=1' } })).text, '/host/b/?q=1')
  })
})

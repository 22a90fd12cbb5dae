/** A route handler that returns `NextResponse.next()`, and what the host has for its request. */
import express from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { HOSTS, onEveryHost, start, type StartOptions } from '../hosts.ts'

const routes = {
  flagged: {
    'route.js': `
      import { NextResponse } from 'next/server'
      import { cookies } from 'next/headers'
      export async function GET (request) {
        if (request.nextUrl.searchParams.has('new')) return Response.json({ from: 'new' })
        const jar = await cookies()
        jar.set('jar', '1')
        const headers = new Headers(request.headers)
        headers.set('x-user', 'Ada')
        headers.delete('x-gone')
        const response = NextResponse.next({ request: { headers }, headers: { 'x-route': 'passed', vary: 'cookie', 'content-type': 'text/never' } })
        response.cookies.set('response', '2')
        return response
      }
      export const POST = () => NextResponse.next()
      export async function PUT (request) {
        await request.text()
        return NextResponse.next()
      }
      export async function PATCH (request) {
        request.clone()
        return NextResponse.next()
      }`
  }
}

const dir = t.testdir(routes)

/** What stands behind the directory in Express and node:http, and is the fallback in Fastify. */
const legacy = express()
legacy.get('/flagged', (req, res) => {
  res.cookie('legacy', '3')
  res.vary('origin')
  res.json({ from: 'legacy', user: req.headers['x-user'], gone: req.headers['x-gone'] ?? null, kept: req.headers['x-kept'], raw: req.rawHeaders.includes('x-user') && req.rawHeaders.includes('Ada'), forwarded: req.headers['x-forwarded-proto'] ?? null })
})
legacy.post('/flagged', express.json(), (req, res) => { res.status(201).json(req.body) })

const options: StartOptions = { dir, fallback: legacy }
const HTTP1 = HOSTS.filter((name) => name !== 'fastify http2')

onEveryHost(t, options, async (t, host) => {
  const moved = await host.send('/flagged?new')
  t.same(moved.json(), { from: 'new' }, 'what the handler answers is the answer')

  const { status, headers, json } = await host.send({ path: '/flagged', headers: { 'x-gone': '1', 'x-kept': '2' } })
  t.equal(status, 200)
  t.same(json(), { from: 'legacy', user: 'Ada', gone: null, kept: '2', raw: true, forwarded: null }, 'the next one sees the changed request')
  t.equal(headers['x-route'], 'passed')
  t.equal(headers['content-type'], 'application/json; charset=utf-8')
  t.equal(String(headers.vary).toLowerCase(), 'cookie, origin')
  t.same((headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).sort(), ['jar=1', 'legacy=3', 'response=2'])
  t.notOk(Object.keys(headers).some((name) => name.startsWith('x-middleware')))

  const posted = await host.send({ method: 'POST', path: '/flagged', headers: { 'content-type': 'application/json' }, body: '{"a":1}' })
  t.equal(posted.status, 201)
  t.same(posted.json(), { a: 1 }, 'the body has not been read')

  for (const [count, method] of ['PUT', 'PATCH'].entries()) {
    const lost = await host.send({ method, path: '/flagged', body: 'x' })
    t.equal(lost.status, 500, `${method}: a body that was read cannot be passed on`)
    t.match(host.errors[count].message ?? host.errors[count].err.message, /read the request body/)
  }
}, HTTP1)

t.test('without a fallback, in Fastify the 404 handler answers', async (t) => {
  for (const name of HOSTS.filter((name) => name.startsWith('fastify'))) {
    const host = await start(name, {
      dir,
      fastify: (server) => {
        server.setNotFoundHandler(async (request, reply) => await reply.header('set-cookie', 'own=1').code(404).send({ nothing: request.url, user: request.headers['x-user'] }))
      }
    })
    t.teardown(() => host.close())
    const { status, json, headers } = await host.send('/flagged')
    t.equal(status, 404)
    t.same(json(), { nothing: '/flagged', user: 'Ada' })
    t.equal(headers['x-route'], 'passed')
    t.same((headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).sort(), ['jar=1', 'own=1', 'response=2'])
    const { status: byDefault } = await host.send({ method: 'POST', path: '/flagged', body: 'x' })
    t.equal(byDefault, 404)
  }
})

t.test('in Express the next handler answers, and the final one keeps the cookies', async (t) => {
  for (const name of ['express 4', 'express 5'] as const) {
    const host = await start(name, { dir, expressAfter: (app) => { app.get('/flagged', (req, res) => { res.writeHead(202, ['set-cookie', 'a=1', 'Vary', 'accept']).end(req.get('x-user')) }) } })
    t.teardown(() => host.close())
    const { status, text, headers } = await host.send('/flagged')
    t.equal(status, 202)
    t.equal(text, 'Ada')
    t.same((headers['set-cookie'] as string[]).map((cookie) => cookie.split(';')[0]).sort(), ['a=1', 'jar=1', 'response=2'], 'writeHead() does not take cookies away')
    t.equal(String(headers.vary).toLowerCase(), 'accept, cookie')

    const bare = await start(name, { dir })
    t.teardown(() => bare.close())
    const nothing = await bare.send('/flagged')
    t.equal(nothing.status, 404)
    t.equal((nothing.headers['set-cookie'] as string[]).length, 2, 'Express starts its 404 anew, the cookies stay')
  }
})

t.test('strict keeps the error of Next.js', async (t) => {
  for (const name of ['fastify', 'express 5'] as const) {
    const host = await start(name, { dir, strict: true, fallback: legacy })
    t.teardown(() => host.close())
    t.equal((await host.send('/flagged')).status, 500)
    t.match(JSON.stringify(host.errors[0].message ?? host.errors[0].err.message), /NextResponse\.next\(\) was used in the route handler/)
  }
})

t.test('paths that a route of Fastify takes, and Next.js would not, go to the fallback', async (t) => {
  const dir = t.testdir({ '[...rest]': { 'route.js': 'export const GET = () => new Response("file")' } })
  onEveryHost(t, { dir, fallback: (req: IncomingMessage, res: ServerResponse) => { res.end(`old ${req.url}`) } }, async (t, host) => {
    t.equal((await host.send('/x')).text, 'file')
    t.equal((await host.send('/')).text, 'old /', 'a catch-all needs a segment')
  })
})

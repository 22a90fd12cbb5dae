/** What a proxy sets on a rewrite is in the answer once, wherever that leads. */
import http from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import { onEveryHost } from '../hosts.ts'

const PROXY = `
import { NextResponse } from 'next/server'
export function proxy (request) {
  const to = request.headers.get('x-to')
  if (to === null) return
  const response = NextResponse.rewrite(new URL(to, request.url))
  response.cookies.set('locale', 'en')
  response.headers.set('x-own', '1')
  return response
}`

t.test('cookies of a rewrite', async (t) => {
  const upstream = http.createServer((req, res) => { res.end(req.url) }).listen(0)
  await once(upstream, 'listening')
  t.teardown(() => upstream.close())
  const origin = `http://localhost:${(upstream.address() as AddressInfo).port}`
  const dir = path.join(t.testdir({ 'proxy.js': PROXY, app: { file: { 'route.js': 'export const GET = () => new Response("file")' } } }), 'app')
  const rewrites = { fallback: [{ source: '/far/:rest*', destination: `${origin}/far/:rest*` }] }
  onEveryHost(t, { dir, rewrites, proxyScope: 'host' }, async (t, host) => {
    for (const [to, status] of [['/nothing', 404], ['/file', 200], ['/far/x', 200], [`${origin}/x`, 200]] as const) {
      for (const from of ['/file', '/none']) {
        const { status: is, headers } = await host.send({ path: from, headers: { 'x-to': to } })
        t.strictSame([is, [headers['set-cookie']].flat(), headers['x-own']], [status, ['locale=en; Path=/'], '1'], `${from} to ${to}`)
      }
    }
  })
})

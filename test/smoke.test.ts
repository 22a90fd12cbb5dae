import t from 'tap'
import { onEveryHost } from './hosts.ts'

t.test('a route file answers', async (t) => {
  const dir = t.testdir({
    hello: { 'route.ts': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.json({ hello: 'world' })\nexport const POST = async (r: Request) => Response.json(await r.json())\n" }
  })
  onEveryHost(t, { dir }, async (t, host) => {
    const response = await host.send('/hello')
    t.equal(response.status, 200)
    t.same(response.json(), { hello: 'world' })
    t.same((await host.send({ method: 'POST', path: '/hello', body: '{"a":1}' })).json(), { a: 1 })
    t.equal((await host.send({ method: 'DELETE', path: '/hello' })).status, 405)
    t.equal((await host.send('/nope')).status, 404)
  })
})

t.test('url and nextUrl name the host that the client used', async (t) => {
  const dir = t.testdir({ 'route.ts': "import type { NextRequest } from 'next/server'\nexport const GET = (r: NextRequest) => Response.json([r.url, r.nextUrl.href, String(r.nextUrl.clone())])\n" })
  onEveryHost(t, { dir }, async (t, host) => {
    for (const name of ['127.0.0.1:8080', '[::1]:8080', 'localhost:8080', 'shop.example']) {
      const header: Record<string, string> = host.name === 'fastify http2' ? { ':authority': name } : { host: name }
      t.same((await host.send({ path: '/', headers: header })).json(), Array(3).fill(`http://${name}/`))
    }
  })
})

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

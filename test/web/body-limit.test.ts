import t from 'tap'
import { onEveryHost } from '../hosts.ts'

t.test('a client that is still sending gets to see its 413', async (t) => {
  const dir = t.testdir({
    read: { 'route.ts': 'export const POST = async (request: Request) => Response.json((await request.text()).length)\n' },
    stream: { 'route.ts': 'export const POST = async (request: Request) => { const reader = request.body!.getReader(); let n = 0; for (;;) { const { done, value } = await reader.read(); if (done) return Response.json(n); n += value.length } }\n' }
  })
  onEveryHost(t, { dir, bodyLimit: 100_000 }, async (t, host) => {
    for (const path of ['/read', '/stream']) {
      for (const size of [100_001, 3_000_000, 12_000_000]) {
        const whole = await fetch(host.url + path, { method: 'POST', body: new Uint8Array(size) })
        t.equal(whole.status, 413, `${size} bytes announced, ${path}`)
        await whole.arrayBuffer()
        let left = size
        const body = new ReadableStream({
          type: 'bytes',
          pull (controller) {
            const chunk = Math.min(left, 65_536)
            left -= chunk
            if (chunk === 0) controller.close()
            else controller.enqueue(new Uint8Array(chunk))
          }
        })
        const chunked = await fetch(host.url + path, { method: 'POST', body, duplex: 'half' } as RequestInit)
        t.equal(chunked.status, 413, `${size} bytes in chunks, ${path}`)
        await chunked.arrayBuffer()
      }
      const fits = await fetch(host.url + path, { method: 'POST', body: new Uint8Array(100_000) })
      t.same(await fits.json(), 100_000)
    }
  }, ['fastify', 'express 4', 'express 5', 'node:http'])
})

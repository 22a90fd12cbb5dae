import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Origin { url: string, seen: http.IncomingMessage[], bodies: string[], fail: boolean }

/** Numbers its answers. */
export async function origin (t: any): Promise<Origin> {
  const all: Origin = { url: '', seen: [], bodies: [], fail: false }
  const server = http.createServer((req, res) => {
    const count = all.seen.push(req)
    req.setEncoding('utf8').toArray().then((chunks) => {
      all.bodies.push(chunks.join(''))
      if (all.fail) return res.destroy()
      if (req.url!.startsWith('/status/')) res.statusCode = Number(req.url!.split('/')[2])
      if (req.url === '/bytes') return res.end(Buffer.from(Array.from({ length: 256 }, (_, index) => index)))
      if (req.url === '/large') return res.end(Buffer.alloc(3 * 1024 * 1024, 'a'))
      if (req.url === '/moved') return res.writeHead(302, { location: '/there' }).end()
      res.setHeader('x-count', count)
      setTimeout(() => { res.end(String(count)) }, req.url!.startsWith('/slow') ? 100 : 0)
    }, () => {})
  }).listen(0)
  await once(server, 'listening')
  all.url = `http://localhost:${(server.address() as AddressInfo).port}`
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return all
}

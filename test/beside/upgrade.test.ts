/** WebSocket upgrades, which an upstream gets unless somebody else of the server takes them. */
import fastifyWebsocket from '@fastify/websocket'
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { within } from '../waiting.ts'

const dir = t.testdir({ own: { 'route.js': 'export const GET = () => new Response("own")\nexport const POST = async (request) => new Response(await request.text())' } })

async function listen (server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Running { port: number, close: () => Promise<void> }

type Start = (options: { upstream: string, timeout?: number, upgrade?: (req: http.IncomingMessage) => boolean }, before?: (server: http.Server) => void) => Promise<Running>

const startFastify = (plugin?: typeof fastifyWebsocket): Start => async (fallback, before) => {
  const fastify = Fastify()
  before?.(fastify.server)
  if (plugin !== undefined) await fastify.register(plugin)
  await fastify.register(appRoutes, { dir, fallback, closeTimeout: 50 })
  if (plugin !== undefined) fastify.get('/host', { websocket: true }, (socket: WebSocket) => { socket.send('of the host') })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return { port: (fastify.server.address() as AddressInfo).port, close: async () => { await fastify.close() } }
}

const startNode: Start = async (fallback, before) => {
  const middleware = expressRoutes({ dir, fallback, closeTimeout: 50 })
  const server = http.createServer(middleware)
  before?.(server)
  server.on('upgrade', middleware.upgrade)
  const port = await listen(server)
  return {
    port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await middleware.close()
      await closed
    }
  }
}

const legacy = http.createServer((req, res) => { res.end(`plain ${req.url}`) })
const sockets = new WebSocketServer({ noServer: true })
let seen: http.IncomingHttpHeaders = {}
legacy.on('upgrade', (req, socket, head) => {
  seen = req.headers
  if (req.url === '/refused') return socket.end('HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno')
  if (req.url === '/reset') return socket.destroy()
  sockets.handleUpgrade(req, socket, head, (client) => {
    client.send(`hello ${req.url}`)
    client.on('message', (data, isBinary) => { client.send(data, { binary: isBinary }) })
  })
})

t.before(async () => { await listen(legacy) })
t.teardown(() => {
  legacy.close()
  legacy.closeAllConnections()
})

const upstream = (): string => `http://127.0.0.1:${(legacy.address() as AddressInfo).port}`

async function open (port: number, path: string): Promise<{ client: WebSocket, first: string }> {
  const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { cookie: 'c=1' } })
  const [first] = await once(client, 'message')
  return { client, first: String(first) }
}

async function refusal (port: number, path: string): Promise<number> {
  const client = new WebSocket(`ws://127.0.0.1:${port}${path}`)
  client.on('error', () => {})
  const [, response] = await once(client, 'unexpected-response') as [unknown, http.IncomingMessage]
  response.resume()
  client.terminate()
  return response.statusCode!
}

const HOSTS: Array<[string, Start]> = [['fastify', startFastify()], ['fastify with @fastify/websocket', startFastify(fastifyWebsocket)], ['node:http', startNode]]

for (const [name, start] of HOSTS) {
  t.test(name, async (t) => {
    const host = await start({ upstream: upstream() })
    const { client, first } = await open(host.port, '/chat?a=1')
    t.equal(first, 'hello /chat?a=1')
    t.equal(seen.cookie, 'c=1')
    t.equal(seen['x-forwarded-host'], `127.0.0.1:${host.port}`)
    const bytes = Buffer.alloc(200_000, 7)
    client.send(bytes)
    t.same((await once(client, 'message'))[0], bytes, 'both ways, as it is')

    t.equal(await refusal(host.port, '/refused'), 401, 'a refusal is the client\'s')
    t.equal(await refusal(host.port, '/reset'), 502)
    // @fastify/websocket itself opens and closes what is routed to a handler of requests.
    if (name.includes('@fastify')) t.equal((await open(host.port, '/host')).first, 'of the host')
    else t.equal(await refusal(host.port, '/own'), 200, 'a route file is asked like any other')

    const closed = once(client, 'close')
    await within(15_000, host.close(), 'the server is closed')
    await within(15_000, closed, 'the socket is closed')
  })
}

for (const [name, start] of [HOSTS[0]!, HOSTS[2]!]) {
  t.test(`${name}: other listeners keep theirs`, async (t) => {
    const others = new WebSocketServer({ noServer: true })
    const host = await start({ upstream: upstream(), upgrade: (req) => req.url !== '/not-wanted' }, (server) => {
      server.on('upgrade', (req, socket, head) => {
        if (req.url === '/live') others.handleUpgrade(req, socket, head, (client) => { client.send('live') })
      })
    })
    const live = await open(host.port, '/live')
    t.equal(live.first, 'live')
    const chat = await open(host.port, '/chat')
    t.equal(chat.first, 'hello /chat')
    t.equal(await refusal(host.port, '/not-wanted'), 200, 'what the upstream is not to get goes there as a plain request')
    live.client.terminate()
    chat.client.terminate()
    await host.close()
  })

  t.test(`${name}: a client that asks for HTTP/2 is served as if it did not`, async (t) => {
    const host = await start({ upstream: upstream() })
    const socket = net.connect(host.port, '127.0.0.1')
    socket.write('POST /own HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\nContent-Length: 8\r\n\r\nthe ')
    setImmediate(() => { socket.write('body') })
    const [chunk] = await once(socket, 'data')
    t.match(String(chunk), /^HTTP\/1\.1 200 OK\r\n[^]*the body$/)
    socket.write('GET /old HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    let rest = ''
    for await (const chunk of socket) rest += chunk
    t.match(rest, /plain \/old/, 'and so is the next request on its connection')
    await host.close()
  })
}

t.test('what asks for a WebSocket but is no handshake has its body', async (t) => {
  // @fastify/websocket refuses it itself.
  for (const [name, start] of HOSTS.filter(([name]) => !name.includes('@'))) {
    const { port, close } = await start({ upstream: upstream() })
    for (const body of ['Content-Length: 5\r\n\r\nabcde', 'Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n']) {
      const socket = net.connect(port, '127.0.0.1')
      socket.write(`POST /own HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n${body}`)
      let answer = ''
      for await (const chunk of socket) answer += String(chunk)
      t.match(answer, /^HTTP\/1.1 200 [^]*abcde/, name)
    }
    await close()
  }
})

/** What befalls answers that wait behind another on their connection, on this Node.js and on those that the environment names. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

const NODES: Array<[name: string, node: string | undefined]> = [
  ['this Node.js', process.execPath],
  ...['NODE_22', 'NODE_24', 'NODE_26'].map((name): [string, string | undefined] => [name, process.env[name]])
]

const HOST = `
import http from 'node:http'
import net from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export async function start (host) {
  if (host === 'fastify') {
    const { default: Fastify } = await import('fastify')
    const { default: appRoutes } = await import('fastify-app-routes')
    const fastify = Fastify({ forceCloseConnections: false })
    await fastify.register(appRoutes, { dir: './app', closeTimeout: 100 })
    await fastify.listen({ port: 0, host: '127.0.0.1' })
    return { port: fastify.server.address().port, close: () => fastify.close() }
  }
  const { default: express } = await import('express')
  const { appRoutes } = await import('fastify-app-routes/express')
  const routes = appRoutes({ dir: './app', closeTimeout: 100 })
  await routes.ready()
  const server = http.createServer(express().use(routes)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: server.address().port,
    close: async () => {
      const closed = new Promise((resolve) => { server.close(resolve) })
      await routes.close()
      await closed
    }
  }
}

export function pipeline (port, ...paths) {
  const socket = net.connect(port, '127.0.0.1').on('error', () => {}).setEncoding('latin1')
  const client = { socket, received: '', closed: new Promise((resolve) => { socket.on('close', resolve) }) }
  socket.on('data', (text) => { client.received += text })
  socket.write(paths.map((path) => 'GET ' + path + ' HTTP/1.1\\r\\nhost: a.test\\r\\n\\r\\n').join(''))
  return client
}

/** What comes within some seconds: a test fails by what it sees, not by its time-out. */
export const soon = (promise, what) => Promise.race([promise.then(() => what), sleep(5000, 'nothing', { ref: false })])
`

const WAIT = "import { setTimeout as sleep } from 'node:timers/promises'\n"

function project (main: string): Record<string, any> {
  return {
    app: {
      large: { 'route.js': `${WAIT}export const GET = async () => { await sleep(500); return new Response('x'.repeat(3_000_000)) }` },
      fails: { 'route.js': `${WAIT}let chunks = 0\nexport const GET = () => new Response(new ReadableStream({ async pull (c) { await sleep(10); if (++chunks % 3 === 0) throw new Error('late'); c.enqueue('partial') } }))` },
      waits: { 'route.js': 'let left = 2\nexport const GET = ({ signal }) => new Promise(() => { signal.onabort = () => { if (--left === 0) globalThis.resolveAborted() } })' },
      signal: { 'route.js': `${WAIT}export const GET = async ({ signal }) => { await sleep(100); return new Response(signal.aborted ? 'aborted' : 'ok') }` }
    },
    'host.mjs': HOST,
    'main.mjs': `import { pipeline, soon, start } from './host.mjs'\nimport { setTimeout as sleep } from 'node:timers/promises'\nconst { port, close } = await start(process.argv[2])\n${main}\nprocess.exit()`
  }
}

async function run (node: string, cwd: string, host: string): Promise<any> {
  // The test runner puts its own loader into every child through NODE_OPTIONS, whatever environment the child is given.
  const [command, ...rest] = process.platform === 'win32' ? [node, 'main.mjs', host] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', node, 'main.mjs', host]
  const { stdout } = await promisify(execFile)(command!, rest, { cwd, timeout: 60_000 })
  return JSON.parse(stdout)
}

function onEveryNode (t: any, main: string, expected: unknown): void {
  const cwd = t.testdir(project(main))
  for (const [name, node] of NODES) {
    for (const host of ['fastify', 'express']) {
      t.test(`${name}, ${host}`, { skip: node === undefined ? `${name} is not set` : false }, async (t: any) => {
        t.same(await run(node!, cwd, host), expected)
      })
    }
  }
}

t.test('a stream that fails before its turn is cut off in its turn, behind a complete answer', async (t) => {
  onEveryNode(t, `
    const client = pipeline(port, '/large', '/fails')
    const cut = await soon(client.closed, 'cut')
    const [, first, second = ''] = client.received.split(/HTTP[^]*?\\r\\n\\r\\n/)
    console.log(JSON.stringify({ cut, length: first.length, isComplete: second.endsWith('0\\r\\n\\r\\n'), closed: await soon(close(), 'closed') }))
  `, { cut: 'cut', length: 3_000_000, isComplete: false, closed: 'closed' })
})

t.test('many answers that wait for their turn warn of no listeners', async (t) => {
  onEveryNode(t, `
    const warnings = []
    process.on('warning', ({ name }) => { warnings.push(name) })
    const client = pipeline(port, ...Array(12).fill('/signal'))
    const answered = new Promise((resolve) => { client.socket.on('data', () => { if (client.received.split('ok').length === 13) resolve() }) })
    console.log(JSON.stringify({ answered: await soon(answered, 'answered'), warnings }))
  `, { answered: 'answered', warnings: [] })
})

t.test('answers that wait for their turn learn that their client has left', async (t) => {
  onEveryNode(t, `
    const aborted = new Promise((resolve) => { globalThis.resolveAborted = resolve })
    const client = pipeline(port, '/large', '/waits', '/waits')
    await sleep(200)
    client.socket.destroy()
    console.log(JSON.stringify(await soon(aborted, 'aborted')))
  `, 'aborted')
})

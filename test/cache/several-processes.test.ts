/** Real processes that share a store: one of them makes what all are waiting for, and what one invalidates is gone for all. */
import t from 'tap'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis, until, withoutRedis } from './redis-server.ts'

const PROCESSES = 4
const agent = new http.Agent({ maxSockets: 500 })
t.teardown(() => { agent.destroy() })

/** Each run of the handler is a line in a file that all of them write. */
const APP = (log: string): object => ({
  'server.js': `
    import Fastify from 'fastify'
    import { Redis } from 'ioredis'
    import appRoutes from 'fastify-app-routes'
    import { redisStore } from 'fastify-app-routes/redis'
    import { fileStore } from 'fastify-app-routes/stores'
    const [kind, where] = process.argv.slice(2)
    const client = kind === 'redis' ? new Redis(where) : undefined
    const fastify = Fastify()
    fastify.register(appRoutes, { dir: new URL('./app', import.meta.url), cache: { prerender: 'lazy', store: client === undefined ? fileStore(where) : redisStore(client) } })
    await fastify.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
    process.send(fastify.server.address().port)
    process.on('message', async () => {
      await fastify.close()
      client?.disconnect()
      process.disconnect()
    })`,
  app: {
    slow: {
      'route.js': `
        import { appendFileSync } from 'node:fs'
        export const revalidate = 1
        export const GET = async () => {
          const name = process.pid + ' ' + performance.now()
          appendFileSync(${JSON.stringify(log)}, name + '\\n')
          await new Promise((resolve) => { setTimeout(resolve, 500) })
          return new Response(name)
        }`
    },
    kept: { 'route.js': 'export const dynamic = "force-static"\nexport const GET = () => new Response(process.pid + " " + performance.now() + "x".repeat(10_000))' },
    many: { '[id]': { 'route.js': 'export const dynamic = "force-static"\nexport const GET = async (_, { params }) => new Response((await params).id + " " + performance.now() + "x".repeat(100_000))' } },
    drop: { 'route.js': 'import { revalidatePath } from "next/cache"\nexport const POST = () => { revalidatePath("/kept"); return new Response() }' }
  }
})

interface Answer { status: number, text: string, state: unknown }

class Server {
  readonly #process: ChildProcess
  #port = 0

  constructor (dir: string, kind: string, where: string) {
    this.#process = fork(path.join(dir, 'server.js'), [kind, where], { execArgv: [], env: { ...process.env, NODE_OPTIONS: '' } })
  }

  async ready (): Promise<this> {
    [this.#port] = await once(this.#process, 'message') as [number]
    return this
  }

  send (path: string, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      http.request({ port: this.#port, path, method, agent }, (res) => {
        res.setEncoding('utf8').toArray().then((chunks) => { resolve({ status: res.statusCode!, text: chunks.join(''), state: res.headers['x-nextjs-cache'] }) }, reject)
      }).on('error', reject).end()
    })
  }

  async end (): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.send('end')
    await exited
  }

  async kill (): Promise<void> {
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

async function startServers (t: any, dir: string, kind: string, where: string, count = PROCESSES): Promise<Server[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Server(dir, kind, where).ready()))
  t.teardown(async () => { await Promise.all(servers.map((server) => server.end())) })
  return servers
}

for (const kind of ['redis', 'file']) {
  t.test(kind, { skip: kind === 'redis' && withoutRedis() }, async (t) => {
    const dir = t.testdir(APP(path.join(t.testdirName, 'runs.txt')) as any)
    const where = kind === 'redis' ? (await startRedis(t)).url : path.join(dir, 'kept')
    const servers = await startServers(t, dir, kind, where)
    const runs = (): string[] => readFileSync(path.join(dir, 'runs.txt'), 'utf8').trim().split('\n')
    const thousand = async (): Promise<Answer[]> => await Promise.all(Array.from({ length: 1000 }, (_, index) => servers[index % PROCESSES]!.send('/slow')))

    const first = await thousand()
    t.same([...new Set(first.map(({ status, text }) => `${status} ${text}`))], [`200 ${runs()[0]}`], 'a thousand who ask for what nobody has made')
    t.equal(runs().length, 1)

    await sleep(1100)
    const begun = performance.now()
    const second = await thousand()
    // What was made anew is out of date again a second later, which on a busy machine some of them see.
    const most = 2 + Math.floor((performance.now() - begun) / 1000)
    await until(() => runs().length > 1)
    await sleep(300)
    t.ok(runs().length <= most, `a thousand who ask for what is out of date: ${runs().length} runs, ${most} at most`)
    t.same([...new Set(second.map(({ text }) => text))].filter((text) => !runs().includes(text)), [])
    t.ok(second.some(({ state }) => state === 'STALE'))

    const kept = await servers[0]!.send('/kept')
    for (const server of servers.slice(1)) t.match(await server.send('/kept'), { text: kept.text, state: 'HIT' })
    t.equal((await servers[1]!.send('/drop', 'POST')).status, 200)
    const next = await servers[2]!.send('/kept')
    t.equal(next.state, 'MISS')
    t.not(next.text, kept.text)
    for (const server of servers) t.match(await server.send('/kept'), { text: next.text, state: 'HIT' })
  })
}

t.test('files outlive the server, and a crash', async (t) => {
  const dir = t.testdir(APP('/dev/null') as any)
  const where = path.join(dir, 'kept')
  const [server] = await startServers(t, dir, 'file', where, 1) as [Server]
  const { text } = await server.send('/kept')
  await server.end()

  const [second] = await startServers(t, dir, 'file', where, 1) as [Server]
  t.match(await second.send('/kept'), { text, state: 'HIT' })
  // While it writes.
  const writing = Array.from({ length: 60 }, (_, index) => second.send(`/many/${index}`).catch(() => undefined))
  await until(() => readdirSync(path.join(where, 'entries')).length > 5)
  await second.kill()
  await Promise.all(writing)

  const [third] = await startServers(t, dir, 'file', where, 1) as [Server]
  t.match(await third.send('/kept'), { text, state: 'HIT' })
  for (let index = 0; index < 60; index++) {
    const answer = await third.send(`/many/${index}`)
    t.match(answer.text, RegExp(`^${index} [\\d.]+x{100000}$`), 'as a whole, or not at all')
  }
  t.match(await third.send('/many/59'), { state: 'HIT' })
  for (const file of readdirSync(path.join(where, 'entries'))) writeFileSync(path.join(where, 'entries', file), 'nonsense')
  t.match(await third.send('/kept'), { status: 200, state: 'MISS' })
  t.match(await third.send('/kept'), { status: 200, state: 'HIT' })
})

import t from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fileStore } from 'fastify-app-routes/stores'
import { bus, logged, open, serve, startWith, appDir, textOf } from './server.ts'
import { within } from '../waiting.ts'

const AFTER = "import { after } from 'next/server'\nimport { cookies, headers } from 'next/headers'\nimport { redirect, notFound } from 'next/navigation'\n"

t.test('close() waits for running handlers', async (t) => {
  const { server, url, errors } = await serve(t, { '/x': "export const GET = async () => { bus.emit('started'); await bus.go; return new Response('finished') }" }, { server: { forceCloseConnections: false } })
  let go: () => void
  bus.go = new Promise<void>((resolve) => { go = resolve })
  const started = once(bus, 'started')
  const answer = open(url, { path: '/x' })
  await started
  let closed = false
  const closing = server.close().then(() => { closed = true })
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => { setImmediate(resolve) })
  t.notOk(closed)
  go!()
  const { response } = await answer
  t.equal(await textOf(response), 'finished')
  await closing
  t.same(errors(), [])
})

t.test('close() waits for after() tasks', async (t) => {
  for (const way of ['socket', 'inject']) {
    const { server, send } = await serve(t, { '/x': `${AFTER}export const GET = () => { after(async () => { bus.emit('task'); await bus.go; for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => { setImmediate(resolve) }); bus.done = true }); return new Response('x') }` })
    let go: () => void
    bus.go = new Promise<void>((resolve) => { go = resolve })
    bus.done = false
    const task = once(bus, 'task')
    if (way === 'socket') await send('/x')
    else await server.inject('/x')
    await task
    const closing = server.close().then(() => bus.done)
    go!()
    t.ok(await closing, way)
  }
})

t.test('close() aborts the signals of streams at once, and lets them end by themselves', async (t) => {
  const { server, url, errors } = await serve(t, {
    '/x': `export const GET = (request: Request) => new Response(new ReadableStream({
  start (c) {
    c.enqueue(new TextEncoder().encode('hello '))
    request.signal.addEventListener('abort', () => { c.enqueue(new TextEncoder().encode('bye')); c.close() })
  }
}))`,
    '/late': 'export const GET = async (request: Request) => { bus.emit("started"); await bus.go; return new Response(new ReadableStream({ start (c) { if (request.signal.aborted) { c.enqueue("aborted from the start"); c.close() } else request.signal.addEventListener("abort", () => { c.enqueue("aborted"); c.close() }) } })) }'
  }, { server: { forceCloseConnections: false } })
  let go: () => void
  bus.go = new Promise<void>((resolve) => { go = resolve })
  const started = once(bus, 'started')
  const { response } = await open(url, { path: '/x' })
  const late = open(url, { path: '/late' })
  await started
  const text = textOf(response)
  const closing = server.close()
  t.equal(await text, 'hello bye')
  go!()
  t.match(await textOf((await late).response), 'aborted', 'a stream that begins while the server closes')
  await closing
  t.same(errors(), [])
})

t.test('close() cuts streams off after closeTimeout', async (t) => {
  const cancelled = once(bus, 'cancelled')
  const { server, url, errors } = await serve(t, { '/x': "export const GET = () => new Response(new ReadableStream({ start (c) { c.enqueue(new Uint8Array(10)) }, cancel () { bus.emit('cancelled') } }))" }, { options: { closeTimeout: 50 }, server: { forceCloseConnections: false } })
  const { response } = await open(url, { path: '/x' })
  await once(response, 'data')
  const cut = once(response, 'error')
  await server.close()
  t.match(await cut, [{ code: 'ECONNRESET' }])
  await cancelled
  t.same(errors(), [])
})

t.test('the modules that the plugin serves are given back when the server closes', async (t) => {
  const { server, send } = await serve(t, { '/x': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.json(1)" })
  t.equal((await send('/x')).text, '1')
  await server.close()
  const again = await serve(t, { '/y': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.json(2)" })
  t.equal((await again.send('/y')).text, '2', 'and a later server has them again')
})

t.test('a process ends by itself once its server is closed', async (t) => {
  const dir = t.testdir({
    app: {
      x: { 'route.js': "import { after } from 'next/server'\nexport const GET = (request) => { request.signal.addEventListener('abort', () => {}); after(() => {}); return new Response('x') }\nexport const POST = async (request) => { const reader = request.body.getReader(); await reader.read(); return new Response('half') }\n" },
      endless: { 'route.js': 'export const GET = () => new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(10)) } }))\n' }
    },
    'server.mjs': `import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const server = Fastify()
await server.register(appRoutes, { dir: new URL('./app', import.meta.url), closeTimeout: 60_000 })
const url = await server.listen({ port: 0, host: '127.0.0.1' })
await (await fetch(url + '/x')).text()
await (await fetch(url + '/x', { method: 'POST', body: 'x'.repeat(100000) })).text()
const controller = new AbortController()
const response = await fetch(url + '/endless', { signal: controller.signal })
await response.body.getReader().read()
controller.abort()
await server.close()
console.log('closed')
`
  })
  const child = spawn(process.execPath, [`${dir}/server.mjs`], { stdio: ['ignore', 'pipe', 'inherit'], cwd: fileURLToPath(new URL('../..', import.meta.url)), env: { ...process.env, NODE_OPTIONS: '' } })
  const killer = setTimeout(() => { child.kill('SIGKILL') }, 15_000)
  const output = textOf(child.stdout)
  const [code, signal] = await once(child, 'exit')
  clearTimeout(killer)
  t.equal(signal, null, 'it was not killed')
  t.equal(code, 0)
  t.equal(await output, 'closed\n')
})

t.test('a server that failed to start its directory closes', async (t) => {
  const { server } = logged()
  await t.rejects(startWith(server, appDir(t, { '/x': "throw new Error('no')" })), { code: 'FAR_ERR_APP_DIRECTORY' })
  await within(15_000, server.close(), 'the server is closed')
})

t.test('after() runs once the answer is out, in order, with the context of its request', async (t) => {
  const { send } = await serve(t, {
    '/x': `${AFTER}export const GET = async () => {
  const order: unknown[] = []
  after(async () => {
    order.push('first')
    order.push((await cookies()).get('seen')!.value, (await headers()).get('x-a'))
    try { (await cookies()).set('a', 'b'); order.push('set') } catch { order.push('refused') }
    after(() => { order.push('nested'); bus.emit('order', order) })
  })
  after(() => { order.push('second') })
  order.push('handler')
  return new Response('x')
}`
  })
  const order = once(bus, 'order')
  const response = await send({ path: '/x', headers: { cookie: 'seen=yes', 'x-a': 'header' } })
  t.equal(response.headers['set-cookie'], undefined)
  const [events] = await order
  t.equal(events[0], 'handler')
  t.ok(events.indexOf('first') < events.indexOf('second'))
  t.ok(events.indexOf('second') < events.indexOf('nested'))
  t.strictSame(events.filter((event: string) => ['yes', 'header', 'refused', 'set'].includes(event)), ['yes', 'header', 'refused'])
})

t.test('after() runs after a redirect, a notFound, a thrown error and a stream', async (t) => {
  const { send } = await serve(t, {
    '/redirect': `${AFTER}export const GET = () => { after(() => { bus.emit('task', 'redirect') }); redirect('/elsewhere') }`,
    '/missing': `${AFTER}export const GET = () => { after(() => { bus.emit('task', 'missing') }); notFound() }`,
    '/thrown': `${AFTER}export const GET = () => { after(() => { bus.emit('task', 'thrown') }); throw new Error('x') }`,
    '/promise': `${AFTER}export const GET = () => { after(Promise.resolve().then(() => { bus.emit('task', 'promise') })); return new Response() }`,
    '/stream': `${AFTER}export const GET = () => { after(() => { bus.emit('task', bus.ended) }); return new Response(new ReadableStream({ async start (c) { c.enqueue(new Uint8Array(1)); await null; bus.ended = 'stream'; c.close() } })) }`
  })
  for (const [path, status] of [['redirect', 307], ['missing', 404], ['thrown', 500], ['promise', 200], ['stream', 200]] as const) {
    const task = once(bus, 'task')
    t.equal((await send('/' + path)).status, status, path)
    t.same(await task, [path])
  }
})

t.test('after() runs when the client has left', async (t) => {
  const { url } = await serve(t, { '/x': `${AFTER}import { once } from 'node:events'\nexport const GET = async (request: Request) => { after(() => { bus.emit('task') }); const left = once(request.signal, 'abort'); bus.emit('started'); await left; return new Response() }` })
  const started = once(bus, 'started')
  const task = once(bus, 'task')
  const request = http.get(url + '/x').on('error', () => {})
  await started
  request.destroy()
  await within(15_000, task, 'the task runs')
})

t.test('an error in after() is logged once and hurts nobody', async (t) => {
  const { server, send, errors } = await serve(t, {
    '/sync': `${AFTER}export const GET = () => { after(() => { throw new Error('task failed') }); after(() => { bus.emit('other') }); return new Response('x') }`,
    '/async': `${AFTER}export const GET = () => { after(async () => { await null; throw new Error('task failed') }); after(() => { bus.emit('other') }); return new Response('x') }`,
    '/promise': `${AFTER}export const GET = () => { after(Promise.reject(new Error('task failed'))); after(() => { bus.emit('other') }); return new Response('x') }`
  })
  for (const path of ['/sync', '/async', '/promise']) {
    const other = once(bus, 'other')
    t.equal((await send(path)).text, 'x', path)
    await other
  }
  await server.close()
  t.match(errors(), Array.from({ length: 3 }, () => ({ err: { message: 'task failed' }, reqId: String, msg: /route\.ts/ })))
  t.equal(errors().length, 3)
})

t.test('a read that goes on after the answer ends with its client, so that close() does', async (t) => {
  const routes = {
    '/later': `${AFTER}export const POST = (request: Request) => { after(async () => { await bus.go; await request.text().catch((error) => { bus.emit('failed', error) }) }); return new Response('x') }`,
    '/at-once': `${AFTER}export const POST = (request: Request) => { const text = request.text(); after(() => text.catch((error) => { bus.emit('failed', error) })); return new Response('x') }`,
    '/stream': `${AFTER}export const POST = (request: Request) => { const text = new Response(request.body).text(); after(() => text.catch((error) => { bus.emit('failed', error) })); return new Response('x') }`
  }
  for (const [path, when] of [['/later', 'before'], ['/later', 'while'], ['/at-once', 'while'], ['/stream', 'while']] as const) {
    await t.test(`${path}, which has left ${when} it is read`, async (t) => {
      const { server, port } = await serve(t, routes)
      let go: () => void
      bus.go = new Promise<void>((resolve) => { go = resolve })
      const failed = once(bus, 'failed')
      const connected = once(server.server, 'connection')
      const client = net.connect(port, '127.0.0.1')
      client.write(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n`)
      const [connection] = await connected as [net.Socket]
      await once(client, 'data')
      if (when === 'while') go!()
      await new Promise((resolve) => { setImmediate(resolve) })
      const gone = new Promise((resolve) => { connection.on('close', resolve) })
      client.destroy()
      await gone
      go!()
      const [error] = await Promise.race([failed, sleep(3000, [{ name: 'nothing was told' }])])
      t.match(error, { name: 'AbortError', message: 'The client closed the connection before the whole request body had arrived.' })
      await server.close()
    })
  }
})

t.test('a read that goes on after the answer gets what comes within five seconds', async (t) => {
  const { server, port } = await serve(t, {
    '/x': `${AFTER}export const POST = (request: Request) => { const whole = request.text(); after(() => whole.then((text) => { bus.emit('read', text) }, (error) => { bus.emit('read', error.name) })); return new Response('x') }`
  })
  const [more, silent] = [0, 1].map(() => net.connect(port, '127.0.0.1'))
  for (const [client, expected] of [[more!, 'abcd'], [silent!, 'AbortError']] as const) {
    client.write('POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab')
    await once(client, 'data')
    const read = once(bus, 'read')
    if (client === more) client.write('cd')
    t.same(await Promise.race([read, sleep(8000, ['nothing was told'])]), [expected])
  }
  more!.destroy()
  await server.close()
})

t.test('after() that is called once the answer is out returns before its task runs', async (t) => {
  const { send } = await serve(t, {
    '/x': `${AFTER}export const GET = () => { setTimeout(() => { after(() => { bus.emit('ran', returned) }); const returned = true }, 50); return new Response('x') }`
  })
  const ran = once(bus, 'ran')
  await send('/x')
  t.same(await Promise.race([ran, sleep(3000, ['it did not run'])]), [true])
})

t.test('after() beside revalidateTag() waits for the stream, where the store takes its time', async (t) => {
  const { send, server } = await serve(t, {
    '/x': `import { revalidateTag } from 'next/cache'\n${AFTER}let isOver = false\nexport const POST = () => { after(() => { bus.emit('ran', isOver) }); revalidateTag('t', { expire: 0 }); return new Response(new ReadableStream({ start (c) { c.enqueue('a'); setTimeout(() => { isOver = true; c.close() }, 300) } })) }`
  }, { options: { cache: { store: fileStore(t.testdir({ cache: {} })) } } })
  const ran = once(bus, 'ran')
  await send({ method: 'POST', path: '/x' })
  t.same(await ran, [true])
  await server.close()
})

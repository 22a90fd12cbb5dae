import t from 'tap'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { bus, open, raw, serve } from './server.ts'
import { within } from '../waiting.ts'

const STEPS = `export const GET = (request: Request) => {
  let n = 0
  return new Response(new ReadableStream({
    async pull (c) { await bus.step(); if (n++ === 3) c.close(); else c.enqueue(new TextEncoder().encode('part ' + n)) },
    cancel (reason) { bus.emit('cancelled', reason) }
  }))
}`
const ENDLESS = `export const GET = (request: Request) => {
  request.signal.addEventListener('abort', () => { bus.emit('aborted') })
  return new Response(new ReadableStream({
    pull (c) { bus.pulls = (bus.pulls ?? 0) + 1; c.enqueue(new Uint8Array(64 * 1024)) },
    cancel () { bus.emit('cancelled') }
  }))
}`

/** Lets a stream go one step at a time. */
function stepper (): () => void {
  const waiting: Array<() => void> = []
  let free = 0
  bus.step = () => new Promise<void>((resolve) => {
    if (free-- > 0) resolve()
    else waiting.push(resolve)
  })
  free = 0
  return () => {
    const next = waiting.shift()
    if (next === undefined) free = 1
    else {
      free = 0
      next()
    }
  }
}

t.test('a stream arrives chunk by chunk', async (t) => {
  const step = stepper()
  const { url } = await serve(t, { '/x': STEPS })
  const { response } = await open(url, { path: '/x' })
  t.equal(response.headers['content-length'], undefined)
  t.equal(response.headers['content-type'], undefined)
  for (const n of [1, 2, 3]) {
    step()
    const [chunk] = await once(response, 'data')
    t.equal(String(chunk), `part ${n}`)
  }
  step()
  await once(response, 'end')
})

t.test('a stream that always has more leaves the others their turn', async (t) => {
  const eager = (chunk: string, headers: string): string => `export const GET = () => {
    let n = 0
    setImmediate(() => { bus.turn = n })
    return new Response(new ReadableStream({ pull (c) { if (n++ === 5000) c.close(); else c.enqueue(${chunk}) } }), { headers: ${headers} })
  }`
  const { url, server } = await serve(t, {
    '/chunked': eager("'x'", '{}'),
    '/announced': eager("'x'", "{ 'content-length': '5000' }"),
    '/empty': eager("''", '{}')
  })
  for (const path of ['/chunked', '/announced', '/empty']) {
    for (const send of [async () => await (await fetch(url + path)).text(), async () => (await server.inject(path)).payload]) {
      bus.turn = Infinity
      t.equal((await send()).length, path === '/empty' ? 0 : 5000)
      t.ok(bus.turn < 1000, `the event loop turned after ${bus.turn} of 5000 chunks`)
    }
  }
})

t.test('the headers of an event stream arrive before its first event', async (t) => {
  const step = stepper()
  const { url } = await serve(t, { '/x': STEPS.replace('}))', "}), { status: 201, headers: { 'content-type': 'text/event-stream', 'x-early': 'yes' } })") }, {
    before: (server) => {
      server.addHook('onSend', async (_request, reply) => {
        await new Promise((resolve) => { setImmediate(resolve) })
        reply.header('x-hook', 'yes')
      })
    }
  })
  const { response } = await open(url, { path: '/x' })
  t.equal(response.statusCode, 201)
  t.match(response.headers, { 'content-type': 'text/event-stream', 'x-early': 'yes', 'x-hook': 'yes' })
  step()
  t.equal(String((await once(response, 'data'))[0]), 'part 1')
  response.destroy()
})

t.test('strings, empty chunks and other byte views', async (t) => {
  const { send } = await serve(t, {
    '/x': "export const GET = () => new Response(new ReadableStream<any>({ start (c) { c.enqueue('ä'); c.enqueue(''); c.enqueue(new Uint8Array()); c.enqueue(Buffer.from('b')); c.enqueue(new Uint8Array([120, 99, 120]).subarray(1, 2)); c.close() } }))",
    '/none': 'export const GET = () => new Response(new ReadableStream({ start (c) { c.close() } }))',
    '/iterable': "export const GET = () => new Response((async function * () { yield new TextEncoder().encode('a'); yield new TextEncoder().encode('b') })() as any)",
    '/blob': "export const GET = () => new Response(new Blob(['bl', 'ob'], { type: 'text/special' }))",
    '/form': "export const GET = () => { const form = new FormData(); form.set('a', 'b'); return new Response(form) }"
  })
  t.equal((await send('/x')).text, 'äbc')
  t.equal((await send('/none')).text, '')
  t.equal((await send('/iterable')).text, 'ab')
  const blob = await send('/blob')
  t.equal(blob.text, 'blob')
  t.equal(blob.headers['content-type'], 'text/special')
  t.match((await send('/form')).headers['content-type'], /^multipart\/form-data; boundary=/)
})

t.test('a client that does not read holds the source back', async (t) => {
  bus.pulls = 0
  const cancelled = once(bus, 'cancelled')
  const { port } = await serve(t, { '/x': ENDLESS })
  const socket = net.connect(port, '127.0.0.1')
  socket.pause()
  socket.write('GET /x HTTP/1.1\r\nhost: a\r\n\r\n')
  // The source has come to rest when it was not asked for a while.
  let seen = -1
  while (seen !== bus.pulls || seen === 0) {
    seen = bus.pulls
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => { setImmediate(resolve) })
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    if (bus.pulls > 1000) break
  }
  t.ok(bus.pulls < 1000, `${bus.pulls} chunks of 64 KiB were pulled`)
  const atRest = bus.pulls
  const pulledAgain = new Promise<void>((resolve) => {
    const read = (): void => { if (bus.pulls > atRest + 10) resolve() }
    socket.on('data', read)
  })
  socket.resume()
  await within(15_000, pulledAgain, 'it goes on when the client reads')
  socket.destroy()
  await cancelled
})

t.test('a client that leaves a stream cancels it and aborts the signal, without an error in the log', async (t) => {
  const { url, errors, logs } = await serve(t, { '/x': ENDLESS, '/waiting': "export const GET = (request: Request) => { request.signal.addEventListener('abort', () => { bus.emit('aborted') }); return new Response(new ReadableStream({ pull (c) { return new Promise(() => {}) }, cancel () { bus.emit('cancelled') } })) }" })
  for (const path of ['/x', '/waiting']) {
    const cancelled = once(bus, 'cancelled')
    const aborted = once(bus, 'aborted')
    const { request, response } = await open(url, { path })
    response.on('error', () => {})
    request.destroy()
    await within(15_000, cancelled, `${path}: the stream is cancelled`)
    await within(15_000, aborted, `${path}: the signal is aborted`)
  }
  t.same(errors(), [])
  t.same(logs.filter(({ level }) => level >= 40), [])
})

t.test('a cancel() that throws or rejects hurts nobody', async (t) => {
  const { url, errors } = await serve(t, {
    '/throws': "export const GET = () => new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(1000)) }, cancel () { bus.emit('cancelled'); throw new Error('no') } }))",
    '/rejects': "export const GET = () => new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(1000)) }, async cancel () { bus.emit('cancelled'); throw new Error('no') } }))"
  })
  for (const path of ['/throws', '/rejects']) {
    const cancelled = once(bus, 'cancelled')
    const { request, response } = await open(url, { path })
    response.on('error', () => {})
    request.destroy()
    await within(15_000, cancelled, `${path}: the stream is cancelled`)
  }
  t.same(errors(), [])
})

t.test('a stream that is returned after the client has left is cancelled', async (t) => {
  const { url, errors } = await serve(t, {
    '/x': `import { once } from 'node:events'
export const GET = async (request: Request) => {
  const left = once(request.signal, 'abort')
  bus.emit('started')
  await left
  await new Promise((resolve) => { setImmediate(resolve) })
  return new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(1000)) }, cancel () { bus.emit('cancelled') } }))
}`
  })
  const started = once(bus, 'started')
  const cancelled = once(bus, 'cancelled')
  const request = http.get(url + '/x')
  request.on('error', () => {})
  await started
  request.destroy()
  await cancelled
  t.same(errors(), [])
})

t.test('a client that leaves in the midst of its body makes the read fail and aborts the signal', async (t) => {
  const { port, errors } = await serve(t, {
    '/text': "export const POST = async (request: Request) => { request.signal.addEventListener('abort', () => { bus.emit('aborted') }); bus.emit('started'); try { await request.text(); bus.emit('failed', 'nothing') } catch (error: any) { bus.emit('failed', error) } throw new Error('late') }",
    '/stream': "export const POST = async (request: Request) => { request.signal.addEventListener('abort', () => { bus.emit('aborted') }); bus.emit('started'); try { for await (const chunk of request.body as any) ; bus.emit('failed', 'nothing') } catch (error: any) { bus.emit('failed', error) } throw new Error('late') }"
  })
  for (const path of ['/text', '/stream']) {
    const started = once(bus, 'started')
    const failed = once(bus, 'failed')
    const aborted = once(bus, 'aborted')
    const socket = net.connect(port, '127.0.0.1')
    socket.write(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf`)
    await started
    socket.destroy()
    const [error] = await failed
    t.type(error, Error, path)
    await aborted
  }
  t.same(errors(), [])
})

t.test('HEAD of an endless stream returns and cancels it', async (t) => {
  const cancelled = once(bus, 'cancelled')
  const { send } = await serve(t, { '/x': ENDLESS })
  const response = await send({ path: '/x', method: 'HEAD' })
  t.equal(response.status, 200)
  t.equal(response.text, '')
  await cancelled
})

t.test('Response(request.body) echoes 5 MB unchanged', async (t) => {
  const { url } = await serve(t, { '/x': 'export const POST = (request: Request) => new Response(request.body)' }, { options: { bodyLimit: 10_000_000 } })
  const body = Buffer.alloc(5_000_000)
  for (let index = 0; index < body.length; index++) body[index] = index * 7
  const { response } = await open(url, { method: 'POST', path: '/x', body, headers: { 'content-length': String(body.length) } })
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  t.ok(Buffer.concat(chunks).equals(body))
})

t.test('an echo answers while the request is still being sent', async (t) => {
  const { url } = await serve(t, { '/x': 'export const POST = (request: Request) => new Response(request.body)' })
  const { hostname, port } = new URL(url)
  const request = http.request({ hostname, port, path: '/x', method: 'POST', agent: false })
  request.write('one')
  const [response] = await once(request, 'response')
  t.equal(String((await once(response, 'data'))[0]), 'one')
  request.write('two')
  t.equal(String((await once(response, 'data'))[0]), 'two')
  request.end()
  await once(response, 'end')
})

t.test('two readers at once: one has the body, the other is refused', async (t) => {
  const { send } = await serve(t, {
    '/x': 'export const POST = async (request: Request) => Response.json((await Promise.allSettled([request.text(), request.text()])).map((r: any) => r.value ?? r.reason.name))',
    '/clone': 'export const POST = async (request: Request) => Response.json(await Promise.all([request.clone().text(), request.text()]))',
    '/tee': 'export const POST = async (request: Request) => { const [a, b] = request.body!.tee(); return Response.json(await Promise.all([new Response(a).text(), new Response(b).text()])) }'
  })
  t.same((await send({ method: 'POST', path: '/x', body: 'abc' })).json(), ['abc', 'TypeError'])
  t.same((await send({ method: 'POST', path: '/clone', body: 'abc' })).json(), ['abc', 'abc'])
  t.same((await send({ method: 'POST', path: '/tee', body: 'abc' })).json(), ['abc', 'abc'])
})

t.test('a body that was half read or never read leaves the connection to the next request', async (t) => {
  const { port } = await serve(t, {
    '/half': 'export const POST = async (request: Request) => { const reader = request.body!.getReader(); await reader.read(); return new Response("half") }',
    '/cancelled': 'export const POST = async (request: Request) => { const reader = request.body!.getReader(); await reader.read(); await reader.cancel(); return new Response("cancelled") }',
    '/touched': 'export const POST = (request: Request) => new Response(String(request.body !== null))',
    '/unread': "export const POST = () => new Response('unread')",
    '/thrown': "export const POST = () => { throw new Error('x') }",
    '/next': "export const GET = () => new Response('the next one')"
  })
  for (const path of ['/half', '/cancelled', '/touched', '/unread', '/thrown', '/nope']) {
    for (const size of [10, 300_000]) {
      const answer = await raw(port, `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`, 'x'.repeat(size), 'GET /next HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
      t.match(answer, /the next one\r\n|the next one$/, `${path}, ${size} bytes`)
    }
  }
})

t.test('a handler that takes the reply over is left alone', async (t) => {
  const { send, logs } = await serve(t, {
    '/x': "import { hostRequest } from 'fastify-app-routes'\nexport const GET = () => { const { reply } = hostRequest(); reply.hijack(); reply.raw.end('by hand'); return new Response('ignored') }",
    '/stream': "import { hostRequest } from 'fastify-app-routes'\nexport const GET = () => { const { reply } = hostRequest(); reply.hijack(); reply.raw.end('by hand'); return new Response(new ReadableStream({ cancel () { bus.emit('cancelled') } })) }"
  })
  t.equal((await send('/x')).text, 'by hand')
  const cancelled = once(bus, 'cancelled')
  t.equal((await send('/stream')).text, 'by hand')
  await cancelled
  t.same(logs.filter(({ level }) => level >= 40), [])
})

import t from 'tap'
import { once } from 'node:events'
import net from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import http from 'node:http'
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import { onEveryHost, start, type RunningHost } from './hosts.ts'
import { until } from './waiting.ts'

/** Behaviour that was wrong once, on every host that it concerns. */

/** Sends bytes on one connection and gives all that comes back until it closes or falls silent. */
async function exchangeBytes (host: RunningHost, ...requests: string[]): Promise<string> {
  const socket = net.connect(Number(new URL(host.url).port), 'localhost')
  let received = ''
  socket.on('data', (chunk) => { received += chunk.toString('latin1') })
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const request of requests) socket.write(request)
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 500))])
  socket.destroy()
  return received
}

/** Asks for `/`, leaves once the handler has entered, and lets the handler go on (it awaits `released`) a little later. */
async function leaveWhileItRuns (host: RunningHost, state: { entered: number, released?: Promise<void> }): Promise<void> {
  let release!: () => void
  state.released = new Promise<void>((resolve) => { release = resolve })
  const socket = net.connect(Number(new URL(host.url).port), 'localhost')
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await until(() => state.entered === 1)
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 50))
  release()
}

const HTTP1 = ['fastify', 'express 4', 'express 5', 'node:http'] as const

t.test('a stream that is returned after the client has left is cancelled', async (t) => {
  const state = (globalThis as any).regressions = { entered: 0, cancelled: 0 }
  const dir = t.testdir({
    'route.ts': `
      export async function GET () {
        const state = (globalThis as any).regressions
        state.entered++
        await state.released
        return new Response(new ReadableStream({ async pull (c) { await new Promise((resolve) => setTimeout(resolve, 5)); c.enqueue(new Uint8Array(1000)) }, cancel () { state.cancelled++ } }))
      }`
  })
  onEveryHost(t, { dir }, async (t, host) => {
    Object.assign(state, { entered: 0, cancelled: 0 })
    await leaveWhileItRuns(host, state)
    await until(() => state.cancelled === 1)
    t.equal(state.cancelled, 1)
    t.same(host.errors, [])
  }, [...HTTP1])
})

t.test('a wrong content-length never spoils the next answer on the connection', async (t) => {
  const dir = t.testdir({
    '[kind]': {
      'route.ts': `
        const stream = (text: string) => new ReadableStream({ start (c) { c.enqueue(new TextEncoder().encode(text)); c.close() } })
        export async function GET (_: Request, { params }: { params: Promise<{ kind: string }> }) {
          switch ((await params).kind) {
            case 'long': return new Response(stream('0123456789 and more HTTP/1.1 200 OK'), { headers: { 'content-length': '10' } })
            case 'short': return new Response(stream('012'), { headers: { 'content-length': '10' } })
            case 'exact': return new Response(stream('0123456789'), { headers: { 'content-length': '10' } })
            case 'empty': return new Response(null, { headers: { 'content-length': '5' } })
            case 'none': return new Response(null, { status: 204, headers: { 'content-length': '5' } })
            default: return new Response('next answer')
          }
        }`
    }
  })
  const request = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
  onEveryHost(t, { dir }, async (t, host) => {
    t.notMatch(await exchangeBytes(host, request('/long'), request('/x')), 'and more')
    t.notMatch(await exchangeBytes(host, request('/short'), request('/x')), /HTTP\/1\.1 200 OK[\s\S]*HTTP\/1\.1/, 'the connection is cut')
    const exact = await host.send('/exact')
    t.equal(exact.headers['content-length'], '10')
    t.equal(exact.text, '0123456789')
    for (const path of ['/empty', '/none']) {
      const both = await exchangeBytes(host, request(path), request('/x'))
      t.match(both, 'next answer', path)
      t.notMatch(both, /content-length: 5\r/i, path)
    }
  }, [...HTTP1])
})

t.test('a body from fetch() is passed on with true headers', async (t) => {
  const upstream = http.createServer((req, res) => {
    const encoded = !req.url!.startsWith('/plain')
    const body = encoded ? gzipSync('from upstream') : Buffer.from('from upstream')
    if (encoded) res.setHeader('content-encoding', 'gzip')
    res.writeHead(200, { 'content-length': body.length, connection: 'keep-alive', 'keep-alive': 'timeout=5', 'x-upstream': 'yes' }).end(body)
  }).listen(0, 'localhost')
  await once(upstream, 'listening')
  t.teardown(() => { upstream.close(); upstream.closeAllConnections() })
  const url = `http://localhost:${(upstream.address() as net.AddressInfo).port}/`
  const longer = "new TransformStream({ flush (c) { c.enqueue(new TextEncoder().encode(', and more')) } })"
  // `u` is the answer of the upstream.
  const passed: Record<string, string> = {
    direct: 'u',
    clone: 'u.clone()',
    wrapped: 'new Response(u.body, { status: u.status, headers: u.headers })',
    init: 'new Response(u.body, u)',
    ofClone: 'new Response(u.clone().body, { headers: u.headers })',
    tee: 'new Response(u.body.tee()[0], { headers: u.headers })',
    piped: 'new Response(u.body.pipeThrough(new TransformStream()), { headers: u.headers })',
    longer: `new Response(u.body.pipeThrough(${longer}), { headers: u.headers })`,
    text: 'new Response(await u.text(), { headers: u.headers })',
    copied: 'new Response(await u.text(), { headers: new Headers(u.headers) })',
    spread: 'new Response(await u.text(), { headers: { ...Object.fromEntries(u.headers) } })',
    bytes: 'new Response(await u.arrayBuffer(), { headers: u.headers })',
    blob: 'new Response(await u.blob(), { headers: u.headers })',
    next: 'new NextResponse(u.body.pipeThrough(new TransformStream()), u)',
    nextBytes: 'new NextResponse(await u.arrayBuffer(), u)',
    twice: 'new Response(u.body.pipeThrough(new TransformStream()), new Response(null, u))'
  }
  const files: Record<string, { 'route.ts': string }> = {
    own: { 'route.ts': "import { gzipSync } from 'node:zlib'\nexport const GET = () => new Response(gzipSync('own'), { headers: { 'content-encoding': 'gzip' } })" },
    again: { 'route.ts': `export const GET = async () => { const u = await fetch('${url}'); const r = new Response(u.body.pipeThrough(new CompressionStream('gzip')), u); r.headers.set('Content-Encoding', 'gzip'); return r }` },
    anew: { 'route.ts': `export const GET = async () => { const u = await fetch('${url}'); const r = new Response(u.body.pipeThrough(new CompressionStream('gzip')), u); r.headers.delete('Content-Encoding'); r.headers.append('Content-Encoding', 'gzip'); return r }` },
    cached: { 'route.ts': `export const GET = async () => { const u = await fetch('${url}?cached', { cache: 'force-cache' }); return new Response(await u.arrayBuffer(), { headers: u.headers }) }` },
    'head-plain': { 'route.ts': `export const HEAD = async () => { const u = await fetch('${url}plain', { method: 'HEAD' }); return new Response(null, u) }` },
    head: { 'route.ts': `export const HEAD = async () => { const u = await fetch('${url}', { method: 'HEAD' }); return new Response(null, u) }` }
  }
  for (const [name, expression] of Object.entries(passed)) {
    for (const fetching of ['fetch', 'globalThis.fetch']) {
      const route = (path: string): string => `import { NextResponse } from 'next/server'\nexport const GET = async () => { const u = await ${fetching}('${url}${path}'); return ${expression} }`
      files[`${name}-${fetching}`] = { 'route.ts': route('') }
      files[`${name}-${fetching}-plain`] = { 'route.ts': route('plain') }
    }
  }
  const dir = t.testdir(files)
  onEveryHost(t, { dir }, async (t, host) => {
    for (const path of Object.keys(files).filter((path) => path.includes('fetch'))) {
      const answer = await host.send(`/${path}`)
      t.equal(answer.text, `from upstream${path.startsWith('longer') ? ', and more' : ''}`, path)
      t.equal(answer.headers['content-encoding'], undefined, path)
      t.equal(answer.headers['x-upstream'], 'yes', path)
    }
    for (const path of ['own', 'again', 'anew']) {
      const own = await host.send(`/${path}`)
      t.equal(own.headers['content-encoding'], 'gzip', 'what a handler has compressed itself stays')
      t.equal(String(gunzipSync(own.body)), path === 'own' ? 'own' : 'from upstream')
    }
    for (const time of ['fetched', 'kept']) {
      const cached = await host.send('/cached')
      t.equal(cached.text, 'from upstream', time)
      t.equal(cached.headers['content-encoding'], undefined, time)
    }
    const plain = await host.send({ method: 'HEAD', path: '/head-plain' })
    t.equal(plain.headers['content-length'], '13')
    const head = await host.send({ method: 'HEAD', path: '/head' })
    t.equal(head.headers['content-encoding'], undefined, 'as GET would have it')
    t.not(head.headers['content-length'], String(gzipSync('from upstream').length))
  })
})

t.test('a response whose clone was read goes out', async (t) => {
  const dir = t.testdir({
    clone: { 'route.ts': 'export async function GET () { const r = Response.json({ c: 1 }); await r.clone().text(); return r }' },
    original: { 'route.ts': 'export async function GET () { const r = new Response(new TextEncoder().encode("bytes")); const c = r.clone(); await r.text(); return c }' },
    native: { 'route.ts': 'export async function GET () { const r = new globalThis.Response(new TextEncoder().encode("bytes")); await r.clone().arrayBuffer(); return r }' }
  })
  onEveryHost(t, { dir }, async (t, host) => {
    t.same((await host.send('/clone')).json(), { c: 1 })
    t.equal((await host.send('/original')).text, 'bytes')
    t.equal((await host.send('/native')).text, 'bytes')
  })
})

t.test('a file stream of Node.js goes out', async (t) => {
  const dir = t.testdir({ 'file.txt': 'x'.repeat(100_000), app: { 'route.ts': "import { open } from 'node:fs/promises'\nexport const GET = async () => new Response((await open(process.env.REGRESSION_FILE!)).readableWebStream() as any)" } })
  process.env.REGRESSION_FILE = `${dir}/file.txt`
  onEveryHost(t, { dir: `${dir}/app` }, async (t, host) => {
    t.equal((await host.send('/')).text.length, 100_000)
  }, ['fastify', 'express 5'])
})

t.test('thousands of cookies are read', async (t) => {
  const dir = t.testdir({ 'route.ts': "import { cookies } from 'next/headers'\nexport const GET = async () => { const jar = await cookies(); return Response.json([jar.size, jar.get('c9')]) }" })
  const cookie = Array.from({ length: 2000 }, (_, index) => `c${index}=1`).join(';')
  onEveryHost(t, { dir }, async (t, host) => {
    t.same((await host.send({ path: '/', headers: { cookie } })).json(), [2000, { name: 'c9', value: '1', path: '/' }])
  }, ['fastify', 'express 5'])
})

t.test('a Host header that is no host is none', async (t) => {
  const dir = t.testdir({ 'route.ts': 'export const GET = (r: Request) => Response.json(new URL(r.url).hostname)' })
  onEveryHost(t, { dir }, async (t, host) => {
    for (const name of ['x:99999', '999.1.1.1', '[1:2]', 'a b', 'evil.com/path', 'user@host']) {
      t.match(await exchangeBytes(host, `GET / HTTP/1.1\r\nhost: ${name}\r\nconnection: close\r\n\r\n`), '"localhost"', name)
    }
  }, [...HTTP1])
})

t.test('what a handler throws is answered, though a logger or the host chokes on it', async (t) => {
  const dir = t.testdir({ 'route.ts': "export const GET = () => { throw Object.freeze(new Error('x')) }" })
  onEveryHost(t, { dir }, async (t, host) => {
    t.equal((await host.send('/')).status, 500)
  })
  t.test('express: an error handler that throws', async (t) => {
    const host = await start('express 5', { dir, expressAfter: (app) => { app.use((_e: any, _q: any, _s: any, _n: any) => { throw new Error('in the error handler') }) } })
    t.teardown(() => host.close())
    t.equal((await host.send('/')).status, 500)
  })
})

t.test('after() of a request whose client has left waits for the handler', async (t) => {
  const state = (globalThis as any).regressions = { entered: 0, log: [] as string[] }
  const dir = t.testdir({
    'route.ts': `
      import { after } from 'next/server'
      import { cookies } from 'next/headers'
      export async function GET () {
        const state = (globalThis as any).regressions
        after(() => { state.log.push('after') })
        state.entered++
        await state.released
        ;(await cookies()).set('a', '1')
        state.log.push('handler')
        return new Response('x')
      }`
  })
  onEveryHost(t, { dir }, async (t, host) => {
    Object.assign(state, { entered: 0, log: [] })
    await leaveWhileItRuns(host, state)
    await until(() => state.log.length === 2)
    t.same(state.log, ['handler', 'after'])
  }, [...HTTP1])
})

t.test('prefixes with a slash at the end, and with parameters', async (t) => {
  const dir = t.testdir({
    items: { '[id]': { 'route.ts': 'export const GET = async (_: Request, { params }: any) => Response.json(await params)\nexport const POST = GET\n' }, only: { 'route.ts': "export const GET = () => new Response('only')" } }
  })
  for (const [prefix, base] of [['/api/', '/api'], ['/:tenant', '/acme'], ['/v1/:tenant/', '/v1/acme']] as const) {
    t.test(prefix, async (t) => {
      const host = await start('fastify inject', { dir, prefix })
      t.teardown(() => host.close())
      t.same((await host.send(`${base}/items/5`)).json(), { id: '5' })
      t.equal((await host.send({ method: 'DELETE', path: `${base}/items/5` })).status, 405)
      t.equal((await host.send({ method: 'POST', path: `${base}/items/only` })).status, 405, 'the more specific file has no POST')
      t.equal((await host.send(`${base}/items/5/`)).headers.location, `${base}/items/5`)
      t.equal((await host.send({ method: 'OPTIONS', path: `${base}/items/only` })).headers.allow, 'GET, HEAD, OPTIONS')
    })
  }
})

t.test('a parameter may have any name', async (t) => {
  const dir = t.testdir({ '[status]': { '[value]': { 'route.ts': 'export const GET = async (_: Request, { params }: any) => Response.json([params.status, { ...params }, JSON.stringify(params), await params])' } }, x: { '[then]': { y: { 'route.ts': 'export const GET = async (_: Request, { params }: any) => Response.json(await params)' } } } })
  const host = await start('fastify inject', { dir })
  t.teardown(() => host.close())
  t.same((await host.send('/open/1')).json(), ['open', { status: 'open', value: '1' }, '{"status":"open","value":"1"}', { status: 'open', value: '1' }])
  t.same((await host.send('/x/1/y')).json(), { then: '1' })
})

t.test('new Request(request, init) takes another body after the first was read', async (t) => {
  const dir = t.testdir({ 'route.ts': "export const POST = async (r: Request) => { await r.text(); return new Response(await new Request(r, { method: 'POST', body: 'new' }).text()) }" })
  onEveryHost(t, { dir }, async (t, host) => {
    t.equal((await host.send({ method: 'POST', path: '/', body: 'old' })).text, 'new')
  })
})

t.test('Fastify: a compressed body that a hook has taken over is read', async (t) => {
  const dir = t.testdir({ 'route.ts': "export const POST = async (r: Request) => Response.json([await new Request(r).text(), r.headers.get('content-encoding'), r.headers.get('content-length')])" })
  const host = await start('fastify', { dir, fastify: async (server) => { await server.register(compress) } })
  t.teardown(() => host.close())
  const send = async (encoding: string, body: Buffer): Promise<unknown> => (await host.send({ method: 'POST', path: '/', headers: { 'content-encoding': encoding, 'content-type': 'text/plain' }, body })).json()
  t.same(await send('gzip', gzipSync('inflated')), ['inflated', null, null], 'with no header that speaks of what it was')
  t.same(await send('identity', Buffer.from('as it came')), ['as it came', 'identity', '10'])
})

t.test('Fastify: automatic answers have the headers of hooks that were added later', async (t) => {
  const dir = t.testdir({ 'route.ts': "export const GET = () => new Response('x')" })
  const host = await start('fastify inject', { dir })
  t.teardown(() => host.close())
  const late = await start('fastify inject', { dir, fastify: (server) => { server.after(() => { void server.register(cors, { origin: true }) }) } })
  t.teardown(() => late.close())
  const answer = await late.send({ method: 'PUT', path: '/', headers: { origin: 'http://a.test' } })
  t.equal(answer.status, 405)
  t.equal(answer.headers['access-control-allow-origin'], 'http://a.test')
})

t.test('close() cancels a stream before it resolves, and may be called twice', async (t) => {
  const state = (globalThis as any).regressions = { cancelled: 0 }
  const dir = t.testdir({ 'route.ts': 'export const GET = () => new Response(new ReadableStream({ start (c) { c.enqueue(new Uint8Array(1)) }, cancel () { (globalThis as any).regressions.cancelled++ } }))' })
  for (const name of ['fastify', 'express 5'] as const) {
    state.cancelled = 0
    const host = await start(name, { dir, closeTimeout: 20 })
    const answer = await fetch(host.url)
    await answer.body!.getReader().read()
    if (name === 'fastify') await host.close()
    else await Promise.all([host.middleware!.close(), host.middleware!.close()])
    t.equal(state.cancelled, 1, name)
    if (name !== 'fastify') await host.close()
  }
})

t.test('an option named like a member of every object is unknown', async (t) => {
  await t.rejects(start('fastify inject', { dir: '.', constructor: 1 } as any), { code: 'FAR_ERR_OPTION' })
})

/** What HTTP demands of every answer (RFC 9110, RFC 9112, RFC 9113), on every host. */
import { once } from 'node:events'
import t from 'tap'
import { appDir, bus } from '../fastify/server.ts'
import { HOSTS, onEveryHost, type HostName } from '../hosts.ts'
import { ask, head, Wire } from './wire.ts'

const HTTP1: HostName[] = ['fastify', 'express 4', 'express 5', 'node:http']

/** A response with a status that no constructor takes, as a subclass or a library may make it. */
const FORGED = 'const forged = (status: number, body: string | null = "x") => Object.defineProperty(new Response(body, { headers: { "content-length": "1" } }), "status", { value: status })'
const STREAM = 'const stream = (...chunks: string[]) => new Blob(chunks).stream()'

const dir = appDir(t, {
  '/text': "export const GET = () => new Response('hello', { headers: { etag: '\"1\"', 'x-a': '1' } })",
  '/bytes': 'export const GET = () => new Response(new Uint8Array([1, 2, 3]))',
  '/json': 'export const GET = () => Response.json({ a: 1 }, { status: 201 })',
  '/empty-string': "export const GET = () => new Response('')",
  '/null': 'export const GET = () => new Response(null)',
  '/stream': `${STREAM}\nexport const GET = () => new Response(stream('str', 'eam'), { headers: { 'x-a': '1' } })`,
  '/stream-of-length': `${STREAM}\nexport const GET = () => new Response(stream('stream'), { headers: { 'content-length': '6' } })`,
  '/endless': "export const GET = () => new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(1000)) }, cancel () { bus.emit('cancelled') } }))",
  '/fails': "export const GET = () => { throw new Error('secret') }",
  '/stream-fails': "export const GET = () => new Response(new ReadableStream({ pull (c) { c.error(new Error('secret')) } }))",
  '/redirects': "import { redirect } from 'next/navigation'\nexport const GET = () => redirect('/text')",
  '/head-only': "export const HEAD = () => new Response('of no interest', { headers: { 'x-a': '1' } })",
  '/head-of-length': "export const HEAD = () => new Response(null, { headers: { 'content-length': '7' } })\nexport const GET = () => new Response('1234567')",
  '/204': `${STREAM}\nexport const GET = () => new Response(null, { status: 204, headers: { 'content-length': '5', 'transfer-encoding': 'chunked' } })`,
  '/205': "export const GET = () => new Response(null, { status: 205, headers: { 'content-length': '5' } })",
  '/304': "export const GET = () => new Response(null, { status: 304, headers: { etag: '\"1\"', 'content-length': '5' } })",
  '/304-without': "export const GET = () => new Response(null, { status: 304, headers: { etag: '\"1\"' } })",
  '/forged/[status]': `${FORGED}\nexport const GET = async (_: Request, { params }: any) => forged(Number((await params).status))`,
  '/forged-stream/[status]': "export const GET = async (_: Request, { params }: any) => Object.defineProperty(new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(10)) }, cancel () { bus.emit('cancelled') } })), 'status', { value: Number((await params).status) })",
  '/length/[length]': `${STREAM}\nexport const GET = async (_: Request, { params }: any) => new Response(stream('hello'), { headers: { 'content-length': (await params).length } })`,
  '/string-length/[length]': "export const GET = async (_: Request, { params }: any) => new Response('hello', { headers: { 'content-length': (await params).length } })",
  '/hop-by-hop': "export const GET = () => new Response('hello', { headers: { connection: 'keep-alive, x-a', 'http2-settings': 'AAMAAABkAAQAAP__', 'keep-alive': 'timeout=1', 'proxy-connection': 'close', te: 'gzip', trailer: 'x-b', 'transfer-encoding': 'gzip, chunked', upgrade: 'h2c', 'x-kept': 'yes' } })",
  '/close': "export const GET = () => new Response('hello', { headers: { connection: 'Close' } })",
  '/keep': `${STREAM}\nexport const GET = (request: Request) => new Response(request.url.includes('?stream') ? stream('hello') : 'hello', { headers: { connection: 'keep-alive' } })`,
  '/upgrade': "export const GET = () => new Response('use a websocket', { status: 426, headers: { connection: 'Upgrade', upgrade: 'websocket' } })",
  '/internal': "export const GET = () => new Response('hello', { headers: { 'x-middleware-set-cookie': 'a=1', 'x-kept': 'yes' } })",
  '/date': "export const GET = () => new Response('old', { headers: { date: 'Thu, 01 Jan 1970 00:00:00 GMT' } })",
  '/large': "export const GET = () => new Response('hello', { headers: { 'x-large': 'x'.repeat(12_000) } })",
  '/cookies': "export const GET = () => new Response('hello', { headers: [['set-cookie', 'a=1, b'], ['set-cookie', 'a=2'], ['set-cookie', 'c=3; Expires=Thu, 01 Jan 2099 00:00:00 GMT, d=4; Path=/'], ['set-cookie', ''], ['vary', 'x'], ['vary', 'y']] })"
})

/** Without what differs from moment to moment and from host to host. */
function stable (headers: Record<string, unknown>): Record<string, unknown> {
  const { date, connection, 'keep-alive': keepAlive, 'x-powered-by': poweredBy, 'transfer-encoding': coding, ...rest } = headers
  return rest
}

t.test('HEAD has the headers of GET and no content (RFC 9110, 9.3.2)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const path of ['/text', '/bytes', '/json', '/empty-string', '/stream', '/stream-of-length', '/redirects', '/304', '/hop-by-hop', '/cookies']) {
      const [get, head] = [await host.send(path), await host.send({ method: 'HEAD', path })]
      t.equal(head.status, get.status, path)
      t.equal(head.text, '', path)
      // These two describe the content by what was found when it was made; HEAD may leave them out, but not change them.
      const expected = stable(get.headers)
      for (const name of ['content-length', 'content-type']) if (head.headers[name] === undefined && get.text === '') delete expected[name]
      t.same(stable(head.headers), expected, path)
    }
    t.equal((await host.send({ method: 'HEAD', path: '/text' })).headers['content-length'], '5', 'the length that GET has')
    t.equal((await host.send({ method: 'HEAD', path: '/stream-of-length' })).headers['content-length'], '6')
    t.equal((await host.send({ method: 'HEAD', path: '/head-of-length' })).headers['content-length'], '7', 'a HEAD of its own names the length of GET')
    t.match(await host.send({ method: 'HEAD', path: '/head-only' }), { status: 200, text: '', headers: { 'x-a': '1' } })
    t.equal((await host.send('/head-only')).status, 405)
  })
})

t.test('HEAD of a failing route is an error without content', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const path of ['/fails', '/forged/101']) {
      const [get, head] = [await host.send(path), await host.send({ method: 'HEAD', path })]
      t.equal(get.status, 500, path)
      t.equal(head.status, 500, path)
      t.equal(head.text, '', path)
    }
    t.equal((await host.send('/stream-fails')).status, 500)
    t.equal((await host.send({ method: 'HEAD', path: '/stream-fails' })).status, 200, 'the stream is not even begun')
    t.equal((await host.send({ method: 'HEAD', path: '/nowhere' })).status, 404)
    t.equal((await host.send({ method: 'HEAD', path: '/text/' })).status, 308)
  })
})

t.test('a stream whose content may not be sent is cancelled (RFC 9110, 9.3.2, 15.3.5, 15.3.6, 15.4.5)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [method, path] of [['HEAD', '/endless'], ['GET', '/forged-stream/204'], ['GET', '/forged-stream/205'], ['GET', '/forged-stream/304']] as const) {
      const cancelled = once(bus, 'cancelled')
      const answer = await host.send({ method, path })
      await cancelled
      t.equal(answer.text, '', `${method} ${path}`)
    }
  })
})

t.test('204, 205 and 304 have no content, and no length but that of others (RFC 9110, 8.6)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const method of ['GET', 'HEAD']) {
      const [none, reset, unmodified, without] = await Promise.all(['/204', '/205', '/304', '/304-without'].map((path) => host.send({ method, path })))
      t.same([none!.status, none!.text, none!.headers['content-length'], none!.headers['transfer-encoding']], [204, '', undefined, undefined], `${method} 204 has no length`)
      t.same([reset!.status, reset!.text], [205, ''])
      t.ok(['0', undefined].includes(reset!.headers['content-length'] as string), `${method} 205 is empty`)
      t.same([unmodified!.status, unmodified!.text, unmodified!.headers['content-length']], [304, '', '5'], `${method} 304 may name the length of 200`)
      t.same([without!.status, without!.headers['content-length'], without!.headers['transfer-encoding']], [304, undefined, undefined])
    }
    for (const status of [204, 205, 304]) {
      const forged = await host.send(`/forged/${status}`)
      t.same([forged.status, forged.text], [status, ''], `${status} with a body`)
      if (status === 204) t.equal(forged.headers['content-length'], undefined)
      if (status === 205) t.not(forged.headers['content-length'], '1')
    }
  })
  for (const name of HTTP1) {
    onEveryHost(t, { dir }, async (t, host) => {
      const wire = await Wire.open(host.url)
      t.teardown(() => { wire.destroy() })
      for (const path of ['/204', '/205', '/304', '/forged/204', '/forged/205', '/forged/304', '/forged-stream/204']) {
        wire.send(head(`GET ${path} HTTP/1.1`) + head('GET /text HTTP/1.1'))
        t.equal((await wire.next()).body, '', path)
        t.equal((await wire.next()).body, 'hello', `the answer after ${path} is in its place`)
      }
    }, [name])
  }
})

t.test('1xx is no answer: it would leave the client waiting (RFC 9110, 15.2)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const status of [100, 101, 103, 199]) {
      t.equal((await host.send(`/forged/${status}`)).status, 500, String(status))
      t.equal((await host.send(`/forged-stream/${status}`)).status, 500, String(status))
    }
    t.match(JSON.stringify(host.errors), /FAR_ERR_NO_RESPONSE/)
  })
})

t.test('every answer has a Date, the handler\'s own if there is one (RFC 9110, 6.6.1)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [method, path] of [['GET', '/text'], ['HEAD', '/text'], ['GET', '/stream'], ['GET', '/204'], ['GET', '/304'], ['GET', '/fails'], ['PUT', '/text'], ['OPTIONS', '/text'], ['GET', '/text/']] as const) {
      const date = (await host.send({ method, path })).headers.date as string
      t.equal(new Date(date).toUTCString(), date, `${method} ${path}`)
    }
    t.equal((await host.send('/date')).headers.date, 'Thu, 01 Jan 1970 00:00:00 GMT')
  })
})

t.test('the length of an answer is true, or told by its framing (RFC 9110, 8.6)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const length of ['0', '3', '5', '6', '99', 'abc', '-5', '5.0', '0x5', '5, 5', '1e1']) {
      const answer = await host.send(`/string-length/${encodeURIComponent(length)}`)
      t.same([answer.headers['content-length'], answer.text], ['5', 'hello'], `a string of length ${length}`)
      const head = await host.send({ method: 'HEAD', path: `/string-length/${encodeURIComponent(length)}` })
      t.equal(head.headers['content-length'], '5')
    }
    for (const length of ['abc', '-5', '5.0', '0x5', '5, 5', '1e1']) {
      const answer = await host.send(`/length/${encodeURIComponent(length)}`)
      t.same([answer.headers['content-length'], answer.text], [undefined, 'hello'], `a stream of length ${length}`)
    }
    t.match(await host.send('/length/5'), { text: 'hello', headers: { 'content-length': '5' } })
    t.same(host.errors, [])
  })
})

t.test('a stream that is not as long as announced is never followed by another answer (RFC 9112, 6.3)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const short = await Wire.open(host.url)
    short.send(head('GET /length/9 HTTP/1.1') + head('GET /text HTTP/1.1'))
    await t.rejects(short.next(), /has ended, after "hello"/, 'too short: the connection is cut')
    const long = await Wire.open(host.url)
    long.send(head('GET /length/3 HTTP/1.1') + head('GET /text HTTP/1.1', 'connection: close'))
    t.equal((await long.next()).status, 500, 'too long, and found out in time')
    t.equal((await long.next()).body, 'hello')
  }, HTTP1)
})

t.test('headers of the connection are the server\'s (RFC 9110, 7.6.1; RFC 9113, 8.2.2)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers } = await host.send({ method, path: '/hop-by-hop' })
      t.equal(status, 200)
      t.equal(headers['x-kept'], 'yes')
      for (const name of ['http2-settings', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']) t.equal(headers[name], undefined, name)
      t.not(headers['keep-alive'], 'timeout=1')
      t.notMatch(headers.connection ?? '', 'x-a')
    }
    const close = await host.send('/close')
    t.match(close.headers.connection ?? '', host.name === 'fastify http2' ? /^$/ : /^close$/i)
    const upgrade = await host.send('/upgrade')
    t.equal(upgrade.status, 426)
    if (host.name === 'fastify http2') t.equal(upgrade.headers.upgrade, undefined)
    else t.match(upgrade.headers, { upgrade: 'websocket', connection: /upgrade/ }, '426 names the protocol (RFC 9110, 15.5.22)')
    t.same(host.errors, [])
  })
})

t.test('connections last as long as the client wants them (RFC 9112, 9.3 and 9.6)', async (t) => {
  const ENDS: Array<[request: string, headers: string[], why: string]> = [
    ['GET /text HTTP/1.1', ['connection: close'], 'the client asks for it'],
    ['GET /text HTTP/1.1', ['connection: Close'], 'in any case'],
    ['GET /text HTTP/1.1', ['connection: keep-alive, close'], 'or among others'],
    ['GET /keep HTTP/1.1', ['connection: close'], 'whatever the handler says'],
    ['GET /keep?stream HTTP/1.1', ['connection: close'], 'of a stream, too'],
    ['GET /close HTTP/1.1', [], 'the handler asks for it'],
    ['GET /upgrade HTTP/1.1', [], 'after 426'],
    ['GET /text HTTP/1.0', [], 'HTTP/1.0'],
    ['GET /keep HTTP/1.0', [], 'HTTP/1.0, whatever the handler says'],
    ['GET /stream HTTP/1.0', ['connection: keep-alive'], 'HTTP/1.0 knows no other end of a stream'],
    ['GET /keep?stream HTTP/1.0', ['connection: keep-alive'], 'whatever the handler says'],
    ['GET /fails HTTP/1.0', [], 'an error'],
    ['OPTIONS /text HTTP/1.0', [], 'an automatic answer']
  ]
  const STAYS: Array<[request: string, headers: string[]]> = [
    ['GET /text HTTP/1.1', []],
    ['GET /stream HTTP/1.1', []],
    ['GET /keep HTTP/1.1', []],
    ['GET /keep?stream HTTP/1.1', []],
    ['HEAD /text HTTP/1.1', []],
    ['HEAD /stream HTTP/1.1', []],
    ['GET /204 HTTP/1.1', []],
    ['GET /304 HTTP/1.1', []],
    ['GET /fails HTTP/1.1', []],
    ['PUT /text HTTP/1.1', []],
    ['GET /text HTTP/1.0', ['connection: keep-alive']],
    ['GET /stream-of-length HTTP/1.0', ['connection: keep-alive']],
    ['HEAD /text HTTP/1.0', ['connection: keep-alive']]
  ]
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [request, headers, why] of ENDS) {
      const wire = await Wire.open(host.url)
      wire.send(head(request, ...headers))
      const answer = await wire.next(request.split(' ', 1)[0])
      t.equal(await wire.rest(), '', `${request} ends: ${why}`)
      t.match(answer.get('connection') ?? '', /close/i, `${request} says so`)
      if (request.endsWith('/1.0')) t.not(answer.framing, 'chunked', request)
    }
    for (const [request, headers] of STAYS) {
      const wire = await Wire.open(host.url)
      wire.send(head(request, ...headers))
      const answer = await wire.next(request.split(' ', 1)[0])
      t.match(answer.get('connection') ?? 'keep-alive', /^keep-alive$/i, request)
      wire.send(head('GET /text HTTP/1.1'))
      t.equal((await wire.next()).body, 'hello', `${request} leaves the connection open`)
      wire.destroy()
    }
  }, HTTP1)
})

t.test('HTTP/1.0 clients get every answer without chunks (RFC 9112, 6.1)', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [path, body, framing] of [['/text', 'hello', 'length'], ['/stream', 'stream', 'close'], ['/stream-of-length', 'stream', 'length'], ['/null', '', 'length'], ['/204', '', 'none']]) {
      const wire = await Wire.open(host.url)
      wire.send(`GET ${path} HTTP/1.0\r\n\r\n`)
      const answer = await wire.next()
      t.same([answer.body, answer.framing], [body, framing], path)
      t.equal(await wire.rest(), '')
    }
  }, HTTP1)
})

t.test('large headers and repeated ones go out as they are', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    t.equal((await host.send('/large')).headers['x-large']?.length, 12_000)
    const { headers } = await host.send('/cookies')
    t.same(headers['set-cookie'], ['a=1, b', 'a=2', 'c=3; Expires=Thu, 01 Jan 2099 00:00:00 GMT', 'd=4; Path=/'], 'Set-Cookie is never folded (RFC 9110, 5.3), and what a Headers has joined comes apart')
    t.equal(headers.vary, 'x, y')
  }, HOSTS.filter((name) => name !== 'fastify inject'))
})

t.test('what a proxy of Next.js tells its server goes to no client', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const { headers } = await host.send('/internal')
    t.same([headers['x-middleware-set-cookie'], headers['x-kept']], [undefined, 'yes'])
  })
})

t.test('one request, one answer, nothing else', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    for (const path of ['/text', '/bytes', '/json', '/empty-string', '/null', '/stream', '/stream-of-length', '/redirects', '/204', '/205', '/304', '/forged/304', '/fails', '/stream-fails', '/upgrade', '/nowhere', '/text/']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
        const answer = await ask(host.url, `${method} ${path} HTTP/1.1`)
        t.equal(answer.rest, '', `${method} ${path}`)
      }
    }
  }, HTTP1)
})

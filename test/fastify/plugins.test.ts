import t from 'tap'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import etag from '@fastify/etag'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import multipart from '@fastify/multipart'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import { once } from 'node:events'
import zlib from 'node:zlib'
import { bus, open, serve, type Setup } from './server.ts'

/** The test with the plugin registered before our directory, and after it. */
function beforeAndAfter (t: any, name: string, plugins: (server: any) => unknown, test: (t: any, setup: (more?: Setup) => Setup) => Promise<void>): void {
  t.test(`${name}, registered before`, (t: any) => test(t, (more) => ({ ...more, before: async (server) => { await plugins(server); await more?.before?.(server) } })))
  t.test(`${name}, registered after`, (t: any) => test(t, (more) => ({ ...more, after: async (server) => { await plugins(server); await more?.after?.(server) } })))
}

const FORM = '--b\r\ncontent-disposition: form-data; name="text"\r\n\r\nhello\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\ncontent\r\n--b--\r\n'
const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b' }

const bodies = async (server: any): Promise<void> => {
  await server.register(multipart)
  await server.register(formbody)
  await server.register(cookie)
  server.addContentTypeParser('application/yaml', { parseAs: 'string' }, (_request: unknown, body: string, done: (error: null, body: unknown) => void) => { done(null, { yaml: body }) })
}
const ownRoutes = (server: any): void => {
  server.post('/own/json', async (request: any) => ({ got: request.body }))
  server.post('/own/form', async (request: any) => ({ got: request.body }))
  server.post('/own/upload', async (request: any) => {
    const parts: unknown[] = []
    for await (const part of request.parts()) parts.push(part.file === undefined ? part.value : (await part.toBuffer()).toString())
    return { got: parts }
  })
  server.get('/own/cookie', async (request: any, reply: any) => reply.setCookie('set', 'own').send({ got: request.cookies }))
}

beforeAndAfter(t, 'body parsers: the host\'s own routes have them, ours get the unread body', bodies, async (t, setup) => {
  const { send } = await serve(t, {
    '/json': 'export const POST = async (request: Request) => Response.json({ json: await request.json() })',
    '/text': 'export const POST = async (request: Request) => new Response(await request.text())',
    '/form': "export const POST = async (request: Request) => { const form = await request.formData(); const file = form.get('file') as any; return Response.json([form.get('text'), file && [file.name, file.type, await file.text()]]) }",
    '/cookies': "import { cookies } from 'next/headers'\nexport const GET = async () => { (await cookies()).set('ours', '1'); return Response.json((await cookies()).get('seen')!.value) }"
  }, setup({ after: ownRoutes }))
  t.same((await send({ method: 'POST', path: '/own/json', body: '{"a":1}', headers: { 'content-type': 'application/json' } })).json(), { got: { a: 1 } })
  t.same((await send({ method: 'POST', path: '/own/form', body: 'a=1&b=2', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).json(), { got: { a: '1', b: '2' } })
  t.same((await send({ method: 'POST', path: '/own/upload', body: FORM, headers: MULTIPART })).json(), { got: ['hello', 'content'] })
  const own = await send({ path: '/own/cookie', headers: { cookie: 'seen=yes' } })
  t.same(own.json(), { got: { seen: 'yes' } })
  t.match(own.headers['set-cookie'], [/^set=own\b/])
  t.equal((await send({ method: 'POST', path: '/own/json', body: '<x/>', headers: { 'content-type': 'application/xml' } })).status, 415, 'our parser for everything is not the host\'s')

  t.same((await send({ method: 'POST', path: '/json', body: '{"a":1}', headers: { 'content-type': 'application/json' } })).json(), { json: { a: 1 } })
  t.equal((await send({ method: 'POST', path: '/text', body: '{ broken', headers: { 'content-type': 'application/json' } })).text, '{ broken')
  t.equal((await send({ method: 'POST', path: '/text', body: 'a: 1', headers: { 'content-type': 'application/yaml' } })).text, 'a: 1')
  t.equal((await send({ method: 'POST', path: '/text', body: 'plain', headers: { 'content-type': 'text/plain' } })).text, 'plain')
  t.equal((await send({ method: 'POST', path: '/text', body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).text, 'a=1')
  t.equal((await send({ method: 'POST', path: '/text', body: FORM, headers: MULTIPART })).text, FORM)
  t.same((await send({ method: 'POST', path: '/form', body: FORM, headers: MULTIPART })).json(), ['hello', ['a.txt', 'text/plain', 'content']])
  t.same((await send({ method: 'POST', path: '/form', body: 'text=url', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).json(), ['url', null])
  const ours = await send({ path: '/cookies', headers: { cookie: 'seen=yes' } })
  t.equal(ours.json(), 'yes')
  t.same(ours.headers['set-cookie'], ['ours=1; Path=/'])
})

t.test('multipart that attaches fields to the body reaches our routes unread', async (t) => {
  const { send } = await serve(t, { '/form': "export const POST = async (request: Request) => { const form = await request.formData(); return Response.json([form.get('text'), await (form.get('file') as any).text()]) }" }, {
    before: async (server) => { await server.register(multipart, { attachFieldsToBody: true }) }
  })
  t.same((await send({ method: 'POST', path: '/form', body: FORM, headers: MULTIPART })).json(), ['hello', 'content'])
})

t.test('a content type parser for everything of the host stays its own', async (t) => {
  const { send } = await serve(t, { '/text': 'export const POST = async (request: Request) => new Response(await request.text())' }, {
    before: (server) => { server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => { done(null, 'parsed ' + String(body)) }) },
    after: (server) => { server.post('/own', async (request) => request.body) }
  })
  t.equal((await send({ method: 'POST', path: '/own', body: 'x', headers: { 'content-type': 'a/b' } })).text, 'parsed x')
  t.equal((await send({ method: 'POST', path: '/text', body: 'x', headers: { 'content-type': 'a/b' } })).text, 'x')
})

t.test('cookies set by @fastify/cookie in a hook and by the handler are both sent', async (t) => {
  const { send } = await serve(t, { '/x': "import { hostRequest } from 'fastify-app-routes'\nexport const GET = () => { (hostRequest().reply as any).setCookie('reply', '1'); return new Response('x', { headers: { 'set-cookie': 'own=1' } }) }" }, {
    before: async (server) => {
      await server.register(cookie)
      server.addHook('onRequest', async (_request, reply) => { reply.setCookie('hook', '1') })
    }
  })
  t.same([...(await send('/x')).headers['set-cookie']!].map((line) => line.split(';')[0]).sort(), ['hook=1', 'own=1', 'reply=1'])
})

beforeAndAfter(t, 'cors', (server) => server.register(cors, { origin: 'https://a.test', credentials: true, methods: ['GET', 'POST', 'DELETE'] }), async (t, setup) => {
  const { send } = await serve(t, {
    '/x': "export const GET = () => new Response('x', { headers: { vary: 'accept' } })\nexport const POST = () => { throw new Error('boom') }",
    '/own': "export const OPTIONS = () => new Response('own options')"
  }, setup())
  const actual = await send({ path: '/x', headers: { origin: 'https://a.test' } })
  t.equal(actual.text, 'x')
  t.match(actual.headers, { 'access-control-allow-origin': 'https://a.test', 'access-control-allow-credentials': 'true' })
  t.match(String(actual.headers.vary).toLowerCase(), /accept/)
  const preflight = await send({ method: 'OPTIONS', path: '/x', headers: { origin: 'https://a.test', 'access-control-request-method': 'DELETE' } })
  t.equal(preflight.status, 204)
  t.match(preflight.headers, { 'access-control-allow-origin': 'https://a.test', 'access-control-allow-methods': /DELETE/ })
  t.match((await send({ method: 'POST', path: '/x', headers: { origin: 'https://a.test' } })).headers, { 'access-control-allow-origin': 'https://a.test' }, 'a failed handler\'s answer is readable for the page')
  t.equal((await send('/nope')).status, 404)
})

beforeAndAfter(t, 'helmet', (server) => server.register(helmet), async (t, setup) => {
  const { send } = await serve(t, {
    '/text': "export const GET = () => new Response('x')",
    '/stream': "export const GET = () => new Response(new Blob(['x']).stream())",
    '/frame': "export const GET = () => new Response('x', { headers: { 'x-frame-options': 'DENY' } })",
    '/fail': 'export const GET = () => { throw new Error() }'
  }, setup())
  for (const path of ['/text', '/stream', '/frame', '/fail']) t.match((await send(path)).headers, { 'content-security-policy': String, 'x-content-type-options': 'nosniff' }, path)
  t.equal((await send('/frame')).headers['x-frame-options'], 'DENY')
  t.equal((await send({ path: '/text', method: 'DELETE' })).status, 405)
})

t.test('compress', async (t) => {
  const { send, url, errors } = await serve(t, {
    '/json': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.json({ a: 'x'.repeat(5000) })",
    '/text': "export const GET = () => new Response('y'.repeat(5000), { headers: { vary: 'accept' } })",
    '/image': "export const GET = () => new Response(new Uint8Array(5000), { headers: { 'content-type': 'image/png' } })",
    '/hand': "import zlib from 'node:zlib'\nexport const GET = () => new Response(zlib.gzipSync('by hand'), { headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' } })",
    '/empty': 'export const GET = () => new Response(null, { status: 204 })',
    '/events': "export const GET = () => { let n = 0; return new Response(new ReadableStream({ async pull (c) { if (n > 0) await bus.next; n++; if (n > 3) c.close(); else c.enqueue(new TextEncoder().encode('data: ' + n + '\\n\\n')) } }), { headers: { 'content-type': 'text/event-stream' } }) }",
    '/fail': "export const GET = () => new Response(new ReadableStream({ async pull (c) { await null; c.error(new Error('secret')) } }), { headers: { 'content-type': 'text/plain' } })"
  }, { before: async (server) => { await server.register(compress, { threshold: 0 }) } })
  const gzip = { 'accept-encoding': 'gzip' }
  const json = await send({ path: '/json', headers: gzip })
  t.equal(json.headers['content-encoding'], 'gzip')
  t.equal(zlib.gunzipSync(json.body).length, 5008)
  t.equal(json.headers['content-length'] ?? String(json.body.length), String(json.body.length))
  const text = await send({ path: '/text', headers: gzip })
  t.equal(text.headers['content-encoding'], 'gzip')
  t.equal(zlib.gunzipSync(text.body).toString(), 'y'.repeat(5000))
  t.match(String(text.headers.vary).toLowerCase(), /accept\b.*accept-encoding/)
  t.equal((await send('/text')).headers['content-encoding'], undefined, 'for clients that ask for it only')
  t.equal((await send({ path: '/image', headers: gzip })).headers['content-encoding'], undefined)
  t.equal((await send({ path: '/empty', headers: gzip })).status, 204)
  const hand = await send({ path: '/hand', headers: gzip })
  t.equal(hand.headers['content-encoding'], 'gzip')
  t.equal(zlib.gunzipSync(hand.body).toString(), 'by hand')
  const fail = await send({ path: '/fail', headers: gzip })
  t.equal(fail.status, 500)
  t.equal(fail.text, '')
  t.equal(fail.headers['content-encoding'], undefined)
  t.equal(errors().filter(({ route }) => route?.file === 'fail/route.ts').length, 1)

  let next: () => void
  const arm = (): void => { bus.next = new Promise<void>((resolve) => { next = resolve }) }
  arm()
  const { response } = await open(url, { path: '/events', headers: gzip })
  const events = response.headers['content-encoding'] === 'gzip' ? response.pipe(zlib.createGunzip()) : response
  for (let n = 1; n <= 3; n++) {
    const [chunk] = await once(events, 'data')
    t.equal(String(chunk), `data: ${n}\n\n`)
    const go = next!
    arm()
    go()
  }
  await once(events, 'end')
})

t.test('compress registered after us leaves our answers as they are', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('y'.repeat(5000))" }, {
    after: async (server) => {
      await server.register(compress)
      server.get('/own', async () => 'y'.repeat(5000))
    }
  })
  t.equal((await send({ path: '/x', headers: { 'accept-encoding': 'gzip' } })).text, 'y'.repeat(5000))
  t.equal((await send({ path: '/own', headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'], 'gzip')
})

beforeAndAfter(t, 'etag', (server) => server.register(etag), async (t, setup) => {
  const { send } = await serve(t, {
    '/x': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.json({ a: 1 })",
    '/own': "export const GET = () => new Response('x', { headers: { etag: '\"own\"' } })",
    '/stream': "export const GET = () => new Response(new Blob(['x']).stream())"
  }, setup())
  const first = await send('/x')
  t.equal(first.text, '{"a":1}')
  t.type(first.headers.etag, 'string')
  const second = await send({ path: '/x', headers: { 'if-none-match': String(first.headers.etag) } })
  t.equal(second.status, 304)
  t.equal(second.text, '')
  t.equal((await send('/own')).headers.etag, '"own"')
  t.equal((await send({ path: '/own', headers: { 'if-none-match': '"own"' } })).status, 304)
  t.equal((await send('/stream')).text, 'x')
})

t.test('rate-limit', async (t) => {
  bus.ran = 0
  const { send } = await serve(t, { '/x': "export const GET = () => { bus.ran++; return new Response('x') }" }, { before: async (server) => { await server.register(rateLimit, { max: 2, timeWindow: 60_000 }) } })
  const first = await send('/x')
  t.equal(first.headers['x-ratelimit-remaining'], '1')
  t.equal((await send('/x')).status, 200)
  const third = await send('/x')
  t.equal(third.status, 429)
  t.match(third.json(), { message: /Rate limit exceeded/ })
  t.equal(bus.ran, 2)
})

t.test('rate-limit registered after us does no harm', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('x')" }, {
    after: async (server) => {
      await server.register(rateLimit, { max: 1 })
      server.get('/own', async () => 'own')
    }
  })
  t.equal((await send('/x')).text, 'x')
  t.equal((await send('/own')).text, 'own')
  t.equal((await send('/own')).status, 429)
})

beforeAndAfter(t, 'swagger', (server) => server.register(swagger, { openapi: { info: { title: 'test', version: '1' } } }), async (t, setup) => {
  const { server, send } = await serve(t, {
    '/x/[id]': "export const GET = () => new Response('x')\nexport const POST = () => new Response('x')",
    '/files/[...rest]': "export const GET = () => new Response('x')",
    '/docs/[[...rest]]': "export const GET = () => new Response('x')"
  }, setup({ after: (server) => { server.get('/own', { schema: { response: { 200: { type: 'string' } } } }, async () => 'own') } }))
  const document = (server as any).swagger()
  t.ok(document.paths['/own'] !== undefined)
  t.equal((await send('/x/1')).text, 'x')
  t.equal((await send('/own')).text, 'own')
})

t.test('all of them together', async (t) => {
  const { send } = await serve(t, {
    '/x': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.json({ a: 'x'.repeat(3000) })\nexport const POST = async (request: Request) => Response.json((await request.formData()).get('text'))"
  }, {
    before: async (server) => {
      await server.register(cors, { origin: true })
      await server.register(helmet)
      await server.register(compress)
      await server.register(etag)
      await server.register(rateLimit)
      await bodies(server)
      await server.register(swagger)
    },
    after: ownRoutes
  })
  const response = await send({ path: '/x', headers: { 'accept-encoding': 'gzip', origin: 'https://a.test' } })
  t.equal(JSON.parse(zlib.gunzipSync(response.body).toString()).a.length, 3000)
  t.match(response.headers, { 'access-control-allow-origin': 'https://a.test', 'x-ratelimit-limit': String, 'x-content-type-options': 'nosniff' })
  t.equal((await send({ method: 'POST', path: '/x', body: FORM, headers: MULTIPART })).json(), 'hello')
  t.same((await send({ method: 'POST', path: '/own/upload', body: FORM, headers: MULTIPART })).json(), { got: ['hello', 'content'] })
  t.equal((await send({ method: 'PUT', path: '/x' })).status, 405)
})

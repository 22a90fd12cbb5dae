import t from 'tap'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { Readable, Transform } from 'node:stream'
import { appDir, bus, open, serve, textOf } from './server.ts'
import { within } from '../waiting.ts'
import appRoutes from 'fastify-app-routes'

const HOST = "import { hostRequest } from 'fastify-app-routes'\n"
const ECHO = 'export const POST = async (request: Request) => new Response(await request.text())'

t.test('the host\'s hooks run in Fastify\'s order, once each', async (t) => {
  const seen: string[] = []
  const add = (server: any): void => {
    for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'onResponse']) {
      server.addHook(name, async () => {
        seen.push(name)
        if (name === 'onResponse') bus.emit('responded')
      })
    }
  }
  const { send } = await serve(t, { '/x': ECHO }, {
    before: (server) => { add(server) }
  })
  t.equal((await send({ method: 'POST', path: '/x', body: 'abc' })).text, 'abc')
  if (seen.length < 6) await once(bus, 'responded')
  t.same(seen, ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'onResponse'])
})

t.test('preParsing may replace the body', async (t) => {
  const { send } = await serve(t, { '/x': ECHO }, {
    before: (server) => {
      server.addHook('preParsing', async (_request, _reply, payload) => {
        const upper = new Transform({ transform (chunk, _encoding, done) { done(null, chunk.toString().toUpperCase()) } }) as any
        upper.receivedEncodedLength = 0
        return payload.pipe(upper)
      })
    }
  })
  t.equal((await send({ method: 'POST', path: '/x', body: 'shout' })).text, 'SHOUT')
})

t.test('preParsing may replace the body of a file upload that is streamed', async (t) => {
  const { send } = await serve(t, { '/x': 'export const POST = async (request: Request) => { let length = 0; for await (const chunk of request.body as any) length += chunk.length; return Response.json(length) }' }, {
    before: (server) => { server.addHook('preParsing', async () => Readable.from([Buffer.alloc(10), Buffer.alloc(200_000)]) as any) }
  })
  t.equal((await send({ method: 'POST', path: '/x', body: 'abc' })).json(), 200_010)
})

t.test('a hook may answer before the handler', async (t) => {
  for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const) {
    bus.ran = 0
    const { send } = await serve(t, { '/x': 'export const GET = () => { bus.ran++; return new Response() }\nexport const POST = GET' }, {
      before: (server) => { server.addHook(name as 'onRequest', async (_request, reply) => reply.code(401).send({ denied: name })) }
    })
    const response = await send({ method: 'POST', path: '/x', body: 'abc' })
    t.equal(response.status, 401)
    t.same(response.json(), { denied: name })
    t.equal(bus.ran, 0, name)
    t.equal((await send({ method: 'DELETE', path: '/x' })).status, name === 'onRequest' || name === 'preParsing' ? 401 : 405, 'what is automatic comes after the host\'s onRequest and earlier preParsing hooks')
  }
})

t.test('onSend sees and may replace every kind of payload', async (t) => {
  const kinds: unknown[] = []
  const { send } = await serve(t, {
    '/text': "import { NextResponse } from 'next/server'\nexport const GET = () => new NextResponse('text')",
    '/json': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.json({ a: 1 })",
    '/native': 'export const GET = () => Response.json({ a: 1 })',
    '/empty': 'export const GET = () => new Response(null, { status: 204 })',
    '/nothing': 'export const GET = () => new Response()',
    '/stream': "export const GET = () => new Response(new ReadableStream({ start (c) { c.enqueue(new TextEncoder().encode('str')); c.enqueue(new TextEncoder().encode('eam')); c.close() } }))",
    '/typed': "import { NextResponse } from 'next/server'\nexport const GET = () => new NextResponse(new Uint8Array([1, 2, 3]), { headers: { 'content-type': 'application/x' } })"
  }, {
    before: (server) => {
      server.addHook('onSend', async (request, _reply, payload) => {
        kinds.push(payload === undefined || payload === null ? 'none' : typeof payload === 'string' ? 'string' : Buffer.isBuffer(payload) ? 'buffer' : 'stream')
        if (request.headers['x-replace'] === undefined) return payload
        return request.headers['x-replace']
      })
    }
  })
  for (const [path, kind, text] of [['/text', 'string', 'text'], ['/json', 'string', '{"a":1}'], ['/empty', 'none', ''], ['/nothing', 'none', ''], ['/stream', 'stream', 'stream'], ['/typed', 'buffer', '\x01\x02\x03']]) {
    t.equal((await send(path!)).text, text, path)
    t.equal(kinds.pop(), kind, path)
  }
  for (const path of ['/text', '/json', '/native', '/nothing', '/stream', '/typed']) {
    const replaced = await send({ path, headers: { 'x-replace': 'another payload' } })
    t.equal(replaced.text, 'another payload', path)
    t.equal(replaced.headers['content-length'] ?? '15', '15', path)
  }
})

t.test('a replaced stream is cancelled', async (t) => {
  const cancelled = once(bus, 'cancelled')
  const { send } = await serve(t, { '/stream': "export const GET = () => new Response(new ReadableStream({ pull (c) { c.enqueue(new Uint8Array(10)) }, cancel () { bus.emit('cancelled') } }))" }, {
    before: (server) => {
      server.addHook('onSend', async (_request, _reply, payload) => {
        (payload as Readable).destroy()
        return 'instead'
      })
    }
  })
  t.equal((await send('/stream')).text, 'instead')
  await within(15_000, cancelled, 'cancel() is called')
})

t.test('an onSend hook that throws becomes the ordinary answer of Fastify', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('fine')" }, {
    before: (server) => { server.addHook('onSend', async (_request, reply) => { if (reply.statusCode === 200) throw new Error('signing failed') }) }
  })
  const response = await send('/x')
  t.equal(response.status, 500)
  t.match(response.json(), { message: 'signing failed' })
})

t.test('onError is called once for a failing handler', async (t) => {
  for (const own of [false, true]) {
    const seen: Error[] = []
    const { send } = await serve(t, { '/x': "export const GET = () => { throw new Error('boom') }" }, {
      before: (server) => {
        if (own) server.setErrorHandler((error: Error, _request, reply) => { reply.code(503).send({ own: error.message }) })
        server.addHook('onError', async (_request, _reply, error) => { seen.push(error) })
      }
    })
    t.equal((await send('/x')).status, own ? 503 : 500)
    t.same(seen.map(({ message }) => message), ['boom'], own ? 'with an own error handler' : 'with the default one')
  }
})

t.test('onTimeout is called for a handler that outlives the connection', async (t) => {
  const timedOut = once(bus, 'timedOut')
  const { url, errors } = await serve(t, { '/x': "import { once } from 'node:events'\nexport const GET = async (request: Request) => { await once(request.signal, 'abort'); return new Response('late') }" }, {
    server: { connectionTimeout: 100 },
    before: (server) => { server.addHook('onTimeout', async (request) => { bus.emit('timedOut', request.url) }) }
  })
  await t.rejects(open(url, { path: '/x' }))
  t.same(await timedOut, ['/x'])
  t.same(errors(), [])
})

t.test('onRequestAbort is called, and the signal aborted, when the client leaves', async (t) => {
  const started = once(bus, 'started')
  const gone = once(bus, 'gone')
  const aborted = once(bus, 'aborted')
  const { url } = await serve(t, { '/x': "import { once } from 'node:events'\nexport const GET = async (request: Request) => { bus.emit('started'); await once(request.signal, 'abort'); bus.emit('aborted'); return new Response('late') }" }, {
    before: (server) => { server.addHook('onRequestAbort', async (_request) => { bus.emit('gone') }) }
  })
  const controller = new AbortController()
  const fetched = fetch(url + '/x', { signal: controller.signal })
  await started
  controller.abort()
  await t.rejects(fetched)
  await within(15_000, gone, 'onRequestAbort is called')
  await within(15_000, aborted, 'the signal is aborted')
})

t.test('headers: the hooks\' stay, the handler\'s win, vary and set-cookie append', async (t) => {
  const code = "const headers = new Headers({ 'x-both': 'handler', vary: 'accept, Origin', 'content-type': 'text/special' })\nheaders.append('set-cookie', 'b=2')\nheaders.append('set-cookie', 'c=3')\n"
  const { send } = await serve(t, {
    '/text': `${code}export const GET = () => new Response('x', { headers })`,
    '/empty': `${code}export const GET = () => new Response(null, { headers })`,
    '/stream': `${code}export const GET = () => new Response(new Blob(['x']).stream(), { headers })`
  }, {
    before: (server) => {
      server.addHook('onRequest', async (_request, reply) => {
        reply.header('x-hook', 'hook').header('x-both', 'hook').header('vary', 'origin').header('set-cookie', 'a=1').header('content-type', 'text/hook')
      })
      server.addHook('onSend', async (_request, reply) => { reply.header('x-late', 'late') })
    }
  })
  for (const path of ['/text', '/empty', '/stream']) {
    const { headers } = await send(path)
    t.match(headers, { 'x-hook': 'hook', 'x-both': 'handler', vary: 'origin, accept', 'content-type': 'text/special', 'x-late': 'late' }, path)
    t.same(headers['set-cookie'], ['a=1', 'b=2', 'c=3'], path)
  }
})

t.test('headers that a hook has put on the raw response stay', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('x', { headers: { vary: 'b', 'set-cookie': 'b=2' } })" }, {
    before: (server) => { server.addHook('onRequest', async (_request, reply) => { reply.raw.setHeader('x-raw', '1').setHeader('vary', 'a') }) }
  })
  const { headers } = await send('/x')
  t.match(headers, { 'x-raw': '1', vary: 'a, b' })
})

t.test('headers and cookies that a hook changes are what the handler sees', async (t) => {
  const { send } = await serve(t, { '/x': "import { headers } from 'next/headers'\nexport const GET = async (request: Request) => Response.json([request.headers.get('x-user'), (await headers()).get('x-user')])" }, {
    before: (server) => { server.addHook('onRequest', async (request) => { request.headers['x-user'] = 'ann' }) }
  })
  t.same((await send('/x')).json(), ['ann', 'ann'])
})

t.test('an odd content type is the handler\'s to judge, also where a hook has assigned the headers', async (t) => {
  const { send } = await serve(t, { '/x': "export const POST = async (request: Request) => Response.json([request.headers.get('content-type'), request.headers.get('x-hook'), await request.text()])" }, {
    before: (server) => { server.addHook('onRequest', async (request) => { if (request.headers['x-assign'] !== undefined) request.headers = { ...request.headers, 'x-hook': '1' } }) }
  })
  for (const assigned of [false, true]) {
    t.same((await send({ path: '/x', method: 'POST', body: 'odd', headers: { 'content-type': 'nonsense', ...(assigned ? { 'x-assign': '1' } : {}) } })).json(), ['nonsense', assigned ? '1' : null, 'odd'])
  }
})

t.test('hostRequest() reaches request, reply, server and their decorators', async (t) => {
  const { send } = await serve(t, {
    '/x': `${HOST}const deep = async () => { await null; return hostRequest<any>() }
export const GET = async () => {
  const { request, reply, server } = await deep()
  reply.header('x-set', 'by handler')
  return Response.json([request.user, request.id === reply.request.id, server.db, hostRequest().reply === reply, Object.keys(request.query)])
}`
  }, {
    before: (server) => {
      server.decorate('db', 'the pool')
      server.decorateRequest('user', null)
      server.addHook('onRequest', async (request) => { (request as any).user = 'ann' })
    }
  })
  const response = await send('/x?q=1')
  t.same(response.json(), ['ann', true, 'the pool', true, ['q']])
  t.equal(response.headers['x-set'], 'by handler')
})

t.test('hostRequest() works in after() and in work that outlives the answer', async (t) => {
  const told = once(bus, 'told')
  const { send } = await serve(t, { '/x': `${HOST}import { after } from 'next/server'\nexport const GET = () => { after(async () => { await null; bus.emit('told', hostRequest().request.url) }); return new Response() }` })
  await send('/x')
  t.same(await told, ['/x'])
})

t.test('hostRequest() outside a request is an error', async (t) => {
  const { hostRequest } = await import('fastify-app-routes')
  t.throws(() => hostRequest(), { code: 'FAR_ERR_OUTSIDE_REQUEST' })
})

t.test('hostRequest() of the other host is an error', async (t) => {
  const { send } = await serve(t, { '/x': "import { hostRequest } from 'fastify-app-routes/express'\nexport const GET = () => { try { hostRequest(); return new Response() } catch (error: any) { return Response.json([error.code, error.message]) } }" })
  const [code, message] = (await send('/x')).json()
  t.equal(code, 'FAR_ERR_WRONG_HOST')
  t.match(message, /Fastify/)
})

t.test('200 requests at once never mix contexts', async (t) => {
  const { url, errors } = await serve(t, {
    '/x/[id]': `${HOST}import { cookies, headers } from 'next/headers'
import { setTimeout } from 'node:timers/promises'
export const POST = async (request: Request, { params }: any) => {
  const before = hostRequest().request
  await setTimeout(Math.random() * 20)
  const body = await request.text()
  await setTimeout(Math.random() * 20);
  (await cookies()).set('id', params.id)
  await setTimeout(Math.random() * 5)
  return Response.json([params.id, body, (await headers()).get('x-id'), (await cookies()).get('id')!.value, before === hostRequest().request, (hostRequest<any>().request.params as any).id])
}`
  })
  await Promise.all(Array.from({ length: 200 }, async (_, index) => {
    const id = String(index)
    const response = await fetch(`${url}/x/${id}`, { method: 'POST', body: id, headers: { 'x-id': id } })
    const expected = [id, id, id, id, true, id]
    const values = await response.json()
    if (JSON.stringify(values) !== JSON.stringify(expected)) t.same(values, expected)
    if (response.headers.get('set-cookie') !== `id=${id}; Path=/`) t.equal(response.headers.get('set-cookie'), `id=${id}; Path=/`)
  }))
  t.same(errors(), [])
})

t.test('a store that a hook enters is visible in handlers, streams and after()', async (t) => {
  const storage = bus.storage = new AsyncLocalStorage<string>()
  for (const way of ['run', 'enterWith', 'enterWith in an async hook']) {
    const told = once(bus, 'stored')
    const { send } = await serve(t, {
      '/x': "import { after } from 'next/server'\nexport const GET = async () => { after(() => { bus.emit('stored', bus.storage.getStore()) }); await null; return new Response(bus.storage.getStore()) }\nexport const POST = async (request: Request) => { const body = await request.text(); return new Response(body + bus.storage.getStore()) }"
    }, {
      before: (server) => {
        if (way === 'run') server.addHook('onRequest', (request, _reply, done) => { storage.run(request.url, done) })
        else if (way === 'enterWith') {
          server.addHook('onRequest', (request, _reply, done) => {
            storage.enterWith(request.url)
            done()
          })
        } else {
          server.addHook('preHandler', (request, _reply, done) => {
            void Promise.resolve().then(() => {
              storage.enterWith(request.url)
              done()
            })
          })
        }
      }
    })
    t.equal((await send('/x?' + way.length)).text, '/x?' + way.length, way)
    t.same(await told, ['/x?' + way.length], way)
    t.equal((await send({ method: 'POST', path: '/x', body: 'body of ' })).text, 'body of /x', `${way}, with a body`)
  }
})

t.test('request ids and child loggers', async (t) => {
  const { send, logs } = await serve(t, { '/x': `${HOST}export const GET = () => { hostRequest().request.log.info('from the handler'); return new Response(hostRequest().request.id) }` }, { server: { requestIdHeader: 'x-request-id' } })
  t.equal((await send({ path: '/x', headers: { 'x-request-id': 'abc-1' } })).text, 'abc-1')
  t.equal(logs.find(({ msg }) => msg === 'from the handler')?.reqId, 'abc-1')
})

t.test('logLevel holds for our routes alone', async (t) => {
  const { send, logs } = await serve(t, { '/x': `${HOST}export const GET = () => { hostRequest().request.log.info('too low'); hostRequest().request.log.warn('high enough'); return new Response() }` }, {
    options: { logLevel: 'warn' },
    before: (server) => { server.get('/own', async (request) => { request.log.info('own route'); return '' }) }
  })
  await send('/x')
  await send('/own')
  const messages = logs.map(({ msg }) => msg)
  t.notOk(messages.includes('too low'))
  t.ok(messages.includes('high enough'))
  t.ok(messages.includes('own route'))
})

t.test('hooks of an encapsulated sibling do not touch our routes', async (t) => {
  const { send } = await serve(t, {}, {
    after: async (server) => {
      await server.register(async (scope) => {
        scope.addHook('onRequest', async (_request, reply) => { reply.header('x-sibling', 'yes') })
        scope.get('/sibling', async () => 'sibling')
      })
      await server.register(appRoutes, appDir(t, { '/ours': "export const GET = () => new Response('ours')" }))
    }
  })
  t.equal((await send('/sibling')).headers['x-sibling'], 'yes')
  t.equal((await send('/ours')).headers['x-sibling'], undefined)
})

t.test('a handler that is reached while its client reads slowly keeps the reply', async (t) => {
  const { url } = await serve(t, { '/big': "export const GET = () => new Response('x'.repeat(3_000_000))" })
  const { response } = await open(url, { path: '/big' })
  t.equal((await textOf(response)).length, 3_000_000)
})

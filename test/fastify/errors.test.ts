import t from 'tap'
import Fastify from 'fastify'
import { once } from 'node:events'
import appRoutes from 'fastify-app-routes'
import { appDir, bus, open, serve, startWith } from './server.ts'

const BOOM = "export const GET = () => { throw new Error('secret detail') }"

t.test('with Fastify\'s default error handler a failed handler is an empty 500, and is logged once', async (t) => {
  const { send, errors } = await serve(t, {
    '/thrown': BOOM,
    '/rejected': "export const GET = async () => { await null; throw new Error('secret detail') }",
    '/status': "export const GET = () => { throw Object.assign(new Error('secret detail'), { statusCode: 404, status: 404, headers: { 'x-leak': 'secret' }, expose: true }) }",
    '/string': "export const GET = () => { throw 'secret detail' }",
    '/undefined': 'export const GET = () => { throw undefined }',
    '/null': 'export const GET = () => Promise.reject(null)',
    '/object': "export const GET = () => { throw { message: 'secret detail', statusCode: 418 } }",
    '/response': "export const GET = () => { throw new Response('secret detail', { status: 202 }) }",
    '/nothing': 'export const GET = () => {}',
    '/plain': "export const GET = () => ({ secret: 'detail' })",
    '/error': 'export const GET = () => Response.error()',
    '/used': "export const GET = async () => { const response = new Response('secret detail'); await response.text(); return response }",
    '/next': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.rewrite('http://localhost/')",
    '/header': "export const GET = () => new Response('secret detail', { headers: { 'x-a': 'a\\x01b', 'content-type': 'text/x' } })",
    '/typed/[id]': "import { cookies } from 'next/headers'\nexport const GET = async () => { (await cookies()).set('secret', 'detail'); throw new TypeError('secret detail') }"
  })
  for (const path of ['/thrown', '/rejected', '/status', '/string', '/undefined', '/null', '/object', '/response', '/nothing', '/plain', '/error', '/used', '/next', '/header', '/typed/3']) {
    const before = errors().length
    const response = await send(path)
    t.equal(response.status, 500, path)
    t.equal(response.text, '', path)
    t.equal(response.headers['content-type'], undefined, path)
    t.equal(response.headers['set-cookie'], undefined, path)
    t.notMatch(JSON.stringify(response.headers), /secret|x-leak/, path)
    const entries = errors().slice(before)
    t.equal(entries.length, 1, `${path} is logged once`)
    const file = `${path.slice(1).replace('3', '[id]')}/route.ts`
    t.match(entries[0], { level: 50, reqId: String, route: { file, method: 'GET' }, err: { stack: String, message: String } }, path)
    t.ok(entries[0]!.msg.includes(file) && entries[0]!.msg.includes('GET'), path)
  }
})

t.test('HEAD of a failing handler is logged under its own method', async (t) => {
  const { send, errors } = await serve(t, { '/x': BOOM })
  t.equal((await send({ path: '/x', method: 'HEAD' })).status, 500)
  t.match(errors(), [{ route: { file: 'x/route.ts', method: 'HEAD' } }])
})

t.test('headers that hooks have set stay on a failed answer', async (t) => {
  const { send } = await serve(t, { '/x': BOOM }, { before: (server) => { server.addHook('onRequest', async (_request, reply) => { reply.header('access-control-allow-origin', '*') }) } })
  t.equal((await send('/x')).headers['access-control-allow-origin'], '*')
})

t.test('an error handler of the host decides, wherever it is set', async (t) => {
  const own = (error: Error & { cause?: unknown }, _request: unknown, reply: any): void => { reply.code(503).send({ own: error.message, cause: error.cause }) }
  const places = {
    'root, before': { before: (server: any) => { server.setErrorHandler(own) } },
    'root, after': { after: (server: any) => { server.setErrorHandler(own) } },
    'root, async': { before: (server: any) => { server.setErrorHandler(async (error: Error, _request: unknown, reply: any) => { reply.code(503); return { own: error.message, cause: error.cause } }) } }
  }
  for (const [place, setup] of Object.entries(places)) {
    const { send, errors } = await serve(t, { '/x': BOOM, '/string': "export const GET = () => { throw 'text' }", '/nothing': 'export const GET = () => {}' }, setup)
    const response = await send('/x')
    t.equal(response.status, 503, place)
    t.same(response.json(), { own: 'secret detail' }, place)
    t.match(response.headers['content-type'], /json/)
    t.equal(errors().length, 1, place)
    t.equal((await send('/string')).json().cause, 'text', 'what was thrown is the cause')
    t.match((await send('/nothing')).json().own, /No response is returned from route handler 'nothing\/route\.ts'/)
  }
})

t.test('an error handler of an encapsulated parent decides for the directories in it alone', async (t) => {
  const { send } = await serve(t, {}, {
    after: async (server) => {
      await server.register(async (scope) => {
        scope.setErrorHandler((error: Error, _request, reply) => { reply.code(502).send('inner ' + error.message) })
        await scope.register(appRoutes, appDir(t, { '/x': BOOM }))
      }, { prefix: '/inner' })
      await server.register(appRoutes, appDir(t, { '/x': BOOM }))
    }
  })
  t.equal((await send('/inner/x')).text, 'inner secret detail')
  t.equal((await send('/x')).text, '')
})

t.test('an error handler may send objects, strings, buffers and errors whatever the handler had set', async (t) => {
  for (const payload of [{ a: 1 }, 'text', Buffer.from('bytes')]) {
    const { send } = await serve(t, { '/header': "export const GET = () => new Response('x', { headers: { 'x-a': 'a\\x01b' } })", '/x': BOOM }, {
      before: (server) => { server.setErrorHandler((_error, _request, reply) => { reply.removeHeader('x-a').code(500).send(payload) }) }
    })
    t.equal((await send('/x')).text, typeof payload === 'object' && !Buffer.isBuffer(payload) ? '{"a":1}' : String(payload))
    t.equal((await send('/header')).status, 500)
  }
})

t.test('an error handler that passes some errors on leaves those to its parent', async (t) => {
  const { send, errors } = await serve(t, { '/x': BOOM, '/mine': "export const GET = () => { throw new RangeError('mine') }" }, {
    before: (server) => {
      server.setErrorHandler((error: Error, _request, reply) => {
        if (error.name === 'RangeError') {
          reply.code(422).send('handled')
          return
        }
        throw error
      })
    }
  })
  t.equal((await send('/mine')).text, 'handled')
  const before = errors().length
  const response = await send('/x')
  t.equal(response.status, 500)
  t.ok(errors().length > before)
})

t.test('errors of the host\'s own hooks and routes keep Fastify\'s ordinary answers', async (t) => {
  const { send, errors } = await serve(t, { '/x': "export const GET = () => new Response('x')" }, {
    before: (server) => {
      server.addHook('preHandler', async (request) => {
        if (request.headers['x-fail'] !== undefined) throw Object.assign(new Error('no entry'), { statusCode: 403 })
      })
      server.get('/own', async () => { throw Object.assign(new Error('own message'), { statusCode: 409 }) })
    }
  })
  const hook = await send({ path: '/x', headers: { 'x-fail': '1' } })
  t.equal(hook.status, 403)
  t.same(hook.json(), { statusCode: 403, error: 'Forbidden', message: 'no entry' })
  t.same((await send('/own')).json(), { statusCode: 409, error: 'Conflict', message: 'own message' })
  t.same(errors(), [])
})

t.test('malformed escapes in parameters are Fastify\'s 400', async (t) => {
  const { send } = await serve(t, { '/x/[id]': "export const GET = () => new Response('x')" })
  t.equal((await send('/x/%zz')).status, 400)
})

t.test('a stream that fails before its first chunk is an error like any other', async (t) => {
  const routes = {
    '/error': "export const GET = () => new Response(new ReadableStream({ start (c) { c.error(new Error('secret detail')) } }), { headers: { 'content-type': 'text/x' } })",
    '/late': "export const GET = () => new Response(new ReadableStream({ async pull (c) { await null; c.error(new Error('secret detail')) } }), { headers: { 'content-type': 'text/x' } })",
    '/thrown': "export const GET = () => new Response(new ReadableStream({ pull () { throw new Error('secret detail') } }))",
    '/value': "export const GET = () => new Response(new ReadableStream({ pull (c) { c.error('secret detail') } }))",
    '/chunk': 'export const GET = () => new Response(new ReadableStream({ pull (c) { c.enqueue({ secret: 1 }) } }))'
  }
  await t.test('default error handler', async (t) => {
    const { send, errors } = await serve(t, routes)
    for (const path of Object.keys(routes)) {
      const before = errors().length
      const response = await send(path)
      t.equal(response.status, 500, path)
      t.equal(response.text, '', path)
      t.equal(response.headers['content-type'], undefined, path)
      t.match(errors().slice(before), [{ route: { file: `${path.slice(1)}/route.ts`, method: 'GET' }, err: { message: String } }], path)
      t.equal(errors().length, before + 1, path)
    }
  })
  await t.test('own error handler', async (t) => {
    const { send, errors } = await serve(t, routes, { before: (server) => { server.setErrorHandler((error: Error, _request, reply) => { reply.code(503).send({ own: error.message }) }) } })
    const response = await send('/error')
    t.equal(response.status, 503)
    t.same(response.json(), { own: 'secret detail' })
    t.equal(errors().length, 1)
  })
})

t.test('a stream that fails later cuts the answer off, and says so in the log once', async (t) => {
  const { url, logs } = await serve(t, {
    '/x': "let n = 0\nexport const GET = () => { n = 0; return new Response(new ReadableStream({ async pull (c) { if (n++ === 0) return c.enqueue(new TextEncoder().encode('first')); await bus.seen; c.error(new Error('secret detail')) } })) }",
    '/value': "let n = 0\nexport const GET = () => { n = 0; return new Response(new ReadableStream({ async pull (c) { if (n++ === 0) return c.enqueue(new TextEncoder().encode('first')); await bus.seen; c.error('a string') } })) }",
    '/chunk': "let n = 0\nexport const GET = () => { n = 0; return new Response(new ReadableStream({ async pull (c) { if (n++ === 0) return c.enqueue(new TextEncoder().encode('first')); await bus.seen; c.enqueue({ no: 'bytes' }) } })) }"
  })
  for (const path of ['/x', '/value', '/chunk']) {
    let seen: () => void
    bus.seen = new Promise<void>((resolve) => { seen = resolve })
    const { response } = await open(url, { path })
    t.equal(response.statusCode, 200)
    const [first] = await once(response, 'data')
    t.equal(String(first), 'first')
    const before = logs.length
    const cut = once(response, 'error')
    seen!()
    t.match(await cut, [{ code: 'ECONNRESET' }], path)
    const told = logs.slice(before).filter(({ level, err }) => level >= 40 && err !== undefined)
    t.equal(told.length, 1, path)
  }
})

t.test('the host\'s 404 handler gets unknown paths, and not our 405', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('x')", '/y/[...rest]': "export const GET = () => new Response('y')" }, {
    before: (server) => { server.setNotFoundHandler((request, reply) => { reply.code(404).send(`nothing at ${request.url}`) }) }
  })
  t.equal((await send('/nope')).text, 'nothing at /nope')
  t.equal((await send({ path: '/nope', method: 'OPTIONS' })).text, 'nothing at /nope')
  t.equal((await send('/nope/')).text, 'nothing at /nope/')
  t.equal((await send('/y')).text, 'nothing at /y', 'a catch-all needs a segment')
  t.equal((await send({ path: '/x', method: 'DELETE' })).status, 405)
  t.equal((await send({ path: '/x', method: 'DELETE' })).text, '')
  const options = await send({ path: '/x', method: 'OPTIONS' })
  t.equal(options.status, 204)
  t.equal(options.headers.allow, 'GET, HEAD, OPTIONS')
})

t.test('a 404 handler set after register, and Fastify\'s default one', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('x')" }, { after: (server) => { server.setNotFoundHandler((_request, reply) => { reply.code(404).send('late') }) } })
  t.equal((await send('/nope')).text, 'late')
  t.equal((await send({ path: '/x', method: 'PUT' })).status, 405)
  const plain = await serve(t, { '/x': "export const GET = () => new Response('x')" })
  t.match((await plain.send('/nope')).json(), { message: 'Route GET:/nope not found' })
})

t.test('a body sent where only a 405 is given does not spoil the connection', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('x')" })
  t.equal((await send({ path: '/x', method: 'PUT', body: 'x'.repeat(200_000), headers: { 'content-type': 'application/json' } })).status, 405)
})

t.test('routes of the host keep their requests, registered before us or after', async (t) => {
  const legacy = (server: any): void => {
    server.put('/items/:id', async (request: any) => `legacy put ${request.params.id}`)
    server.options('/items/:id', async () => 'legacy options')
    server.head('/own/*', async (_request: any, reply: any) => reply.header('x-legacy', 'head').send())
    server.delete('/deep/*', async (request: any) => `legacy delete ${request.params['*']}`)
  }
  for (const [when, setup] of Object.entries({ before: { before: legacy }, after: { after: legacy } })) {
    const { send } = await serve(t, {
      '/items/[id]': 'export const GET = (_: Request, { params }: any) => new Response(params.id)',
      '/deep/[a]/[b]': "export const POST = () => new Response('post')"
    }, setup)
    t.equal((await send({ path: '/items/3', method: 'PUT' })).text, 'legacy put 3', when)
    t.equal((await send({ path: '/items/3', method: 'OPTIONS' })).text, 'legacy options', when)
    t.equal((await send('/items/3')).text, '3', when)
    t.equal((await send({ path: '/items/3', method: 'PATCH' })).status, 405, when)
    t.equal((await send({ path: '/own/1', method: 'HEAD' })).headers['x-legacy'], 'head', when)
    t.equal((await send({ path: '/deep/a/b', method: 'DELETE' })).text, 'legacy delete a/b', when)
    t.equal((await send({ path: '/deep/a/b', method: 'POST' })).text, 'post', when)
  }
})

t.test('wildcards of the host keep what we have no verb for', async (t) => {
  const all = (server: any): void => { server.all('/*', async (request: any) => `${request.method} by wildcard`) }
  const options = (server: any): void => { server.options('*', async () => 'preflight') }
  for (const [when, setup] of Object.entries({ before: { before: all }, after: { after: all } })) {
    const { send } = await serve(t, { '/x/[id]': "export const GET = () => new Response('ours')" }, setup)
    t.equal((await send('/x/1')).text, 'ours', when)
    t.equal((await send({ path: '/x/1', method: 'PUT' })).text, 'PUT by wildcard', when)
    t.equal((await send({ path: '/x/1', method: 'OPTIONS' })).text, 'OPTIONS by wildcard', when)
    t.equal((await send('/x/1/')).text, 'GET by wildcard', when)
    t.equal((await send('/else')).text, 'GET by wildcard', when)
  }
  for (const [when, setup] of Object.entries({ before: { before: options }, after: { after: options } })) {
    const { send } = await serve(t, { '/x/[id]': "export const GET = () => new Response('ours')" }, setup)
    t.equal((await send({ path: '/x/1', method: 'OPTIONS' })).text, 'preflight', when)
    t.equal((await send({ path: '/x/1', method: 'PUT' })).status, 405, when)
  }
})

t.test('a HEAD of the host for a GET of ours is kept when it comes first', async (t) => {
  const { send } = await serve(t, { '/x': "export const GET = () => new Response('ours')" }, { before: (server) => { server.head('/x', async (_request, reply) => reply.header('x-own', 'yes').send()) } })
  t.equal((await send({ path: '/x', method: 'HEAD' })).headers['x-own'], 'yes')
  t.equal((await send('/x')).text, 'ours')
})

t.test('a later HEAD of the host for a GET of ours is Fastify\'s own duplicate error', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(appRoutes, appDir(t, { '/x': "export const GET = () => new Response('ours')" }))
  t.throws(() => { server.head('/x', async () => '') }, { code: 'FST_ERR_DUPLICATED_ROUTE' })
})

t.test('an explicit duplicate names the path and the file', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  server.get('/users/:id', async () => '')
  server.post('/api', async () => '')
  await t.rejects(startWith(server, appDir(t, { '/users/[id]': 'export const GET = () => new Response()', '/api': 'export const POST = () => new Response()' })), {
    code: 'FAR_ERR_DUPLICATED_ROUTE',
    message: /^2 routes are declared twice\.[\s\S]*POST \/api: declared by the server and by api\/route\.ts[\s\S]*GET \/users\/:id: declared by the server and by users\/\[id\]\/route\.ts/
  })
})

t.test('a duplicate whose parameter has another name is found as well', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  server.get('/users/:userId', async () => '')
  await t.rejects(startWith(server, appDir(t, { '/users/[id]': 'export const GET = () => new Response()' })), { code: 'FAR_ERR_DUPLICATED_ROUTE', message: /users\/\[id\]\/route\.ts/ })
})

t.test('a later duplicate of the host is Fastify\'s own error', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(appRoutes, appDir(t, { '/users/[id]': 'export const GET = () => new Response()' }))
  t.throws(() => { server.get('/users/:id', async () => '') }, { code: 'FST_ERR_DUPLICATED_ROUTE' })
})

t.test('what a handler throws after its client has left is not an error in the log', async (t) => {
  const started = once(bus, 'started')
  const { url, errors } = await serve(t, { '/x': "import { once } from 'node:events'\nexport const GET = async (request: Request) => { const left = once(request.signal, 'abort'); bus.emit('started'); await left; setImmediate(() => bus.emit('thrown')); request.signal.throwIfAborted(); return new Response() }" })
  const thrown = once(bus, 'thrown')
  const controller = new AbortController()
  const fetched = fetch(url + '/x', { signal: controller.signal })
  await started
  controller.abort()
  await t.rejects(fetched)
  await thrown
  t.same(errors(), [])
})

t.test('a late onSend hook and a header that cannot be sent do not end the process', async (t) => {
  const { send } = await serve(t, {
    '/header': "export const GET = () => new Response('x', { headers: { 'x-a': 'a\\x01b' } })",
    '/stream': "export const GET = () => new Response(new Blob(['x']).stream(), { headers: { 'x-a': 'a\\x01b' } })",
    '/empty': "export const GET = () => new Response(null, { headers: { 'x-a': 'a\\x01b' } })",
    '/light': "import { NextResponse } from 'next/server'\nexport const GET = () => new NextResponse('x', { headers: { 'x-a': 'a\\x01b' } })"
  }, {
    before: (server) => {
      server.addHook('onSend', async (_request, _reply, payload) => {
        await new Promise((resolve) => { setImmediate(resolve) })
        return payload
      })
    }
  })
  for (const path of ['/light', '/empty', '/header', '/stream']) {
    const response = await send(path)
    t.equal(response.status, 500, path)
    t.equal(response.text, '', path)
  }
})

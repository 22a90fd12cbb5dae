import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import { once } from 'node:events'
import swagger from '@fastify/swagger'
import helmet from '@fastify/helmet'
import appRoutes from 'fastify-app-routes'
import { appRoutes as middleware } from 'fastify-app-routes/express'
import { appDir, bus, serve } from './server.ts'

const GET = "export const GET = () => new Response('here')"
const config = (text: string): string => `export const config = ${text}\n${GET}`

async function problemsOf (t: any, routes: Record<string, string>, server: FastifyInstance = Fastify()): Promise<any[]> {
  const error: any = await Promise.resolve(server.register(appRoutes, appDir(t, routes))).then(() => null, (error: unknown) => error)
  await server.close()
  t.equal(error?.code, 'FAR_ERR_APP_DIRECTORY')
  return error?.problems ?? []
}

t.test('hooks of a route file run for all its verbs, after those of the server', async (t) => {
  const seen: string[] = bus.seen = []
  const names = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend', 'onResponse']
  const hooks = names.map((name) => `${name}: ${name === 'onSend' ? '[async () => { bus.seen.push("first onSend") }, ' : ''}async () => { bus.seen.push('${name}'); if ('${name}' === 'onResponse') bus.emit('configured') }${name === 'onSend' ? ']' : ''}`)
  const { send } = await serve(t, {
    '/x': `export const config = { ${hooks.join(', ')} }\n${GET}\nexport const POST = async (request: Request) => new Response(await request.text())`,
    '/y': GET
  }, { before: (server) => { server.addHook('onRequest', async () => { seen.push('server') }) } })
  const expected = ['server', 'onRequest', 'preParsing', 'preValidation', 'preHandler', 'first onSend', 'onSend', 'onResponse']
  for (const request of [{ path: '/x' }, { method: 'HEAD', path: '/x' }, { method: 'POST', path: '/x', body: 'abc' }]) {
    seen.length = 0
    const responded = once(bus, 'configured')
    const response = await send(request)
    if (request.body !== undefined) t.equal(response.text, 'abc')
    await responded
    t.same(seen, expected, request.method ?? 'GET')
  }
  seen.length = 0
  await send('/y')
  t.same(seen, ['server'])
})

t.test('a guard of a route file answers, and nothing is answered past it', async (t) => {
  for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler']) {
    const { send } = await serve(t, { '/x': config(`{ ${name}: async (request: any, reply: any) => request.headers.authorization === 'secret' ? undefined : reply.code(401).send() }`) })
    t.equal((await send('/x')).status, 401, name)
    t.equal((await send({ method: 'HEAD', path: '/x' })).status, 401, name)
    t.equal((await send({ path: '/x', headers: { authorization: 'secret' } })).text, 'here')
    for (const method of ['POST', 'OPTIONS']) {
      const response = await send({ method, path: '/x' })
      t.equal(response.status, 404, `${name}: ${method}`)
      t.equal(response.headers.allow, undefined)
    }
  }
})

t.test('hooks see the content type that the client sent, malformed or not', async (t) => {
  const { send } = await serve(t, { '/x': "export const config = { onRequest: async (request: any, reply: any) => { reply.header('x-type', request.headers['content-type']) } }\nexport const POST = (request: Request) => new Response(request.headers.get('content-type'))" })
  const response = await send({ method: 'POST', path: '/x', body: 'abc', headers: { 'content-type': 'nonsense' } })
  t.equal(response.headers['x-type'], 'nonsense')
  t.equal(response.text, 'nonsense')
})

t.test('onError and setErrorHandler get what a handler throws', async (t) => {
  const { send } = await serve(t, { '/x': "export const config = { onError: async (_request: any, _reply: any, error: Error) => { bus.lastError = error.message } }\nexport const GET = () => { throw new Error('boom') }" })
  t.equal((await send('/x')).status, 500)
  t.equal(bus.lastError, 'boom')
})

t.test('constraints by host', async (t) => {
  const { send } = await serve(t, {
    '/x': `${config("{ constraints: { host: 'api.example.com' } }")}`,
    '/by/pattern': config('{ constraints: { host: /^.*\\.example\\.com$/ } }'),
    '/items/[id]': "export const GET = () => new Response('by id')\nexport const DELETE = () => new Response('deleted')",
    '/items/special': config("{ constraints: { host: 'api.example.com' } }")
  })
  const status = async (method: string, path: string, host: string): Promise<number> => (await send({ method, path, headers: { host } })).status
  t.equal(await status('GET', '/x', 'api.example.com'), 200)
  t.equal(await status('HEAD', '/x', 'api.example.com'), 200)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PATCH']) t.equal(await status(method, '/x', 'other.com'), 404, `${method} of another host`)
  for (const method of ['OPTIONS', 'PATCH']) t.equal(await status(method, '/x', 'api.example.com'), 404, `${method} that the file lacks`)
  t.equal(await status('GET', '/by/pattern', 'a.example.com'), 200)
  t.equal(await status('GET', '/by/pattern', 'example.org'), 404)
  const special = async (method: string, host: string): Promise<string> => (await send({ method, path: '/items/special', headers: { host } })).text
  t.same([await special('GET', 'api.example.com'), await special('GET', 'other.com'), await special('DELETE', 'other.com')], ['here', 'by id', 'deleted'])
})

t.test('constraints by version, and by a strategy of the server\'s own', async (t) => {
  const { send } = await serve(t, {
    '/x': config("{ constraints: { version: '1.2.0' } }"),
    '/y': config("{ constraints: { tenant: 'a' } }")
  }, {
    before: (server) => {
      server.addConstraintStrategy({
        name: 'tenant',
        storage: () => { const stored = new Map<unknown, any>(); return { get: (key: unknown) => stored.get(key) ?? null, set: (key: unknown, value: any) => { stored.set(key, value) } } },
        deriveConstraint: (req: any) => req.headers['x-tenant'],
        validate: () => {},
        mustMatchWhenDerived: false
      } as never)
    }
  })
  t.equal((await send({ path: '/x', headers: { 'accept-version': '1.x' } })).text, 'here')
  t.equal((await send({ path: '/x', headers: { 'accept-version': '2.x' } })).status, 404)
  t.equal((await send('/x')).status, 404)
  t.equal((await send({ path: '/y', headers: { 'x-tenant': 'a' } })).text, 'here')
  t.equal((await send({ path: '/y', headers: { 'x-tenant': 'b' } })).status, 404)
})

t.test('a route of the server may have the same path for another host', async (t) => {
  const { send } = await serve(t, { '/x': config("{ constraints: { host: 'api.example.com' } }") }, {
    before: (server) => { server.get('/x', async () => 'the server\'s') }
  })
  t.equal((await send({ path: '/x', headers: { host: 'api.example.com' } })).text, 'here')
  t.equal((await send('/x')).text, 'the server\'s')
})

t.test('handlerTimeout answers for a handler that is late', async (t) => {
  const { send, errors } = await serve(t, { '/x': 'export const config = { handlerTimeout: 30 }\nexport const GET = () => new Promise<Response>((resolve) => { bus.once("go", () => { resolve(new Response("late")); setImmediate(() => bus.emit("gone")) }) })' })
  t.equal((await send('/x')).status, 503)
  const gone = once(bus, 'gone')
  bus.emit('go')
  await gone
  t.same(errors().filter(({ err }) => err?.code !== 'FST_ERR_HANDLER_TIMEOUT'), [])
})

t.test('handlerTimeout leaves handlers alone that are in time', async (t) => {
  const { send } = await serve(t, { '/x': 'export const config = { handlerTimeout: 60_000 }\nexport const POST = async (request: Request) => { const { signal } = request; const text = await request.text(); await new Promise((resolve) => { setImmediate(resolve) }); return Response.json([text, signal.aborted]) }' })
  t.same((await send({ method: 'POST', path: '/x', body: 'abc' })).json(), ['abc', false])
})

t.test('logLevel, schema, config and the options of plugins reach Fastify', async (t) => {
  const routes: any[] = []
  const { send, logs, server } = await serve(t, {
    '/quiet': config("{ logLevel: 'silent' }"),
    '/typed': config("{ schema: { summary: 'Typed', querystring: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } }, config: { mine: 1 } }"),
    '/bare': config('{ helmet: false }')
  }, {
    before: async (server) => {
      server.addHook('onRoute', (route) => { routes.push(route) })
      await server.register(swagger, { openapi: {} })
      await server.register(helmet)
    }
  })
  logs.length = 0
  await send('/quiet')
  t.same(logs, [])
  t.equal((await send('/typed?n=1')).text, 'here')
  const refused = await send('/typed?n=x')
  t.equal(refused.status, 400)
  t.match(refused.json(), { code: 'FST_ERR_VALIDATION' })
  t.match(routes.find(({ url, method }) => url === '/typed' && method === 'GET').config, { mine: 1, appRoute: { file: 'typed/route.ts', path: '/typed' } })
  t.equal((server.swagger() as any).paths['/typed'].get.summary, 'Typed')
  t.equal((await send('/bare')).headers['x-frame-options'], undefined)
  t.ok((await send('/quiet')).headers['x-frame-options'])
})

t.test('wrong and unknown keys are told, all at once, with what was meant', async (t) => {
  const problems = await problemsOf(t, {
    '/a': config('{ bodyLimit: 0, onRequest: [], preHandler: "auth", logLevel: "loud", handlerTimeout: 1.5 }'),
    '/b': config('{ bodyLimits: 1, prehandler: () => {}, colour: "red", toString: 1 }'),
    '/c': config("{ constraints: { host: 5 }, rateLimit: true, schema: { body: { type: 'object' } } }"),
    '/d': config('{ constraints: {}, config: [], logSerializers: { a: 1 }, attachValidation: 1, validatorCompiler: {} }')
  })
  t.same([...new Set(problems.map(({ code }) => code))], ['FAR_ERR_SEGMENT_CONFIG'])
  t.same(problems.map(({ files, message }) => `${files[0][0]}: ${/`config\.(\w+)`/.exec(message)![1]}`), [
    'a: bodyLimit', 'a: onRequest', 'a: preHandler', 'a: logLevel', 'a: handlerTimeout',
    'b: bodyLimits', 'b: prehandler', 'b: colour', 'b: toString',
    'c: constraints', 'c: rateLimit', 'c: schema',
    'd: constraints', 'd: config', 'd: logSerializers', 'd: attachValidation', 'd: validatorCompiler'
  ])
  const of = (name: string): any => problems.find(({ message }) => message.includes(`config.${name}\``))
  t.match(of('preHandler').message, /is 'auth', expected a function or an array of functions/)
  t.match(of('bodyLimits').mend, 'Did you mean `bodyLimit`?')
  t.match(of('prehandler').mend, 'Did you mean `preHandler`?')
  t.match(of('colour').mend, /use one of .*onRequest/)
  t.match(of('schema').message, /without `body`/)
})

t.test('a constraint that the server has no strategy for names the file', async (t) => {
  t.match(await problemsOf(t, { '/a': config("{ constraints: { tenant: 'a' } }") }), [{ code: 'FAR_ERR_SEGMENT_CONFIG', files: ['a/route.ts'], message: /config\.constraints\.tenant/, mend: /addConstraintStrategy/ }])
})

t.test('what Next.js reads of `config` elsewhere is passed over with a warning', async (t) => {
  const { send, logs } = await serve(t, { '/x': config('{ api: { bodyParser: false }, runtime: "edge" }'), '/y': config('"a string"'), '/z': config('{ bodyLimit: undefined }') })
  for (const path of ['/x', '/y', '/z']) t.equal((await send(path)).status, 200)
  t.same(logs.filter(({ level }) => level === 40).map(({ msg }) => msg), ['x/route.ts exports config.api, which has no effect in a route file, as in Next.js.', 'x/route.ts exports config.runtime, which has no effect in a route file, as in Next.js.'])
})

t.test('Express: what keeps requests out is refused, the rest is a warning', async (t) => {
  const warnings: string[] = []
  const warn = (warning: Error): void => { warnings.push(warning.message) }
  process.on('warning', warn)
  t.teardown(() => { process.off('warning', warn) })
  const routes = middleware(appDir(t, { '/a': config('{ onRequest: () => {}, constraints: { host: "x" }, rateLimit: { max: 1 }, bodyLimit: 5 }'), '/b': config('{ logLevel: "silent", onSend: () => {} }'), '/c': config('{ bodyLimits: 1 }') }))
  const { problems }: any = await routes.ready().catch((error: unknown) => error)
  await routes.close()
  t.same(problems.map(({ code, files, message }: any) => [code, files[0], /config\.(\w+)/.exec(message)![1]]), [
    ['FAR_ERR_FASTIFY_ONLY', 'a/route.ts', 'onRequest'], ['FAR_ERR_FASTIFY_ONLY', 'a/route.ts', 'constraints'], ['FAR_ERR_FASTIFY_ONLY', 'a/route.ts', 'rateLimit'],
    ['FAR_ERR_SEGMENT_CONFIG', 'c/route.ts', 'bodyLimits']
  ])
  await new Promise((resolve) => { setImmediate(resolve) })
  t.same(warnings, ['logLevel', 'onSend'].map((name) => `b/route.ts exports config.${name}, which is Fastify's and has no effect in Express.`))
})

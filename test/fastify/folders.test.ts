import t from 'tap'
import rateLimit from '@fastify/rate-limit'
import Fastify, { type FastifyInstance } from 'fastify'
import express from 'express'
import appRoutes from 'fastify-app-routes'
import { appRoutes as middleware } from 'fastify-app-routes/express'
import { logged } from './server.ts'
import { start } from '../hosts.ts'

const get = (text: string): string => `export const GET = () => new Response('${text}')`
const GUARD = `import type { FastifyInstance } from 'fastify'
export default async function (fastify: FastifyInstance) {
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization !== 'secret') return reply.code(401).send('who are you?')
  })
}`

async function serve (t: any, tree: object, options: object = {}, before?: (server: FastifyInstance) => unknown): Promise<FastifyInstance> {
  const { server } = logged()
  t.teardown(() => server.close())
  await before?.(server)
  await server.register(appRoutes, { dir: t.testdir(tree), ...options })
  return server
}

async function problemsOf (t: any, tree: object): Promise<any[]> {
  const error: any = await Promise.resolve(Fastify().register(appRoutes, t.testdir(tree))).then(() => null, (error: unknown) => error)
  t.equal(error?.code, 'FAR_ERR_APP_DIRECTORY')
  return error?.problems ?? []
}

const secret = { authorization: 'secret' }

t.test('hooks of a folder run for its routes and those below, and for no others', async (t) => {
  const server = await serve(t, {
    'route.ts': get('root'),
    adminx: { 'route.ts': get('beside') },
    admin: {
      'fastify.ts': GUARD,
      'route.ts': get('admin'),
      users: { '[id]': { 'route.ts': 'export const GET = async (_: Request, { params }: any) => Response.json(await params)\nexport const POST = async (request: Request) => new Response(await request.text())' } }
    }
  }, { prefix: '/api' })
  for (const url of ['/api', '/api/adminx']) t.equal((await server.inject(url)).statusCode, 200, url)
  for (const url of ['/api/admin', '/api/admin/users/1']) {
    for (const method of ['GET', 'HEAD'] as const) {
      t.equal((await server.inject({ method, url })).statusCode, 401, `${method} ${url}`)
      t.equal((await server.inject({ method, url, headers: secret })).statusCode, 200, `${method} ${url}`)
    }
  }
  t.same((await server.inject({ url: '/api/admin/users/1', headers: secret })).json(), { id: '1' })
  t.equal((await server.inject({ method: 'POST', url: '/api/admin/users/1', headers: { ...secret, 'content-type': 'application/json' }, body: '{ "a" : 1 }' })).body, '{ "a" : 1 }')
})

t.test('folders nest, and groups and slots are folders', async (t) => {
  const mark = (name: string): string => `export default async (fastify: any) => {
  fastify.addHook('onRequest', async (_request: any, reply: any) => { reply.header('x-seen', [reply.getHeader('x-seen') ?? [], '${name}'].flat().join()) })
}`
  const server = await serve(t, {
    'fastify.ts': mark('root'),
    'route.ts': get('root'),
    '(shop)': { 'fastify.ts': mark('shop'), cart: { 'route.ts': get('cart'), '@side': { 'fastify.ts': mark('side'), more: { 'route.ts': get('more') } } } },
    '(blog)': { posts: { 'route.ts': get('posts') } },
    _lib: { 'fastify.ts': 'throw new Error("private folders are not looked into")' }
  })
  for (const [url, seen] of [['/', 'root'], ['/cart', 'root,shop'], ['/cart/more', 'root,shop,side'], ['/posts', 'root']]) {
    t.equal((await server.inject(url!)).headers['x-seen'], seen, url)
  }
})

t.test('decorators are the folder\'s, and hostRequest() gives its instance', async (t) => {
  const who = "import { hostRequest } from 'fastify-app-routes'\nexport const GET = () => { const { server, request } = hostRequest<any>(); return Response.json([(server as any).greeting ?? null, request.user ?? null]) }"
  const server = await serve(t, {
    a: { 'fastify.ts': "export default async (fastify: any) => { fastify.decorate('greeting', 'hello'); fastify.decorateRequest('user', 'ann') }", 'route.ts': who },
    b: { 'route.ts': who }
  })
  t.same((await server.inject('/a')).json(), ['hello', 'ann'])
  t.same((await server.inject('/b')).json(), [null, null])
})

t.test('every way to write a plugin', async (t) => {
  const hook = "fastify.addHook('onRequest', (request, reply, next) => { reply.header('x-seen', 'yes'); next() })"
  const server = await serve(t, {
    callback: { 'fastify.mjs': `export default (fastify, options, done) => { ${hook}; setImmediate(done) }`, 'route.mjs': get('x') },
    commonjs: { 'fastify.cjs': `module.exports = async (fastify) => { ${hook} }`, 'route.mjs': get('x') },
    wrapped: { 'fastify.mjs': `import fp from 'fastify-plugin'\nexport default fp(async (fastify) => { ${hook} }, { name: 'mine', decorators: { fastify: ['needed'] } })`, 'route.mjs': get('x') },
    encapsulated: { 'fastify.mts': `import fp from 'fastify-plugin'\nexport default fp(async (fastify: any) => { ${hook.replace('request, reply, next', 'request: any, reply: any, next: any')} }, { encapsulate: true })`, 'route.mjs': get('x') },
    typed: { 'fastify.cts': `import type { FastifyInstance } from 'fastify'\nexport = async (fastify: FastifyInstance) => { ${hook} }`, 'route.mjs': get('x') },
    'package.json': '{ "type": "module" }'
  }, {}, (server) => { server.decorate('needed', true) })
  for (const path of ['callback', 'commonjs', 'wrapped', 'encapsulated', 'typed']) t.equal((await server.inject('/' + path)).headers['x-seen'], 'yes', path)
})

t.test('the same function may be the plugin of several folders', async (t) => {
  const again = "export { default } from '../guard.ts'"
  const server = await serve(t, { 'guard.ts': GUARD, a: { 'fastify.ts': again, 'route.ts': get('a') }, b: { 'fastify.ts': again, 'route.ts': get('b'), deep: { 'fastify.ts': "export { default } from '../../guard.ts'", 'route.ts': get('deep') } } })
  for (const url of ['/a', '/b', '/b/deep']) {
    t.equal((await server.inject(url)).statusCode, 401, url)
    t.equal((await server.inject({ url, headers: secret })).statusCode, 200, url)
  }
})

t.test('@fastify/rate-limit in a folder counts that folder\'s requests only', async (t) => {
  const server = await serve(t, {
    open: { 'route.ts': get('open') },
    slow: { 'fastify.ts': "import rateLimit from '@fastify/rate-limit'\nexport default async (fastify: any) => { await fastify.register(rateLimit, { max: 2 }) }", 'route.ts': get('slow'), own: { 'route.ts': `export const config = { rateLimit: { max: 1 } }\n${get('own')}` }, none: { 'route.ts': `export const config = { rateLimit: false }\n${get('none')}` } }
  })
  const statuses = async (url: string): Promise<number[]> => { const seen = []; for (let i = 0; i < 3; i++) seen.push((await server.inject(url)).statusCode); return seen }
  t.same(await statuses('/slow'), [200, 200, 429])
  t.same(await statuses('/slow/own'), [200, 429, 429])
  t.same(await statuses('/slow/none'), [200, 200, 200])
  t.same(await statuses('/open'), [200, 200, 200])
})

t.test('config.rateLimit reaches a rate limit of the server', async (t) => {
  const server = await serve(t, { x: { 'route.ts': `export const config = { rateLimit: { max: 1 } }\n${get('x')}` }, y: { 'route.ts': get('y') } }, {}, async (server) => { await server.register(rateLimit, { global: false }) })
  t.same([(await server.inject('/x')).statusCode, (await server.inject('/x')).statusCode, (await server.inject('/y')).statusCode], [200, 429, 200])
})

t.test('config.rateLimit is warned of where the rate limit comes too late', async (t) => {
  const dir = t.testdir({
    folder: { 'fastify.ts': "import rateLimit from '@fastify/rate-limit'\nexport default async (fastify: any) => { await fastify.register(rateLimit) }", 'route.ts': `export const config = { rateLimit: { max: 1 } }\n${get('folder')}` },
    none: { 'route.ts': `export const config = { rateLimit: false }\n${get('none')}` },
    x: { 'route.ts': `export const config = { rateLimit: { max: 1 } }\n${get('x')}` },
    y: { 'route.ts': get('y') }
  })
  const warnings = async (...plugins: Array<(server: FastifyInstance) => unknown>): Promise<string[]> => {
    const { server, logs } = logged()
    t.teardown(() => server.close())
    for (const plugin of plugins) plugin(server)
    await server.ready()
    return logs.filter(({ level }) => level === 40).map(({ msg }) => msg)
  }
  const directory = (server: FastifyInstance): unknown => server.register(appRoutes, { dir })
  const limit = (server: FastifyInstance): unknown => server.register(rateLimit, { global: false })
  t.same(await warnings(directory, limit), ['x/route.ts exports config.rateLimit, which has no effect: @fastify/rate-limit is registered after the directory. Register it before.'])
  t.same(await warnings(limit, directory), [], 'nobody need await it')
  t.same(await warnings(directory), [], 'another plugin may read it')
})

t.test('body parsers of a folder parse for the routes that it declares itself, and leave route files alone', async (t) => {
  const server = await serve(t, {
    'fastify.ts': `import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
export default async (fastify: any) => {
  await fastify.register(formbody)
  await fastify.register(multipart)
  fastify.removeContentTypeParser('application/json')
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request: any, body: string, done: any) => { done(null, { parsed: body }) })
  fastify.post('/declared', async (request: any) => request.body)
}`,
    'route.ts': 'import { hostRequest } from \'fastify-app-routes\'\nexport const POST = async (request: Request) => Response.json([hostRequest().request.body === request.body, await request.text()])',
    form: { 'route.ts': "export const POST = async (request: Request) => { const data = await request.formData(); return Response.json([data.get('a'), data.get('file') instanceof File]) }" }
  })
  const send = async (type: string, body: string, url = '/'): Promise<unknown> => (await server.inject({ method: 'POST', url, headers: { 'content-type': type }, body })).json()
  t.same(await send('application/json', '{ }', '/declared'), { parsed: '{ }' })
  t.same(await send('application/json', '{ }'), [false, '{ }'])
  t.same(await send('application/x-www-form-urlencoded', 'a=1&b=%20'), [false, 'a=1&b=%20'])
  t.same(await send('application/x-www-form-urlencoded', 'a=1', '/form'), ['1', false])
  t.same(await send('multipart/form-data; boundary=x', '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n2\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n3\r\n--x--\r\n', '/form'), ['2', true])
})

t.test('the error handler of a folder gets what its handlers and hooks throw', async (t) => {
  const handler = (name: string): string => `export default async (fastify: any) => {
  fastify.setErrorHandler((error: Error, _request: any, reply: any) => reply.code(503).send('${name}: ' + error.message))
  fastify.addHook('preHandler', async (request: any) => { if (request.query.hook !== undefined) throw new Error('hook') })
}`
  const boom = "export const GET = () => { throw new Error('handler') }"
  const server = await serve(t, { 'route.ts': boom, a: { 'fastify.ts': handler('a'), 'route.ts': boom, b: { 'fastify.ts': handler('b'), 'route.ts': boom } } })
  t.same(await Promise.all(['/', '/a', '/a?hook', '/a/b', '/a/b?hook'].map(async (url) => { const { statusCode, body } = await server.inject(url); return [statusCode, body] })),
    [[500, ''], [503, 'a: handler'], [503, 'a: hook'], [503, 'b: handler'], [503, 'b: hook']])
})

t.test('nothing is answered past a folder\'s hooks', async (t) => {
  const server = await serve(t, {
    admin: { 'fastify.ts': GUARD, 'route.ts': get('admin') },
    '[any]': { 'route.ts': `${get('any')}\nexport const DELETE = () => new Response('deleted')` },
    open: { 'route.ts': get('open') }
  })
  for (const method of ['PATCH', 'OPTIONS'] as const) {
    const guarded = await server.inject({ method, url: '/admin' })
    t.equal(guarded.statusCode, 404, method)
    t.equal(guarded.headers.allow, undefined)
    t.equal((await server.inject({ method, url: '/open' })).headers.allow, 'GET, HEAD, OPTIONS')
  }
  const shadowed = await server.inject({ method: 'DELETE', url: '/admin' })
  t.equal(shadowed.statusCode, 404, 'a dynamic folder beside it does not answer either')
  t.equal(shadowed.headers.allow, undefined)
  t.equal((await server.inject({ method: 'DELETE', url: '/open' })).statusCode, 405)
  t.equal((await server.inject('/%61dmin')).statusCode, 401)
  for (const url of ['/admin/', '//admin', '/x/../admin']) t.not((await server.inject(url)).statusCode, 200, url)
})

t.test('routes of guarded folders are routes as all others', async (t) => {
  const server = await serve(t, { admin: { 'fastify.ts': GUARD, 'route.ts': get('admin'), '[id]': { 'route.ts': get('id') } } }, { prefix: '/api' })
  await server.ready()
  t.ok(server.hasRoute({ method: 'GET', url: '/api/admin/:id' }))
  t.match(server.printRoutes(), /api\/admin \(GET, HEAD\)/)
  t.match(server.printPlugins(), /admin\/fastify\.ts/)
})

t.test('two plugin files of one folder: one is taken, as of route files', async (t) => {
  const { server, logs } = logged()
  t.teardown(() => server.close())
  const mark = (name: string): string => `export default async (fastify) => { fastify.addHook('onRequest', async (request, reply) => { reply.header('x-seen', '${name}') }) }`
  await server.register(appRoutes, t.testdir({ 'package.json': '{ "type": "module" }', x: { 'fastify.js': mark('js'), 'fastify.ts': 'export default null', 'route.js': get('x') } }))
  t.equal((await server.inject('/x')).headers['x-seen'], 'js')
  t.same(logs.filter(({ level }) => level === 40).map(({ msg }) => msg), ['x/fastify.ts is not used: x/fastify.js is the plugin of this folder.'])
})

t.test('files that are no plugins are told, all at once', async (t) => {
  const problems = await problemsOf(t, {
    a: { 'fastify.ts': 'export const plugin = async () => {}' },
    b: { 'fastify.ts': 'export default { onRequest: () => {} }' },
    c: { 'fastify.ts': "throw new Error('no secret')" },
    d: { 'fastify.ts': "import './missing.ts'" },
    'package.json': '{ "type": "module" }'
  })
  t.match(problems, [
    { code: 'FAR_ERR_LOAD', message: 'a/fastify.ts exports no Fastify plugin: its default export is missing.', files: ['a/fastify.ts'], mend: /export default async function/ },
    { code: 'FAR_ERR_LOAD', message: 'b/fastify.ts exports no Fastify plugin: its default export is of type object.' },
    { code: 'FAR_ERR_LOAD', message: 'failed to load: Error: no secret', files: ['c/fastify.ts'] },
    { code: 'FAR_ERR_LOAD', files: ['d/fastify.ts'] }
  ])
})

t.test('an error in a plugin names its file', async (t) => {
  for (const [code, reason] of [
    ["export default async () => { throw new Error('no database') }", 'no database'],
    ["export default (fastify: any, options: any, done: any) => { done(new Error('no database')) }", 'no database'],
    ["export default async (fastify: any) => { fastify.register(async () => { throw new Error('deeper') }) }", 'deeper'],
    ["import fp from 'fastify-plugin'\nexport default fp(async () => {}, { name: 'mine', dependencies: ['not-there'] })", 'not-there'],
    ["export default () => { throw 'a string' }", 'a string']
  ]) {
    await t.test(reason!, async (t) => {
      const server = Fastify()
      const registering = Promise.resolve(server.register(appRoutes, t.testdir({ a: { b: { 'fastify.ts': code!, 'route.ts': get('x') } }, 'fastify.ts': 'export default async () => {}' })))
      await t.rejects(registering, { code: 'FAR_ERR_FOLDER_PLUGIN', message: new RegExp(`a/b/fastify\\.ts failed: .*${reason!}`) })
      await server.close()
    })
  }
})

t.test('Express does not start with a plugin that it cannot run', async (t) => {
  const app = express()
  const routes = middleware(t.testdir({ admin: { 'fastify.ts': GUARD, 'route.ts': get('admin') } }))
  app.use(routes as any)
  const error: any = await routes.ready().catch((error: unknown) => error)
  t.match(error.problems, [{ code: 'FAR_ERR_FASTIFY_ONLY', files: ['admin/fastify.ts'], mend: /middleware/ }])
  await routes.close()
})

t.test('folders work over HTTP/2 and by socket', async (t) => {
  for (const name of ['fastify', 'fastify http2'] as const) {
    const host = await start(name, { dir: t.testdir({ admin: { 'fastify.ts': GUARD, 'route.ts': `${get('admin')}\nexport const POST = async (request: Request) => new Response(await request.text())` } }) })
    t.teardown(() => host.close())
    t.equal((await host.send('/admin')).status, 401)
    t.equal((await host.send({ path: '/admin', method: 'POST', headers: secret, body: 'abc' })).text, 'abc')
    t.equal((await host.send({ path: '/admin', method: 'POST', body: 'abc' })).status, 401)
  }
})

t.test('logLevel, trailingSlash and prefix hold in folders, too', async (t) => {
  const { server, logs } = logged()
  t.teardown(() => server.close())
  const dir = t.testdir({ admin: { 'fastify.ts': 'export default async () => {}', 'route.ts': get('admin'), deep: { 'fastify.ts': 'export default async () => {}', 'route.ts': get('deep') } } })
  await server.register(appRoutes, { dir, prefix: '/api/', logLevel: 'silent', trailingSlash: true })
  for (const url of ['/api/admin', '/api/admin/deep']) {
    t.match(await server.inject(url), { statusCode: 308, headers: { location: `${url}/` } })
    t.equal((await server.inject(`${url}/`)).statusCode, 200, url)
  }
  t.same(logs, [])
})

t.test('a fallback gets the verbs that guarded files lack, and what they pass on comes after the guard', async (t) => {
  const server = await serve(t, {
    'fastify.ts': GUARD,
    x: { 'route.ts': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.next()" }
  }, { fallback: (req: any, res: any) => { res.end(`old ${req.method}`) } })
  await server.listen({ port: 0 })
  const url = `http://localhost:${(server.server.address() as any).port}/x`
  t.equal((await fetch(url)).status, 401)
  t.equal(await (await fetch(url, { headers: secret })).text(), 'old GET')
  t.equal(await (await fetch(url, { method: 'PUT' })).text(), 'old PUT')
})

t.test('every scope has a name, which printPlugins() and tracers show', async (t) => {
  const names: string[] = []
  const server = await serve(t, {
    'route.ts': get('root'),
    admin: { 'fastify.ts': GUARD, 'route.ts': get('admin'), users: { 'fastify.ts': GUARD, 'route.ts': get('users') } }
  }, {}, (server) => {
    server.addHook('onRoute', function (this: FastifyInstance, { url, method }) { if (method === 'GET') names.push(`${url} ${this.pluginName}`) })
  })
  await server.ready()
  t.same(names.sort(), ['/ routes of .', '/admin routes of admin', '/admin/users routes of admin/users'])
  const printed = server.printPlugins()
  t.notMatch(printed, '=>')
  for (const name of ['app directory /', 'routes of .', 'folder admin', 'admin/fastify.ts', 'routes of admin/users']) t.match(printed, name)
})

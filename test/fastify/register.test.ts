import t from 'tap'
import Fastify from 'fastify'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import appRoutes, { appRoutes as named } from 'fastify-app-routes'
import { appDir, logged, serve, startWith } from './server.ts'

const HELLO = "export const GET = () => new Response('hello')\n"

t.test('folders that the router cannot find are told of', async (t) => {
  const odd = ['a%3Ab', 'a%2Fb', 'a%25b', '100%', 'a?b', 'a#b']
  const plain = ['%5Fa', 'ü', 'a:b', 'a+b']
  const dir = t.testdir(Object.fromEntries([...odd, ...plain].map((name) => [name, { 'route.js': 'export const GET = () => new Response("found")' }])))
  const { server, logs } = logged()
  await server.register(appRoutes, dir)
  const told = logs.filter(({ level }) => level === 40).map(({ msg }) => /^(\S+)\/route\.js cannot be reached: Fastify's router finds no path with a folder called (\S+)\. /.exec(msg)!)
  t.strictSame(told.map(([, folder, name]) => [folder, name]).sort(), odd.map((name) => [name, name]).sort())
  for (const url of ['/_a', '/%C3%BC', '/a:b', '/a+b']) t.equal((await server.inject(url)).statusCode, 200, url)
})

t.test('the directory may be given in every form', async (t) => {
  const dir = appDir(t, { '/hello': HELLO })
  const forms: Record<string, Parameters<typeof named>[1] | string | URL> = {
    'absolute path': dir,
    'relative path': path.relative(process.cwd(), dir),
    'relative path with a dot': './' + path.relative(process.cwd(), dir),
    'URL object': pathToFileURL(dir),
    'file: URL string': pathToFileURL(dir).href,
    'file: URL with a slash at its end': pathToFileURL(dir).href + '/',
    'object with a path': { dir },
    'object with a URL object': { dir: pathToFileURL(dir) },
    'object with a file: URL string': { dir: pathToFileURL(dir).href },
    'object with undefined options': { dir, compat: undefined, prefix: undefined, bodyLimit: undefined, logLevel: undefined }
  }
  for (const [name, form] of Object.entries(forms)) {
    const server = Fastify()
    await server.register(appRoutes, form as string)
    t.equal((await server.inject('/hello')).body, 'hello', name)
    await server.close()
  }
})

t.test('the plugin is one under all its names', async (t) => {
  t.equal(appRoutes, named)
  t.equal((appRoutes as any).appRoutes, named)
  t.type((appRoutes as any).hostRequest, 'function')
})

t.test('a prefix stands before every path, and everything automatic heeds it', async (t) => {
  const { server } = await serve(t, {
    '/': "export const GET = (request: Request) => new Response('root of ' + new URL(request.url).pathname)",
    '/users/[id]': 'export const GET = (request: Request, { params }: any) => Response.json([params.id, new URL(request.url).pathname])',
    '/files/[...rest]': 'export const GET = (request: Request, { params }: any) => Response.json(params.rest)'
  }, { options: { prefix: '/api/v1' } })
  t.equal((await server.inject('/api/v1')).body, 'root of /api/v1')
  t.same((await server.inject('/api/v1/users/7')).json(), ['7', '/api/v1/users/7'])
  t.same((await server.inject('/api/v1/files/a/b%2Fc')).json(), ['a', 'b/c'])
  t.equal((await server.inject('/users/7')).statusCode, 404)
  const refused = await server.inject({ method: 'DELETE', url: '/api/v1/users/7' })
  t.equal(refused.statusCode, 405)
  t.equal(refused.headers.allow, 'GET, HEAD, OPTIONS')
  t.equal((await server.inject({ method: 'OPTIONS', url: '/api/v1/users/7' })).statusCode, 204)
  const redirect = await server.inject('/api/v1/users/7/?a=1')
  t.equal(redirect.statusCode, 308)
  t.equal(redirect.headers.location, '/api/v1/users/7?a=1')
  t.equal((await server.inject('/api/v1/')).headers.location, '/api/v1')
  t.equal((await server.inject({ method: 'DELETE', url: '/users/7' })).statusCode, 404, 'what lies outside the prefix is not ours')
  t.equal((await server.inject({ method: 'DELETE', url: '/api/v10/users/7' })).statusCode, 404)
})

t.test('several directories live in one server', async (t) => {
  const root = t.testdir({
    one: { a: { 'route.ts': "export const GET = () => new Response('one')\n" } },
    two: { b: { 'route.ts': "export const GET = () => new Response('two')\n" } },
    three: { a: { 'route.ts': "export const PUT = () => new Response('three')\n" } }
  })
  const server = Fastify()
  t.teardown(() => server.close())
  server.register(appRoutes, path.join(root, 'one'))
  server.register(appRoutes, path.join(root, 'two'))
  await server.register(appRoutes, { dir: path.join(root, 'three'), prefix: '/three' })
  t.equal((await server.inject('/a')).body, 'one')
  t.equal((await server.inject('/b')).body, 'two')
  t.equal((await server.inject({ method: 'PUT', url: '/three/a' })).body, 'three')
  t.equal((await server.inject({ method: 'PUT', url: '/b' })).headers.allow, 'GET, HEAD, OPTIONS')
  t.equal((await server.inject({ method: 'GET', url: '/three/a' })).headers.allow, 'OPTIONS, PUT')
  t.equal((await server.inject('/b/')).headers.location, '/b')
})

t.test('two directories may share a path as long as their verbs differ', async (t) => {
  const root = t.testdir({
    one: { a: { 'route.ts': "export const GET = () => new Response('one')\n" } },
    two: { a: { 'route.ts': "export const PUT = () => new Response('two')\n" } }
  })
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(appRoutes, path.join(root, 'one'))
  await server.register(appRoutes, path.join(root, 'two'))
  t.equal((await server.inject('/a')).body, 'one')
  t.equal((await server.inject({ method: 'PUT', url: '/a' })).body, 'two')
})

t.test('inside an encapsulated plugin with a prefix of its own', async (t) => {
  const { server } = await serve(t, {}, {
    after: (server) => server.register(async (scope) => {
      scope.addHook('onRequest', async (_request, reply) => { reply.header('x-scope', 'inner') })
      await scope.register(appRoutes, { dir: appDir(t, { '/things/[id]': 'export const GET = (_: Request, { params }: any) => new Response(params.id)' }), prefix: '/app' })
      scope.get('/own', async () => 'own')
    }, { prefix: '/outer' })
  })
  const response = await server.inject('/outer/app/things/5')
  t.equal(response.body, '5')
  t.equal(response.headers['x-scope'], 'inner')
  t.equal((await server.inject('/outer/own')).body, 'own')
  t.equal((await server.inject({ method: 'POST', url: '/outer/app/things/5' })).statusCode, 405)
  t.equal((await server.inject({ method: 'OPTIONS', url: '/outer/app/things/5' })).statusCode, 204)
  t.equal((await server.inject('/outer/app/things/5/')).headers.location, '/outer/app/things/5')
  t.equal((await server.inject('/outer/app/other')).statusCode, 404)
})

t.test('an encapsulated plugin with a 404 handler of its own still lets us answer for our paths', async (t) => {
  const { server } = await serve(t, {}, {
    after: (server) => server.register(async (scope) => {
      scope.setNotFoundHandler((_request, reply) => { reply.code(404).send('inner 404') })
      await scope.register(appRoutes, appDir(t, { '/x': HELLO }))
    }, { prefix: '/outer' })
  })
  t.equal((await server.inject({ method: 'POST', url: '/outer/x' })).statusCode, 405)
  t.equal((await server.inject('/outer/x/')).statusCode, 308)
  t.equal((await server.inject('/outer/y')).body, 'inner 404')
})

t.test('a directory registered twice is an error that names every clash', async (t) => {
  const dir = appDir(t, { '/a': HELLO, '/b/[id]': 'export const POST = () => new Response()' })
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(appRoutes, dir)
  await t.rejects(startWith(server, dir), { code: 'FAR_ERR_DUPLICATED_ROUTE', message: /is registered already\.[^]*GET \/a: a\/route\.ts[\s\S]*POST \/b\/:id: .*b\/\[id\]\/route\.ts/ })
})

t.test('a directory registered twice under different prefixes is fine', async (t) => {
  const dir = appDir(t, { '/a': HELLO })
  const server = Fastify()
  t.teardown(() => server.close())
  await server.register(appRoutes, dir)
  await server.register(appRoutes, { dir, prefix: '/again' })
  t.equal((await server.inject('/a')).body, 'hello')
  t.equal((await server.inject('/again/a')).body, 'hello')
})

t.test('wrong options are told precisely', async (t) => {
  const dir = appDir(t, { '/a': HELLO })
  const cases: Array<[unknown, RegExp]> = [
    [{ dir, trailingSlas: true }, /Unknown option `trailingSlas`\. Did you mean `trailingSlash`\?/],
    [{ dir, Prefix: '/x' }, /Unknown option `Prefix`\. Did you mean `prefix`\?/],
    [{ dir, loglevel: 'info' }, /Did you mean `logLevel`\?/],
    [{ dir, completelyOther: 1 }, /Unknown option `completelyOther`\. Known options: dir, compat/],
    [{ dir, unhandledMethod: 'next' }, /Unknown option `unhandledMethod`\. It is Express's\./],
    [{ dir, compat: 12 }, /`compat` must be 13, 14, 15 or 16, not 12/],
    [{ dir, compat: '16' }, /`compat` must be 13, 14, 15 or 16, not '16'/],
    [{ dir, trailingSlash: 'yes' }, /`trailingSlash` must be true, false or 'ignore', not 'yes'/],
    [{ dir, bodyLimit: 0 }, /`bodyLimit` must be a positive whole number of bytes, not 0/],
    [{ dir, bodyLimit: '1mb' }, /`bodyLimit` must be/],
    [{ dir, closeTimeout: -1 }, /`closeTimeout` must be a whole number of milliseconds, not -1/],
    [{ dir, closeTimeout: Infinity }, /`closeTimeout` must be/],
    [{ dir, prefix: 5 }, /`prefix` must be a path, not 5/],
    [{ dir, logLevel: 5 }, /`logLevel` must be a log level, not 5/],
    [{ dir: '' }, /`dir` must be a path or a file: URL, not ''/],
    [{ dir: 5 }, /`dir` must be/],
    [{ dir: null }, /`dir` must be/],
    [{ dir: new URL('https://example.com/app') }, /`dir` must be a path or a file: URL, not 'https:\/\/example\.com\/app'/],
    [{}, /The option `dir` is missing/],
    [undefined, /The option `dir` is missing/]
  ]
  for (const [options, message] of cases) {
    const server = Fastify()
    await t.rejects(startWith(server, options), { code: 'FAR_ERR_OPTION', message }, String(message))
    await server.close()
  }
})

t.test('a directory that does not exist is named', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  await t.rejects(startWith(server, './no/such/app'), { code: 'FAR_ERR_DIR_NOT_FOUND', message: new RegExp(path.resolve('no/such/app').replaceAll('\\', '\\\\')) })
})

t.test('a file in the place of a directory is told as one', async (t) => {
  const dir = appDir(t, { '/a': HELLO })
  for (const options of [path.join(dir, 'a/route.ts'), { dir, pagesDir: path.join(dir, 'a/route.ts') }]) {
    const server = Fastify()
    await t.rejects(startWith(server, options), { code: 'FAR_ERR_DIR_NOT_FOUND', message: /route\.ts is not a directory\./ })
    await server.close()
  }
})

t.test('a directory that is registered twice at one place is told so', async (t) => {
  const dir = appDir(t, { '/a': HELLO })
  const server = Fastify()
  t.teardown(() => server.close())
  server.register(appRoutes, dir)
  server.register(async (child) => { await child.register(appRoutes, { dir, prefix: '/' }) })
  await t.rejects(async () => { await server.ready() }, { code: 'FAR_ERR_DUPLICATED_ROUTE', message: `The app directory ${dir} is registered already.` })
})

t.test('what is odd is a process warning where the server has no logger', async (t) => {
  const dir = appDir(t, { '/a': 'export default () => new Response()' })
  const told = async (options: object): Promise<string[]> => {
    const messages: string[] = []
    const listener = ({ name, message }: Error): void => { if (name === 'AppRoutesWarning') messages.push(message) }
    process.on('warning', listener)
    const server = Fastify(options)
    await server.register(appRoutes, dir)
    await new Promise(setImmediate)
    process.off('warning', listener)
    await server.close()
    return messages
  }
  t.match(await told({}), [/a\/route\.ts has a default export/, /a\/route\.ts exports no handler/])
  t.match(await told({ logger: false }), [/default export/, /no handler/])
  t.same(await told({ logger: { level: 'silent' } }), [], 'a logger that the user has silenced')
  t.same(await told({ logger: { level: 'warn', stream: { write () {} } } }), [], 'a logger that tells it')
})

t.test('the plugin called as a middleware names the other entry', async (t) => {
  const plugin = appRoutes as unknown as (...args: unknown[]) => unknown
  const error = { code: 'FAR_ERR_WRONG_HOST', message: /import appRoutes from fastify-app-routes\/express/ }
  t.throws(() => plugin('./app'), error)
  t.throws(() => plugin({ method: 'GET' }, {}, () => {}), error)
})

t.test('a directory that fails to load registers nothing', async (t) => {
  const dir = appDir(t, { '/good': HELLO, '/bad': "throw new Error('no database')", '/worse': "export const dynamic = 'sometimes'\n" + HELLO })
  const server = Fastify()
  t.teardown(() => server.close())
  const seen: string[] = []
  server.addHook('onRoute', (route) => { seen.push(route.url) })
  await t.rejects(startWith(server, dir), { code: 'FAR_ERR_APP_DIRECTORY', message: /no database[\s\S]*sometimes/ })
  t.same(seen, [])
})

t.test('the routes are real ones: printRoutes, hasRoute, onRoute and routeOptions know them', async (t) => {
  const seen: Array<[string | string[], string, unknown]> = []
  const { server } = await serve(t, {
    '/': HELLO,
    '/blog/[slug]': "import { hostRequest } from 'fastify-app-routes'\nexport const GET = () => { const { request } = hostRequest(); return Response.json([request.routeOptions.config.appRoute, request.routeOptions.url, request.params]) }\nexport const PATCH = GET",
    '/docs/[[...path]]': HELLO
  }, { before: (server) => { server.addHook('onRoute', ({ method, url, config }) => { seen.push([method, url, config?.appRoute?.file]) }) } })
  t.match(server.printRoutes(), /blog\/\n?[\s\S]*:slug \(GET, PATCH, HEAD\)/)
  t.ok(server.hasRoute({ method: 'GET', url: '/blog/:slug' }))
  t.ok(server.hasRoute({ method: 'HEAD', url: '/blog/:slug' }))
  t.ok(server.hasRoute({ method: 'GET', url: '/docs' }))
  t.ok(server.hasRoute({ method: 'GET', url: '/docs/*' }))
  t.notOk(server.hasRoute({ method: 'POST', url: '/blog/:slug' }))
  t.notOk(server.hasRoute({ method: 'OPTIONS', url: '/blog/:slug' }))
  t.same((await server.inject('/blog/x')).json(), [{ file: 'blog/[slug]/route.ts', path: '/blog/[slug]' }, '/blog/:slug', { slug: 'x' }])
  t.same(seen.sort(), [
    ['GET', '/', 'route.ts'], ['HEAD', '/', 'route.ts'],
    ['GET', '/blog/:slug', 'blog/[slug]/route.ts'], ['HEAD', '/blog/:slug', 'blog/[slug]/route.ts'], ['PATCH', '/blog/:slug', 'blog/[slug]/route.ts'],
    ['GET', '/docs', 'docs/[[...path]]/route.ts'], ['HEAD', '/docs', 'docs/[[...path]]/route.ts'],
    ['GET', '/docs/*', 'docs/[[...path]]/route.ts'], ['HEAD', '/docs/*', 'docs/[[...path]]/route.ts']
  ].sort())
})

t.test('exposeHeadRoutes makes no difference to our automatic HEAD', async (t) => {
  for (const exposeHeadRoutes of [true, false]) {
    const server = Fastify({ exposeHeadRoutes })
    await server.register(appRoutes, appDir(t, { '/a': HELLO, '/own': HELLO + "export const HEAD = () => new Response(null, { headers: { 'x-own': 'yes' } })" }))
    const head = await server.inject({ method: 'HEAD', url: '/a' })
    t.equal(head.statusCode, 200, `exposeHeadRoutes: ${exposeHeadRoutes}`)
    t.equal(head.body, '')
    t.equal((await server.inject({ method: 'HEAD', url: '/own' })).headers['x-own'], 'yes')
    await server.close()
  }
})

t.test('the options of the server\'s router apply', async (t) => {
  const routes = { '/Hello/[name]': 'export const GET = (_: Request, { params }: any) => new Response(params.name)' }
  await t.test('caseSensitive', async (t) => {
    const { server } = await serve(t, routes, { server: { routerOptions: { caseSensitive: false } } })
    t.equal((await server.inject('/hELLO/Bob')).body, 'Bob')
    t.equal((await server.inject({ method: 'POST', url: '/hELLO/Bob' })).statusCode, 405)
  })
  await t.test('ignoreTrailingSlash', async (t) => {
    const { server } = await serve(t, routes, { server: { routerOptions: { ignoreTrailingSlash: true } } })
    t.equal((await server.inject('/Hello/Bob/')).body, 'Bob')
    t.equal((await server.inject({ method: 'POST', url: '/Hello/Bob/' })).statusCode, 405)
  })
  await t.test('ignoreDuplicateSlashes', async (t) => {
    const { server } = await serve(t, routes, { server: { routerOptions: { ignoreDuplicateSlashes: true } } })
    t.equal((await server.inject('//Hello///Bob')).body, 'Bob')
    t.equal((await server.inject({ method: 'POST', url: '//Hello///Bob' })).statusCode, 405)
  })
  await t.test('useSemicolonDelimiter', async (t) => {
    const { server } = await serve(t, routes, { server: { routerOptions: { useSemicolonDelimiter: true } } })
    t.equal((await server.inject('/Hello/Bob;a=1')).body, 'Bob')
    t.equal((await server.inject({ method: 'POST', url: '/Hello/Bob;a=1' })).statusCode, 405)
  })
  await t.test('maxParamLength', async (t) => {
    const long = 'x'.repeat(150)
    const { server } = await serve(t, routes, { server: { routerOptions: { maxParamLength: 200 } } })
    t.equal((await server.inject(`/Hello/${long}`)).body, long)
  })
})

t.test('rewriteUrl: the handler sees the path that was routed', async (t) => {
  const { send } = await serve(t, {
    '/new/[id]': 'export const GET = (request: Request, { params }: any) => Response.json([params.id, new URL(request.url).pathname])'
  }, { server: { rewriteUrl: (request: { url?: string }) => request.url!.replace(/^\/old\//, '/new/') } })
  t.same((await send('/old/3')).json(), ['3', '/new/3'])
  t.equal((await send({ method: 'PUT', path: '/old/3' })).status, 405)
})

t.test("loading files and registering their routes each have Fastify's pluginTimeout", async (t) => {
  const slowly = 'await new Promise((resolve) => setTimeout(resolve, 1800))\n'
  const dir = appDir(t, { '/hello': slowly + HELLO })
  writeFileSync(path.join(dir, 'hello', 'fastify.ts'), `export default async () => { ${slowly} }\n`)
  const server = Fastify({ pluginTimeout: 3000 })
  t.teardown(() => server.close())
  await server.register(appRoutes, dir)
  t.equal((await server.inject('/hello')).body, 'hello')
})

t.test('a file that never ends loading is told by the directory', async (t) => {
  const dir = appDir(t, { '/endless': 'await new Promise(() => {})\n' + HELLO })
  const server = Fastify({ pluginTimeout: 500 })
  t.teardown(() => server.close())
  let message = ''
  await Promise.resolve(server.register(appRoutes, dir)).then(null, (error: Error) => { ({ message } = error) })
  t.ok(message.includes(`did not start in time: 'load ${dir}'`), message)
})

/**
 * A proxy, or a rule, guards a part of the paths: no spelling of a path, and nothing else that a client may send, leads to a
 * handler that believes to be there without the guard having been asked.
 */
import fc from 'fast-check'
import net from 'node:net'
import { EventEmitter, once } from 'node:events'
import path from 'node:path'
import { WebSocketServer } from 'ws'
import http from 'node:http'
import t from 'tap'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { ask } from '../http/wire.ts'
import { HOSTS, onEveryHost, start, type RunningHost, type StartOptions } from '../hosts.ts'
import { anySpelling, probe, SPELLINGS } from '../spellings.ts'

interface Sighting { file: string, pathname: string, params: Record<string, string | string[]> }
const seen: Sighting[] = []
;(globalThis as any).proxyBypassSeen = seen
/** Paths that the proxy has looked at and let through. */
const passed: string[] = []
;(globalThis as any).proxyBypassPassed = passed

const file = (name: string) => ({
  'route.js': `
  const see = async (request, { params }) => {
    globalThis.proxyBypassSeen.push({ file: ${JSON.stringify(name)}, pathname: request.nextUrl.pathname, params: { ...await params } })
    return new Response('handled')
  }
  export { see as GET, see as POST, see as DELETE }`
})

const app = {
  'route.js': file('')['route.js'],
  admin: { ...file('admin'), users: { ...file('admin/users'), '[id]': file('admin/users/[id]') }, '[...rest]': file('admin/[...rest]') },
  public: { ...file('public'), '[name]': file('public/[name]'), files: { '[...path]': file('public/files/[...path]') } },
  '[[...any]]': {},
  '[lang]': { ...file('[lang]'), about: file('[lang]/about') }
}

const tokenProxy = (matcher: unknown, then = 'return') => `
import { NextResponse } from 'next/server'
export function proxy (request) {
  if (request.headers.get('x-token') !== 'yes') return new Response('closed', { status: 401 })
  ${then}
}
export const config = { matcher: ${JSON.stringify(matcher)} }`

function project (t: any, proxy: string | undefined, files: object = app): string {
  return path.join(t.testdir({ ...(proxy === undefined ? {} : { 'proxy.js': proxy }), app: files }), 'app')
}

const readings = (text: string): string[] => {
  try {
    return [text, decodeURI(text), decodeURIComponent(text)]
  } catch {
    return [text]
  }
}

const isAdmin = (path: string): boolean => path === '/admin' || path.startsWith('/admin/')

/** What went wrong with one target; '' where nothing did. */
async function breach (host: RunningHost, target: string, { prefix = '', isRule = false } = {}): Promise<string> {
  seen.length = 0
  const status = await probe(host, target)
  if (status >= 500) return `${target}: ${status}`
  const [sighting] = seen
  if (sighting === undefined) return ''
  if (sighting.file.startsWith('admin')) return `${target} got to ${sighting.file} on ${host.name}`
  const { pathname, params } = sighting
  if (!pathname.startsWith(prefix)) return `${target}: ${pathname} is not below ${prefix}`
  const inner = pathname.slice(prefix.length)
  // The handler that a rule has sent it to sees what was asked for.
  if (isRule && sighting.file === 'public') return ''
  // To rules an encoded slash parts nothing, as to routers.
  if (readings(inner).slice(0, isRule ? 2 : 3).some(isAdmin)) return `${target}: the handler believes to be at ${pathname}`
  if (params.lang === 'admin') return `${target}: the handler believes that its parameter is admin`
  return ''
}

const OVER_HTTP1 = HOSTS.filter((name) => name === 'fastify' || name === 'express 5' || name === 'node:http')
const MOUNTABLE = OVER_HTTP1.filter((name) => name !== 'node:http')

const GUARDS: Array<[name: string, options: (t: any) => StartOptions]> = [
  ['a matcher', (t) => ({ dir: project(t, tokenProxy('/admin/:path*')) })],
  ['a matcher by an expression', (t) => ({ dir: project(t, tokenProxy(['/(admin)/:path*', '/(admin)'])) })],
  ['a matcher of everything else', (t) => ({ dir: project(t, tokenProxy('/((?!public|opt|en).*)')) })],
  ['a matcher, paths that end with a slash', (t) => ({ dir: project(t, tokenProxy('/admin/:path*')), trailingSlash: true })],
  ['a matcher, slashes that are ignored', (t) => ({ dir: project(t, tokenProxy('/admin/:path*')), trailingSlash: 'ignore' })],
  ['a matcher, slashes that are not redirected', (t) => ({ dir: project(t, tokenProxy('/admin/:path*')), skipTrailingSlashRedirect: true })],
  ['a matcher, the scope of the host', (t) => ({ dir: project(t, tokenProxy('/admin/:path*')), proxyScope: 'host' })],
  ['a matcher behind a base path', (t) => ({ dir: project(t, tokenProxy('/admin/:path*')), basePath: '/base' })],
  ['a redirect', (t) => ({ dir: project(t, undefined), redirects: [{ source: '/admin/:path*', missing: [{ type: 'header', key: 'x-token' }], destination: '/login', permanent: false }] })],
  ['a rewrite before files', (t) => ({ dir: project(t, undefined), rewrites: { beforeFiles: [{ source: '/admin/:path*', missing: [{ type: 'header', key: 'x-token' }], destination: '/public' }] } })]
]

for (const [name, optionsOf] of GUARDS) {
  t.test(`${name} is not walked round`, async (t) => {
    const options = optionsOf(t)
    onEveryHost(t, options, async (t, host) => {
      const base = options.basePath ?? ''
      const end = options.trailingSlash === true ? '/' : ''
      seen.length = 0
      await probe(host, `${base}/admin/users${end}`, 'x-token: yes\r\n')
      t.strictSame(seen.map((sighting) => sighting.file), ['admin/users'], 'the token opens it')
      await probe(host, `${base}/public/files/x${end}`)
      t.equal(seen.at(-1)?.file, 'public/files/[...path]', 'what is not guarded answers')
      const targets = base === '' ? SPELLINGS : SPELLINGS.map((target) => target.replace(/^(https?:\/\/[^/?#]+)?\/(?!\/)/i, `$1${base}/`))
      const isRule = options.redirects !== undefined || options.rewrites !== undefined
      for (const target of targets) t.equal(await breach(host, target, { isRule }), '', target)
    }, OVER_HTTP1)
  })
}

t.test('a matcher sees the mount prefix, in whatever case a host takes it', async (t) => {
  const dir = project(t, tokenProxy('/api/admin/:path*'))
  onEveryHost(t, { dir, prefix: '/api' }, async (t, host) => {
    for (const target of SPELLINGS) {
      const below = target.replace(/^(https?:\/\/[^/?#]+)?\/(?!\/)/i, '$1/api/')
      t.equal(await breach(host, below, { prefix: '/api' }), '', below)
    }
    for (const target of ['/API/admin', '/Api/admin/users', '/api/ADMIN/users']) {
      seen.length = 0
      await probe(host, target)
      t.notOk(seen.some((sighting) => sighting.file.startsWith('admin')), target)
    }
  }, MOUNTABLE)
})

t.test('routers that are told to be lenient', async (t) => {
  const dir = project(t, tokenProxy(['/admin', '/admin/:path*']))
  const lenient = [{ caseSensitive: false }, { ignoreDuplicateSlashes: true }, { ignoreTrailingSlash: true }, { useSemicolonDelimiter: true }]
  for (const routerOptions of [...lenient, Object.assign({}, ...lenient) as object]) {
    const host = await start('fastify', { dir, fastifyOptions: { routerOptions } })
    for (const target of SPELLINGS) {
      const wrong = await breach(host, target)
      // A handler that sees a path in other letters may still be at what the guard is for.
      t.equal(wrong, '', `${JSON.stringify(routerOptions)} ${target}`)
    }
    for (const target of ['/ADMIN', '/Admin/users', '/aDmin/users/1', '/%41dmin/users']) {
      seen.length = 0
      await probe(host, target)
      t.notOk(seen.some((sighting) => sighting.file.startsWith('admin')), `${JSON.stringify(routerOptions)} ${target}`)
    }
    await host.close()
  }
})

t.test('generated spellings', async (t) => {
  const dir = project(t, tokenProxy('/admin/:path*'))
  onEveryHost(t, { dir }, async (t, host) => {
    await fc.assert(fc.asyncProperty(anySpelling, async (target) => {
      const wrong = await breach(host, target)
      if (wrong !== '') throw new Error(wrong)
    }), { numRuns: 300 })
    t.pass()
  }, ['fastify', 'express 5'])
})

t.test('nothing that a client sends makes the proxy be passed over', async (t) => {
  const dir = project(t, tokenProxy('/admin/:path*'))
  const headers: Array<Record<string, string>> = [
    { 'x-middleware-subrequest': 'proxy' },
    { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
    { 'x-middleware-subrequest': 'src/middleware:src/middleware:src/middleware:src/middleware:src/middleware' },
    { 'x-middleware-next': '1' }, { 'x-middleware-rewrite': '/public' }, { 'x-middleware-invoke': '1' }, { 'x-middleware-skip': '1' }, { 'x-middleware-prefetch': '1' },
    { 'x-middleware-override-headers': 'x-token', 'x-middleware-request-x-token': 'yes' },
    { 'x-invoke-path': '/public' }, { 'x-matched-path': '/public' }, { 'x-nextjs-data': '1' }, { rsc: '1', 'next-router-prefetch': '1' },
    { 'x-original-url': '/public' }, { 'x-rewrite-url': '/public' }, { 'x-forwarded-path': '/public' }, { 'x-http-method-override': 'GET' }
  ]
  onEveryHost(t, { dir }, async (t, host) => {
    seen.length = 0
    for (const sent of headers) t.equal((await host.send({ path: '/admin/users', headers: sent })).status, 401, JSON.stringify(sent))
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'PROPFIND']) {
      const { status } = await host.send({ method, path: '/admin/users' })
      t.ok(status === 401 || (status >= 400 && status < 500 && method === 'PROPFIND'), `${method} ${status}`)
    }
    t.equal((await host.send('/admin/users.json')).status, 401, 'what Next.js takes for the data of a page')
    t.strictSame(seen, [])
  })
})

t.test('a rewrite does not lead past the proxy a second time, nor past guards of what it leads to', async (t) => {
  const proxy = `
  import { NextResponse } from 'next/server'
  export function proxy (request) {
    globalThis.proxyBypassPassed.push(request.nextUrl.pathname)
    return NextResponse.rewrite(new URL(request.nextUrl.searchParams.get('to'), request.url))
  }
  export const config = { matcher: '/go' }`
  const hooked = {
    go: file('go'),
    open: file('open'),
    closed: { ...file('closed'), 'fastify.js': 'export default async (fastify) => { fastify.addHook("onRequest", async (request, reply) => reply.code(403).send("hook")) }' },
    own: { 'route.js': file('own')['route.js'] + '\nexport const config = { onRequest: (request, reply, done) => { reply.code(403).send("hook") } }' }
  }
  for (const name of ['fastify', 'fastify inject', 'fastify http2'] as const) {
    const host = await start(name, { dir: project(t, proxy, hooked) })
    for (const to of ['/closed', '/own']) {
      seen.length = 0
      t.match(await host.send(`/go?to=${to}`), { status: 403, text: 'hook' }, `${name}: hooks around ${to} run`)
      t.strictSame(seen, [])
    }
    passed.length = 0
    t.equal((await host.send('/go?to=/open')).text, 'handled')
    t.equal((await host.send('/go?to=/go')).text, 'handled', 'to itself is no loop')
    t.strictSame(passed, ['/go', '/go'])
    await host.close()
  }
})

t.test('no client says to which server a rewrite or a redirect leads', async (t) => {
  const ran: string[] = []
  const internal = http.createServer((req, res) => {
    ran.push(req.url!)
    res.end('internal')
  }).listen(0, '127.0.0.1')
  await once(internal, 'listening')
  t.teardown(() => { internal.close(); internal.closeAllConnections() })
  const { port } = internal.address() as net.AddressInfo
  const proxy = `
  import { NextRequest, NextResponse } from 'next/server'
  export function proxy (request) {
    const { pathname } = request.nextUrl
    if (pathname.startsWith('/en/')) return NextResponse.rewrite(new URL(pathname.slice(3), request.url))
    if (pathname.startsWith('/clone') || pathname.startsWith('/copy')) {
      const url = (pathname.startsWith('/copy') ? new NextRequest(request) : request).nextUrl.clone()
      url.pathname = '/public'
      return NextResponse.rewrite(url)
    }
    if (pathname === '/old') return NextResponse.redirect(new URL('/public', request.url))
    if (pathname === '/old-copy') return NextResponse.redirect(new URL('/public', new NextRequest(request).nextUrl))
  }
  export const config = { matcher: ['/en/:path*', '/clone', '/copy', '/old', '/old-copy'] }`
  onEveryHost(t, { dir: project(t, proxy), proxyScope: 'host' }, async (t, host) => {
    const requests = [[`http://127.0.0.1:${port}`, 'shop.example'], [`https://localhost:${port}`, 'shop.example'], ['', `127.0.0.1:${port}`], ['', `localhost:${port}`], ['', `127.1.2.3:${port}`]] as const
    for (const [authority, name] of requests) {
      const get = (target: string) => ask(host.url, `GET ${authority}${target} HTTP/1.1`, [`host: ${name}`])
      for (const target of ['/en/public', '/clone', '/copy']) t.equal((await get(target)).body, 'handled', `${authority} ${target} with Host: ${name}`)
      for (const target of ['/old', '/old-copy']) t.equal((await get(target)).get('location'), '/public', `${authority} ${target} with Host: ${name}`)
    }
    t.strictSame(ran, [])
  }, HOSTS.filter((name) => name !== 'fastify inject' && name !== 'fastify http2'))
})

t.test('conditions, upstreams and handlers see one host, whatever a target in absolute form names', async (t) => {
  const upstream = http.createServer((req, res) => { res.end(String(req.headers['x-forwarded-host'])) }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => { upstream.close(); upstream.closeAllConnections() })
  const proxy = `
  export const proxy = (request) => new Response('closed to ' + request.nextUrl.hostname)
  export const config = { matcher: [{ source: '/shown', has: [{ type: 'host', value: 'closed.example' }] }] }`
  const dir = project(t, proxy, { shown: { 'route.js': 'export const GET = (request) => new Response(request.nextUrl.hostname)' } })
  onEveryHost(t, { dir, fallback: { upstream: `http://127.0.0.1:${(upstream.address() as net.AddressInfo).port}` } }, async (t, host) => {
    const get = async (target: string, name: string): Promise<string> => (await ask(host.url, `GET ${target} HTTP/1.1`, [`host: ${name}`])).body
    t.equal(await get('http://open.example/shown', 'closed.example'), 'closed to closed.example')
    t.equal(await get('http://closed.example/shown', 'open.example'), 'open.example')
    t.equal(await get('http://open.example/old', 'closed.example'), 'closed.example')
  }, HOSTS.filter((name) => name !== 'fastify inject' && name !== 'fastify http2'))
})

t.test('routes that a folder plugin adds are guarded like those of files', async (t) => {
  const files = {
    admin: { 'fastify.js': 'export default async (fastify) => { fastify.get("/admin/*", (request) => "reached " + request.params["*"]) }', 'route.js': file('admin')['route.js'] }
  }
  const host = await start('fastify', { dir: project(t, tokenProxy('/admin/:path*'), files) })
  const read = async (target: string): Promise<string> => {
    const { port } = host.fastify!.server.address() as net.AddressInfo
    const socket = net.connect(port, 'localhost')
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    let text = ''
    socket.on('data', (chunk) => { text += String(chunk) })
    await once(socket, 'close')
    return text
  }
  t.match(await read('/admin/x'), /^HTTP\/1.1 401/)
  for (const target of ['/admin/./x', '/admin//x', '/admin/../admin/x', '/admin/%2e/x', '/admin/x/', '/admin/\\x', 'http://localhost/admin/x', 'http://localhost/admin/./x']) {
    t.notMatch(await read(target), /reached/, target)
  }
  await host.close()
})

t.test('middleware and rewriteUrl in front decide the path that the proxy sees', async (t) => {
  const dir = project(t, tokenProxy('/admin/:path*'))
  onEveryHost(t, {
    dir,
    fastifyOptions: { rewriteUrl: (request) => request.url!.replace('/alias', '/admin') },
    express (app) {
      app.use((req, _res, next) => {
        req.url = req.url.replace('/alias', '/admin')
        next()
      })
    }
  }, async (t, host) => {
    seen.length = 0
    t.equal((await host.send('/alias/users')).status, 401)
    t.strictSame(seen, [])
    t.equal((await host.send({ path: '/alias/users', headers: { 'x-token': 'yes' } })).text, 'handled')
  }, ['fastify', 'fastify inject', 'express 4', 'express 5'])
})

t.test('old code behind the directory is behind the proxy, WebSockets too', async (t) => {
  const upstream = http.createServer((_req, res) => { res.end('old') }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const sockets = new WebSocketServer({ server: upstream })
  sockets.on('connection', (socket) => { socket.close() })
  t.teardown(() => { sockets.close(); upstream.close(); upstream.closeAllConnections() })
  const url = `http://127.0.0.1:${(upstream.address() as net.AddressInfo).port}`
  const dir = project(t, tokenProxy('/old/:path*'), { x: file('x') })
  for (const name of ['fastify', 'express 4', 'express 5', 'node:http'] as const) {
    const host = await start(name, { dir, fallback: { upstream: url } })
    t.equal((await host.send('/old/a')).status, 401, name)
    t.equal((await host.send('/old//a')).status, 308, `${name}: redirected first`)
    t.equal((await host.send({ path: '/old/a', headers: { 'x-token': 'yes' } })).text, 'old')
    t.equal((await host.send('/other')).text, 'old', 'what the matcher leaves out')
    if (name === 'fastify') {
      for (const [target, expected] of [['/old/ws', 401], ['/other/ws', 101]] as const) {
        const upgrade = http.get(`${host.url}${target}`, { agent: false, headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' } })
        const status = await Promise.race([once(upgrade, 'upgrade').then(([response, socket]) => { socket.destroy(); return response.statusCode as number }), once(upgrade, 'response').then(([response]) => { response.resume(); return response.statusCode as number })])
        t.equal(status, expected, `an upgrade of ${target}`)
      }
    }
    await host.close()
  }
})

t.test('no client takes away what the proxy has set, by naming it in Connection', async (t) => {
  const say = (req: http.IncomingMessage): string => ['x-user', 'x-told', 'x-hop'].map((name) => req.headers[name] ?? 'none').join()
  const upstream = http.createServer((req, res) => { res.end(say(req)) }).listen(0, '127.0.0.1')
  const other = http.createServer().listen(0, '127.0.0.1')
  await Promise.all([once(upstream, 'listening'), once(other, 'listening')])
  for (const [server, name] of [[upstream, 'upstream'], [other, 'other']] as const) {
    server.on('upgrade', (req, socket) => { socket.end(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${name}:${say(req)}`) })
    t.teardown(() => { server.close(); server.closeAllConnections() })
  }
  const urlOf = (server: http.Server): string => `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const proxy = `
  import { NextResponse } from 'next/server'
  export function proxy (request) {
    const { pathname } = request.nextUrl
    if (pathname === '/none') return
    const headers = new Headers(request.headers)
    headers.set('x-user', 'ann')
    headers.delete('x-hop')
    const init = { request: { headers }, headers: { 'x-told': 'proxy' } }
    return pathname === '/other' ? NextResponse.rewrite('${urlOf(other)}/ws', init) : NextResponse.next(init)
  }`
  const handler = `
  import { NextResponse } from 'next/server'
  export function GET (request) {
    const headers = new Headers(request.headers)
    headers.set('x-user', 'bob')
    return NextResponse.next({ request: { headers } })
  }`
  const dir = project(t, proxy, { on: { 'route.js': handler } })
  for (const name of ['fastify', 'express 4', 'express 5', 'node:http'] as const) {
    const host = await start(name, { dir, fallback: { upstream: urlOf(upstream) } })
    const named = 'connection: close, X-User ,x-told,x-hop'
    t.equal((await ask(host.url, 'GET /old HTTP/1.1', [named, 'x-hop: 1'])).body, 'ann,proxy,none', name)
    t.equal((await ask(host.url, 'GET /old HTTP/1.1', [named, 'x-user: ann', 'x-told: proxy'])).body, 'ann,proxy,none', `${name}: what it has sent itself makes no difference`)
    t.equal((await ask(host.url, 'GET /none HTTP/1.1', [named, 'x-user: eve', 'x-hop: 1'])).body, 'none,none,none', `${name}: its own ones end here`)
    t.equal((await ask(host.url, 'GET /on HTTP/1.1', [named, 'x-user: bob'])).body, 'bob,proxy,none', `${name}: set by a handler`)
    await host.close()
  }
  const middleware = expressRoutes({ dir, fallback: { upstream: urlOf(upstream) } })
  const server = http.createServer(middleware)
  server.on('upgrade', middleware.upgrade)
  await once(server.listen(0, 'localhost'), 'listening')
  const fastify = await start('fastify', { dir, fallback: { upstream: urlOf(upstream) } })
  const open = async (port: number, target: string): Promise<string> => {
    const socket = net.connect(port, 'localhost')
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, x-user, x-told\r\nUpgrade: websocket\r\n\r\n`)
    let text = ''
    while (!text.includes(':ann') && !text.includes(':none')) text += String((await once(socket, 'data'))[0])
    socket.destroy()
    return text.split('\r\n\r\n')[1]!
  }
  for (const port of [Number(new URL(fastify.url).port), (server.address() as net.AddressInfo).port]) {
    t.equal(await open(port, '/ws'), 'upstream:ann,proxy,none', 'a WebSocket')
    t.equal(await open(port, '/other'), 'other:ann,none,none', 'a WebSocket that is rewritten to another origin')
  }
  server.close()
  await middleware.close()
  await fastify.close()
})

t.test('no other server says by its answer that a request goes on, or where to', async (t) => {
  const evil = http.createServer((req, res) => {
    const word = req.url === '/rewrite' ? { 'x-middleware-rewrite': 'http://127.0.0.1:1/' } : { 'x-middleware-next': '1' }
    res.writeHead(200, { ...word, 'x-middleware-override-headers': 'x-user', 'x-middleware-request-x-user': 'root' })
    res.end('evil')
  }).listen(0, '127.0.0.1')
  await once(evil, 'listening')
  t.teardown(() => { evil.close(); evil.closeAllConnections() })
  const take = `
  import { NextResponse } from 'next/server'
  async function take (request) {
    const { pathname, searchParams } = new URL(request.url)
    const fetched = await fetch('http://127.0.0.1:${(evil.address() as net.AddressInfo).port}/' + (searchParams.get('what') ?? 'next'))
    switch (searchParams.get('how')) {
      case 'init': return new Response(fetched.body, fetched)
      case 'headers': return new NextResponse(await fetched.text(), { headers: fetched.headers })
      case 'next': return NextResponse.next({ headers: fetched.headers })
      default: return fetched
    }
  }`
  const dir = project(t, `${take}\nexport { take as proxy }\nexport const config = { matcher: '/proxied' }`, { handled: { 'route.js': `${take}\nexport { take as GET }\nexport const dynamic = 'force-dynamic'` }, proxied: file('proxied') })
  const upstream = http.createServer((req, res) => { res.end(`old ${req.headers['x-user'] ?? 'nobody'}`) }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => { upstream.close(); upstream.closeAllConnections() })
  onEveryHost(t, { dir, fallback: { upstream: `http://127.0.0.1:${(upstream.address() as net.AddressInfo).port}` } }, async (t, host) => {
    for (const what of ['next', 'rewrite']) {
      for (const how of ['', 'init', 'headers']) {
        t.equal((await host.send(`/proxied?how=${how}&what=${what}`)).text, 'evil', `a proxy: ${what} ${how}`)
        t.equal((await host.send(`/handled?how=${how}&what=${what}`)).status, 500, `a handler, as in Next.js: ${what} ${how}`)
      }
    }
    t.equal((await host.send('/handled?how=next')).text, 'old nobody', 'what our own next() has taken over says nothing')
  })
})

t.test('a proxy that cannot be loaded lets nothing through', async (t) => {
  const broken: Record<string, RegExp> = {
    'throw new Error("no database")': /no database/,
    'export const proxy = 1': /missing expected function export/,
    'export function other () {}': /missing expected function export/,
    'export default (req, res, next) => {}': /parameters, as middleware of Express has/,
    'export default () => {}\nexport const config = { matcher: "admin" }': /source must start with \/ at "matcher"/,
    'export default () => {}\nexport const config = { matcher: ["/a", 1] }': /matcher\[1\]/,
    'export default () => {}\nexport const config = { matcher: "/a/(" }': /Invalid source/,
    'export default () => {}\nexport const config = { matcher: [{ source: "/a", hass: [] }] }': /Unrecognized key/,
    'export default () => {}\nexport const config = { matcher: [{ source: "/a", has: [{ type: "header" }] }] }': /invalid key/,
    [`export default () => {}\nexport const config = { matcher: "/${'a'.repeat(5000)}" }`]: /exceeds max built length/,
    'export default () => {': /Unexpected|Expected/
  }
  for (const [index, [proxy, message]] of Object.entries(broken).entries()) {
    await t.test(`${index}: ${proxy.slice(0, 80)}`, async (t) => {
      const dir = project(t, proxy, { x: file('x') })
      for (const name of ['fastify inject', 'express 5'] as const) {
        const error = await start(name, { dir }).then(() => undefined, (error: unknown) => error)
        t.match(error, { code: 'FAR_ERR_APP_DIRECTORY', message, problems: [{ files: ['../proxy.js'], mend: /\w/ }] }, name)
      }
    })
  }
})

t.test('a proxy that never answers does not let the request pass, and its client may leave', async (t) => {
  const bus = new EventEmitter()
  ;(globalThis as any).proxyBypassBus = bus
  const dir = project(t, 'export default (request) => { globalThis.proxyBypassBus.emit("asked"); return new Promise((resolve) => request.signal.addEventListener("abort", resolve)) }', { x: file('x') })
  onEveryHost(t, { dir, closeTimeout: 100 }, async (t, host) => {
    seen.length = 0
    const request = http.get(`${host.url}/x`, { agent: false })
    const failed = once(request, 'error')
    await once(bus, 'asked')
    request.destroy(new Error('left'))
    await failed
    t.strictSame(seen, [])
  }, ['fastify', 'express 5', 'node:http'])
})

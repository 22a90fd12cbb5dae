/**
 * What stands behind a directory may decode a path and resolve it then, as file servers and other servers do: no spelling leads
 * it to what a matcher guards, or out of the prefix.
 */
import express from 'express'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import t from 'tap'
import { HOSTS, onEveryHost, type HostName, type StartOptions } from '../hosts.ts'

const OVER_SOCKETS = HOSTS.filter((name) => name !== 'fastify inject' && name !== 'fastify http2')

const PROXY = `
export const proxy = (request) => request.headers.get('x-token') === 'yes' ? undefined : new Response('closed', { status: 401 })
export const config = { matcher: ['/admin/:path*', '/deep/secret'] }`

function project (t: any): { dir: string, files: string } {
  const root = t.testdir({
    'proxy.js': PROXY,
    app: { own: { 'route.js': "export const GET = () => new Response('own')" } },
    public: { admin: { 'secret.html': 'SECRET' }, x: { 'a.txt': 'open' } }
  })
  return { dir: path.join(root, 'app'), files: path.join(root, 'public') }
}

/** Decodes and normalises, as reverse proxies may; a malformed escape stays. */
async function decodingServer (t: any, decode: (text: string) => string): Promise<string> {
  const server = http.createServer((req, res) => { res.end(`upstream ${path.posix.normalize(decode(req.url!))}`) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

const byEscape = (text: string): string => text.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent)

/** The body of the answer, with the status in front. */
async function ask (url: string, target: string, method = 'GET'): Promise<string> {
  const socket = net.connect(Number(new URL(url).port), 'localhost')
  socket.write(Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, 'latin1'))
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  const [head, ...rest] = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n')
  return `${head!.split(' ', 2)[1]} ${rest.join('')}`
}

const GUARDED = [
  '/admin/secret.html', '/%61dmin/secret.html', '/admin%2fsecret.html', '/x/..%2fadmin/secret.html', '/x%2f..%2fadmin%2fsecret.html', '/x%2f%2e%2e%2fadmin/secret.html',
  '/%2fadmin/secret.html', '/.%2fadmin/secret.html', '/%2f%2fadmin%2fsecret.html', '/x%2f%2f..%2fadmin/secret.html', '/a%5cb%2f..%2fadmin/secret.html',
  '/..%2fadmin/secret.html', '/x%3f%2f..%2f..%2fadmin/secret.html', '/admin%2f.%2fsecret.html', '/x/..%252fadmin/secret.html'
]

const BEHIND: Array<[name: string, hosts: HostName[], options: (t: any, files: string) => Promise<Partial<StartOptions>>]> = [
  ['files behind the directory', ['express 4', 'express 5'], (_t, files) => Promise.resolve({ proxyScope: 'host', expressAfter: (app) => { app.use(express.static(files)) } })],
  ['files of the fallback', OVER_SOCKETS, (_t, files) => Promise.resolve({ fallback: express().use(express.static(files)) })],
  ['an upstream', OVER_SOCKETS, async (t) => ({ fallback: { upstream: await decodingServer(t, decodeURIComponent) } })],
  ['an upstream that decodes twice', OVER_SOCKETS, async (t) => ({ fallback: { upstream: await decodingServer(t, (text) => decodeURIComponent(decodeURIComponent(text))) } })]
]

for (const [name, hosts, optionsOf] of BEHIND) {
  t.test(`${name}: encoded slashes lead to nothing that is guarded`, async (t) => {
    const { dir, files } = project(t)
    onEveryHost(t, { dir, ...await optionsOf(t, files) }, async (t, { url }) => {
      for (const target of GUARDED) {
        const answer = await ask(url, target)
        t.notMatch(answer, /SECRET|upstream \/admin/, target)
      }
      t.equal(await ask(url, '/admin/secret.html'), '401 closed')
      t.match(await ask(url, '/x/a.txt'), /^200 (open|upstream)/, 'what is not guarded answers')
      t.match(await ask(url, '/x%2fa.txt'), /^200 (open|upstream)/)
      t.equal(await ask(url, '/own'), '200 own')
    }, hosts)
  })
}

t.test('a malformed escape does not hide the others from a matcher', async (t) => {
  const { dir } = project(t)
  const upstream = await decodingServer(t, byEscape)
  onEveryHost(t, { dir, fallback: { upstream } }, async (t, { url }) => {
    for (const target of ['/%61dmin/x%ff', '/%61dmin/%', '/%61dmin/%zz', '/%61dmin/%c3%c3%bc', '/%ff%2f..%2fadmin/x', '/x/..%2fadmin/%ff']) {
      t.notMatch(await ask(url, target), /upstream \/admin/, target)
    }
  }, OVER_SOCKETS)
})

t.test('nor does it hide them from a rule', async (t) => {
  const { dir } = project(t)
  const upstream = await decodingServer(t, byEscape)
  onEveryHost(t, { dir, proxy: false, redirects: [{ source: '/closed/:path*', destination: '/', permanent: false }], fallback: { upstream } }, async (t, { url }) => {
    for (const target of ['/closed/x', '/%63losed/x%ff', '/%63losed/%']) t.notMatch(await ask(url, target), /upstream/, target)
  }, ['express 4', 'express 5', 'node:http'])
})

t.test('letter case leads past a matcher to nothing that old code serves', async (t) => {
  const { dir } = project(t)
  const legacy = express().get('/admin/users', (_req, res) => { res.send('SECRET') }).get('/open', (_req, res) => { res.send('open') })
  const test = (options: Partial<StartOptions>, hosts: HostName[]): void => {
    onEveryHost(t, { dir, ...options }, async (t, { send }) => {
      for (const target of ['/admin/users', '/ADMIN/users', '/Admin/Users', '/%41DMIN/users', '/x%2f..%2fADMIN/users']) t.match(await send(target), { status: 401, text: 'closed' }, target)
      t.match(await send({ path: '/ADMIN/users', headers: { 'x-token': 'yes' } }), { status: 200, text: 'SECRET' })
      t.match(await send('/OPEN'), { status: 200, text: 'open' })
    }, hosts)
  }
  test({ fallback: legacy }, HOSTS)
  test({ proxyScope: 'host', expressAfter: (app) => { app.use(legacy) } }, ['express 4', 'express 5'])
})

t.test('nor does a handler that passes a request on', async (t) => {
  const dir = path.join(t.testdir({ 'proxy.js': PROXY, app: { '[[...any]]': { 'route.js': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.next()" } } }), 'app')
  const legacy = express().use('/admin', (_req, res) => { res.send('SECRET') }).use((_req, res) => { res.send('open') })
  onEveryHost(t, { dir, fallback: legacy }, async (t, { send }) => {
    t.equal((await send('/ADMIN/users')).status, 401)
    t.equal((await send('/other')).text, 'open')
  })
})

t.test('what only route files serve is guarded by case, as in Next.js', async (t) => {
  const dir = path.join(t.testdir({ 'proxy.js': PROXY, app: { '[...any]': { 'route.js': "export const GET = () => new Response('own')" } } }), 'app')
  onEveryHost(t, { dir }, async (t, { send }) => {
    t.equal((await send('/admin/users')).status, 401)
    t.equal((await send('/ADMIN/users')).text, 'own')
  })
})

function onOddTargets (t: any, options: StartOptions, hosts: HostName[], prefix = ''): void {
  onEveryHost(t, options, async (t, { url }) => {
    const path = `${prefix}/admin/users`
    for (const target of [`ftp://x${path}`, `ws://x${path}`, `http://${path}`, `http:${path}`, `http://x\\${path.slice(1)}`, 'http://x%2f..%2fadmin/users']) {
      t.match(await ask(url, target), /^40[04] /, target)
    }
    for (const target of [path, `http://x${path}`, `https://user@x:80${path}`, `http://[::1]${path}`, `//x${path}`]) t.notMatch(await ask(url, target), /SECRET/, target)
    t.match(await ask(url, `http://x${prefix}/own`), /^200 own/)
    t.match(await ask(url, '*', 'OPTIONS'), /^(200|204|404) /)
  }, hosts)
}

t.test('a target out of which others may read another path is refused in front of old code', async (t) => {
  const { dir } = project(t)
  const legacy = express().get('/admin/users', (_req, res) => { res.send('SECRET') })
  for (const unhandledMethod of ['answer', 'next'] as const) {
    onOddTargets(t, { dir, unhandledMethod, fallback: legacy }, OVER_SOCKETS)
    onOddTargets(t, { dir, unhandledMethod, proxyScope: 'host', expressAfter: (app) => { app.use(legacy) } }, ['express 4', 'express 5'])
  }
})

t.test('below a mount path, too', async (t) => {
  const dir = path.join(t.testdir({ 'proxy.js': PROXY.replace('/admin', '/api/admin'), app: { own: { 'route.js': "export const GET = () => new Response('own')" } } }), 'app')
  const fallback = express().use((req, res) => { res.send(/admin/.test(req.url) ? 'SECRET' : 'open') })
  onOddTargets(t, { dir, prefix: '/api', fallback }, ['fastify', 'express 4', 'express 5'], '/api')
})

t.test("with unhandledMethod: 'next' no slash leads past a matcher", async (t) => {
  const { dir, files } = project(t)
  const legacy = express().get('/deep/secret', (_req, res) => { res.send('SECRET') }).get('/open', (_req, res) => { res.send('open') }).use(express.static(files))
  const test = (options: Partial<StartOptions>, hosts: HostName[]): void => {
    onEveryHost(t, { dir, unhandledMethod: 'next', ...options }, async (t, { url }) => {
      for (const target of ['/deep/secret', '/deep/secret/', '/DEEP/secret/', '//deep/secret', '//admin/secret.html', '/x/../admin/secret.html', '/admin//secret.html']) t.match(await ask(url, target), /^(401|308) /, target)
      t.match(await ask(url, '/open/'), /^200 open/, 'what is not guarded goes on as it is')
      t.match(await ask(url, '/own'), /^200 own/)
    }, hosts)
  }
  test({ fallback: legacy }, ['express 4', 'express 5', 'node:http'])
  test({ proxyScope: 'host', expressAfter: (app) => { app.use(legacy) } }, ['express 4', 'express 5'])
})

t.test('a blank at the end of a target, which HTTP/2 lets through and Express cuts off', async (t) => {
  const { dir } = project(t)
  const legacy = express().get('/deep/secret', (_req, res) => { res.send('SECRET') })
  onEveryHost(t, { dir, fallback: legacy }, async (t, { send }) => {
    t.equal((await send('/deep/secret\xa0')).status, 400)
    t.equal((await send('/deep/secret')).status, 401)
  }, ['fastify http2'])
})

t.test('an upstream is not led out of the prefix', async (t) => {
  const { dir } = project(t)
  const upstream = await decodingServer(t, decodeURIComponent)
  const climbing = ['/api/..%2fadmin/1', '/api/x%2f..%2f..%2fadmin/1', '/api/%2e%2e%2fadmin/1', '/api/..%5cadmin/1', '/api/x/..%2f..%2fapi/1', '/api/..%252fadmin/1']
  const test = (options: Partial<StartOptions>, hosts: HostName[]): void => {
    onEveryHost(t, { dir, proxy: false, fallback: { upstream }, ...options }, async (t, { url }) => {
      for (const target of climbing) t.match(await ask(url, target), /^404 /, target)
      t.equal(await ask(url, '/api/x%2fy'), '200 upstream /api/x/y')
      t.equal(await ask(url, '/api/x%2f..%2fy'), '200 upstream /api/y', 'below the prefix it may resolve what it likes')
      t.equal(await ask(url, '/api/own'), '200 own')
    }, hosts)
  }
  test({ prefix: '/api' }, ['fastify', 'express 4', 'express 5'])
  test({ basePath: '/api' }, OVER_SOCKETS)
})

t.test('a handler that passes a request on does not lead out of the prefix, either', async (t) => {
  const dir = path.join(t.testdir({ app: { '[[...any]]': { 'route.js': "import { NextResponse } from 'next/server'\nexport const GET = () => NextResponse.next()" } } }), 'app')
  const upstream = await decodingServer(t, decodeURIComponent)
  onEveryHost(t, { dir, prefix: '/api', fallback: { upstream } }, async (t, { url }) => {
    t.match(await ask(url, '/api/..%2fadmin/1'), /^404 /)
    t.match(await ask(url, '/api/x%2fy'), /^200 upstream/)
  }, ['fastify', 'express 4', 'express 5'])
})

/**
 * A server guards a part of its paths with a hook of its own: no spelling of a path may get to a handler there without
 * the hook having seen that path.
 */
import fc from 'fast-check'
import net from 'node:net'
import http2 from 'node:http2'
import t from 'tap'
import { HOSTS, onEveryHost, type RunningHost, type StartOptions } from '../hosts.ts'

/** What handlers saw since the last look. */
interface Sighting { file: string, pathname: string, params: Record<string, string | string[]> }
const seen: Sighting[] = []
;(globalThis as any).pathBypassSeen = seen

const route = (file: string): string => `
const see = async (request, { params }) => {
  globalThis.pathBypassSeen.push({ file: ${JSON.stringify(file)}, pathname: new URL(request.url).pathname, nextPathname: request.nextUrl.pathname, params: { ...await params } })
  return new Response('ok')
}
export { see as GET, see as POST }
`
const file = (name: string) => ({ 'route.js': route(name) })

const app = {
  'route.js': route(''),
  admin: { ...file('admin'), users: { ...file('admin/users'), '[id]': file('admin/users/[id]') }, '[...rest]': file('admin/[...rest]') },
  public: { ...file('public'), '[name]': file('public/[name]'), files: { '[...path]': file('public/files/[...path]') } },
  opt: { '[[...o]]': file('opt/[[...o]]') },
  '[lang]': { about: file('[lang]/about') }
}

/** As people write them: the path up to the query, compared as it is. */
const isAdmin = (path: string): boolean => path === '/admin' || path.startsWith('/admin/')

/** The paths that the hook let through. */
const passed: string[] = []

const guards: Pick<StartOptions, 'fastify' | 'express'> = {
  fastify (server) {
    server.addHook('onRequest', async (request, reply) => {
      // A target in absolute form, which a server must accept, is a URL and not a path.
      const target = request.url.startsWith('/') ? request.url : request.url.replace(/^https?:\/\/[^/?#]*/i, '')
      const path = target.split(/[?#]/, 1)[0] || '/'
      if (isAdmin(path) && request.headers['x-token'] !== 'yes') return await reply.code(401).send()
      passed.push(path)
    })
  },
  express (express) {
    express.use((req, res, next) => {
      if (isAdmin(req.path) && req.headers['x-token'] !== 'yes') {
        res.status(401).end()
        return
      }
      passed.push(req.path)
      next()
    })
  }
}

const mounted: typeof guards = {
  ...guards,
  express (express) {
    express.use('/admin', (req, res, next) => {
      if (req.headers['x-token'] === 'yes') next()
      else res.status(401).end()
    })
    express.use((req, _res, next) => {
      passed.push(req.path)
      next()
    })
  }
}

/** Sends a target as it is, and gives the status of the answer. */
function probe (host: RunningHost, target: string, headers = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(host.url).port), 'localhost')
    let answer = ''
    socket.on('data', (chunk) => { answer += chunk.toString('latin1') }).on('error', reject)
    socket.on('close', () => { resolve(Number(answer.split(' ', 2)[1])) })
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`)
  })
}

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** What went wrong with one target; '' where nothing did. */
async function breach (host: RunningHost, target: string, send: (target: string) => Promise<number>): Promise<string> {
  seen.length = 0
  passed.length = 0
  const status = await send(target)
  if (status >= 500) return `${target}: ${status}`
  const [sighting] = seen
  if (sighting === undefined) return ''
  if (sighting.file.startsWith('admin')) return `${target} got to ${sighting.file} on ${host.name}`
  const { pathname } = sighting
  const hook = passed.at(-1)
  if (pathname !== hook && decode(pathname) !== decode(hook ?? '')) return `${target}: the hook saw ${String(hook)}, the handler ${pathname}`
  if (isAdmin(pathname) || isAdmin(pathname.toLowerCase())) return `${target}: the handler believes to be at ${pathname}`
  if (/\/\/|\\|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(pathname)) return `${target}: ${pathname} is not canonical`
  return ''
}

const SPELLINGS = [
  '/admin', '/admin/', '/admin?x', '/admin#x', '/admin/users', '/admin/users/1', '/admin/a/b/c',
  '//admin', '///admin', '//admin/users', '/admin//users', '/\\admin', '\\admin', '/\\/admin/users', '/admin\\users',
  '/./admin', '/../admin', '/public/../admin', '/public/../admin/users', '/public/./../admin/users/1', '/public/files/../../admin/users', '/public/files/a/../../../admin', '/opt/../admin', '/opt/a/b/../../../admin/users',
  '/%2e/admin', '/%2e%2e/admin', '/%2E%2e/admin/users', '/.%2e/admin', '/%2e./admin/users', '/public/%2e%2e/admin', '/public/files/%2e%2e/%2e%2e/admin', '/public/files/.%2e/..%2f/admin', '/public/files/..%2f..%2fadmin', '/public/files/%2e%2e%2f%2e%2e%2fadmin',
  '/public/..\\admin', '/public\\..\\admin\\users', '/public/..%5cadmin', '/public/files/..%5c..%5cadmin', '/public/files\\..\\..\\admin',
  '/%61dmin', '/%61dmin/users', '/adm%69n', '/%61%64%6d%69%6e/users/1', '/admin%2fusers', '/admin%2Fusers/1', '/%2fadmin', '/%2Fadmin/users', '/%5cadmin', '/admin%5cusers', '/%2561dmin', '/%25%36%31dmin',
  '/ADMIN', '/Admin/users', '/aDmin/users/1', '/admin;x', '/admin;/users', '/;/admin', '/admin/;/users', '/public;/../admin', '/public/..;/admin', '/admin.', '/admin%20', '/admin%00', '/admin%09/users', '/admin%0a', '/%00/admin', '/admin%3f', '/admin%23', '/admin%3Fx/users',
  '/%c0%ae%c0%ae/admin', '/%e0%80%ae/admin', '/%u0061dmin', '/a%64min/%75sers', '/%zz/admin', '/admin/%zz', '/%/admin',
  'http://localhost/admin', 'http://localhost/admin/users', 'HTTP://localhost/admin', 'http://localhost//admin', 'http://localhost/public/../admin/users', 'http://localhost/%61dmin', 'http:///admin', 'http://admin', 'http://localhost?/admin', 'http://localhost#/admin', 'http://localhost\\admin', 'http://localhost/\\admin', 'http://x@localhost/admin', 'http://localhost:80/admin/users', 'https://localhost/admin',
  '/public/files//admin', '/public/files/admin', '/?/admin', '/#/admin', '/public?/../admin', '/public/a?b=/../../admin', '/public#/../admin', '/about/../admin', '/en/about/../../admin', '/admin/about', '/%61dmin/about', '/admin%2e/about'
]

const OVER_HTTP1 = HOSTS.filter((name) => name.startsWith('express') || name === 'fastify')

for (const [name, setup] of [['a hook that compares the path', guards], ['middleware that is mounted', mounted]] as const) {
  const hosts = setup === guards ? OVER_HTTP1 : OVER_HTTP1.filter((host) => host.startsWith('express'))
  for (const trailingSlash of [false, true, 'ignore'] as const) {
    t.test(`${name} is not walked round, trailingSlash: ${String(trailingSlash)}`, async (t) => {
      const dir = t.testdir(app)
      onEveryHost(t, { dir, trailingSlash, ...setup }, async (t, host) => {
        seen.length = 0
        await probe(host, trailingSlash === true ? '/admin/users/' : '/admin/users', 'x-token: yes\r\n')
        t.strictSame(seen.map((sighting) => sighting.file), ['admin/users'], 'the token opens it')
        await probe(host, trailingSlash === true ? '/public/files/x/' : '/public/files/x')
        t.equal(seen.at(-1)?.file, 'public/files/[...path]', 'what is not guarded answers')
        for (const target of SPELLINGS) t.equal(await breach(host, target, (target) => probe(host, target)), '', target)
      }, hosts)
    })
  }
}

t.test('the same over HTTP/2, where any characters may stand in a path', async (t) => {
  const dir = t.testdir(app)
  onEveryHost(t, { dir, ...guards }, async (t, host) => {
    const { port } = host.fastify!.server.address() as net.AddressInfo
    const client = http2.connect(`http://localhost:${port}`)
    const send = (path: string): Promise<number> => new Promise((resolve) => {
      const stream = client.request({ ':path': path })
      stream.on('response', (headers) => { resolve(Number(headers[':status'])) })
      // A path that the protocol itself refuses.
      stream.on('error', () => { resolve(400) })
      stream.resume().end()
    })
    for (const target of [...SPELLINGS, '/\tadmin', '/ad\tmin', '/\t/admin', '/public/.\t./admin', '/public/files/\t../../admin', '/admin\t/users', '/ admin', '/public/files/.\n./x']) t.equal(await breach(host, target, send), '', JSON.stringify(target))
    client.close()
  }, ['fastify http2'])
})

t.test('generated spellings', async (t) => {
  const dir = t.testdir(app)
  const letter = (text: string) => fc.tuple(...[...text].map((char) => fc.constantFrom(char, char, char, '%' + char.charCodeAt(0).toString(16), char.toUpperCase()))).map((chars) => chars.join(''))
  const part = fc.oneof(letter('admin'), fc.constant('admin'), fc.constant('public'), fc.constant('files'), fc.constantFrom('users', 'opt', 'en', 'about', 'x', '.', '..', '%2e', '%2e%2e', '.%2E', '', ';', '..;', '%2f', '%5c', '..%2f', '%00', '%'))
  const separator = fc.constantFrom('/', '/', '/', '/', '//', '\\', '/./', '/../', '%2f', '%5C', ';/')
  const end = fc.constantFrom('', '', '/', '?', '?x=/admin', '#', '#/../admin', ';', '%20')
  const start = fc.constantFrom('', '', '', '', 'http://localhost', 'http://localhost:1')
  const target = fc.tuple(start, fc.array(fc.tuple(separator, part), { minLength: 1, maxLength: 6 }), end).map(([start, parts, end]) => start + '/' + parts.flat().join('').replace(/^\//, '') + end)
  onEveryHost(t, { dir, ...guards }, async (t, host) => {
    await fc.assert(fc.asyncProperty(target, async (target) => {
      const wrong = await breach(host, target, (target) => probe(host, target))
      if (wrong !== '') throw new Error(wrong)
    }), { numRuns: 500 })
    t.pass()
  }, OVER_HTTP1)
})

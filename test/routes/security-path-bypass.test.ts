/**
 * A server guards a part of its paths with a hook of its own: no spelling of a path may get to a handler there without
 * the hook having seen that path.
 */
import express from 'express'
// @ts-expect-error -- the alias has no declarations of its own
import express4 from 'express4'
import fc from 'fast-check'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import http2 from 'node:http2'
import path from 'node:path'
import t from 'tap'
import { HOSTS, onEveryHost, type RunningHost, type StartOptions } from '../hosts.ts'
import { anySpelling, probe, SPELLINGS } from '../spellings.ts'

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

t.test('a directory that is mounted below a path: guards beside it are not walked round by slashes', async (t) => {
  const dir = t.testdir(app)
  const closed = (_req: unknown, res: any): void => { res.status(401).end() }
  for (const [name, create] of Object.entries({ 'express 4': express4, 'express 5': express }) as Array<[string, typeof express]>) {
    for (const trailingSlash of [false, true, 'ignore'] as const) {
      const server = create()
      const outer = create.Router()
      const inner = expressRoutes({ dir: path.join(dir, 'admin'), trailingSlash })
      const routes = expressRoutes({ dir, trailingSlash })
      server.use('/api/admin', closed)
      server.use('/api', routes as any)
      server.use('/a/b', closed)
      server.use('/a', outer)
      outer.use('/b', inner as any)
      await Promise.all([routes.ready(), inner.ready()])
      const listener = http.createServer(server).listen(0, 'localhost')
      await once(listener, 'listening')
      t.teardown(async () => {
        listener.close()
        await Promise.all([routes.close(), inner.close()])
      })
      const url = `http://localhost:${(listener.address() as net.AddressInfo).port}`
      const ask = (target: string): Promise<number> => probe({ url } as RunningHost, target)

      for (const target of ['/api//admin', '/api///admin', '/api//admin/', '/api//admin?x', '/API//admin', '/api//admin/users', '/api/.//admin', '/api//./admin', '/api/\\admin', '/api//\\admin', 'http://localhost/api//admin', 'http://localhost/api//admin/users?x', '/a//b', '/a//b/', '/a//b?x', '/a//b/users', '/a/b//users', '/a//b//users', '/a//b/%75sers']) {
        seen.length = 0
        const status = await ask(target)
        t.strictSame(seen, [], `${target} is answered by no handler in ${name}, trailingSlash: ${String(trailingSlash)}`)
        t.ok([308, 401, 404].includes(status), `${target} is ${status}`)
      }
      for (const target of SPELLINGS) {
        if (!target.startsWith('/')) continue
        seen.length = 0
        await ask('/api' + target)
        t.notOk(seen.some((sighting) => sighting.file.startsWith('admin')), `/api${target} in ${name}`)
      }
      t.equal(await ask('/api//public/files/x'), 308, 'what is not guarded is redirected')
      t.equal(await ask(trailingSlash === true ? '/api/public/files/x/' : '/api/public/files/x'), 200)
    }
  }
})

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
  onEveryHost(t, { dir, ...guards }, async (t, host) => {
    await fc.assert(fc.asyncProperty(anySpelling, async (target) => {
      const wrong = await breach(host, target, (target) => probe(host, target))
      if (wrong !== '') throw new Error(wrong)
    }), { numRuns: 500 })
    t.pass()
  }, OVER_HTTP1)
})

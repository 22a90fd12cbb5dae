/** Which file a path belongs to, and what becomes of paths that are not spelled as a server expects them. */
import Fastify from 'fastify'
import fc from 'fast-check'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import appRoutes from 'fastify-app-routes'
import t from 'tap'
import { findConflicts } from '../../lib/routes/conflicts.ts'
import { canonicalPath, readParams, resolvePath } from '../../lib/routes/path.ts'
import { scan } from '../../lib/routes/scan.ts'
import { parseSegment, type Segment } from '../../lib/routes/segments.ts'
import { RouteTable, type Route } from '../../lib/routes/table.ts'
import { pathOf, searchOf } from '../../lib/web/target.ts'
import { HOSTS, onEveryHost, type HostName, type RunningHost } from '../hosts.ts'

type Tree = { [name: string]: string | Tree }

const handler = (file: string, verbs: string[]): string => `
const answer = async (request, { params }) => {
  const { pathname, search } = new URL(request.url)
  return Response.json({ file: ${JSON.stringify(file)}, params: await params, pathname, search, method: request.method })
}
export const ${verbs.map((verb) => `${verb} = answer`).join(', ')}
`

/** Route files that say who they are: a folder, or a folder with verbs (`v/[id] POST PUT`). */
function app (...folders: string[]): Tree {
  const root: Tree = {}
  for (const entry of folders) {
    const [folder, ...verbs] = entry.split(' ')
    let at = root
    for (const name of folder!.split('/').filter(Boolean)) at = (at[name] ??= {}) as Tree
    at['route.js'] = handler(folder!, verbs.length > 0 ? verbs : ['GET'])
  }
  return root
}

/** The file and the parameters that answered, or the status. */
async function who (host: RunningHost, path: string, method = 'GET'): Promise<unknown> {
  const response = await host.send({ path, method })
  if (response.status !== 200) return response.status
  const { file, params } = response.json()
  return [file, params]
}

/** Where a redirect leads to, or its status. */
async function location (host: RunningHost, path: string, method = 'GET'): Promise<unknown> {
  const { status, headers } = await host.send({ path, method })
  return status === 308 ? headers.location : status
}

/** inject() resolves what it is given before Fastify sees it. */
const BY_SOCKET = HOSTS.filter((name) => name !== 'fastify inject')
const HTTP1 = BY_SOCKET.filter((name) => name !== 'fastify http2')
const WITH_PREFIX = HOSTS.filter((name) => name !== 'node:http')
const FASTIFY = HOSTS.filter((name) => name.startsWith('fastify'))

t.test('the most specific file answers, segment by segment, with falling back', async (t) => {
  const dir = t.testdir(app('', 'users', 'users/me', 'users/[id]', 'users/[...rest]', 'a/[n]', '[x]/[...more]', 'opt/[[...o]]', 'opt/fixed', 'opt/[one]/two', 'c/[...s]', 'deep/[a]/x', 'deep/[a]/[b]/y', 'deep/s/[b]/z'))
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [path, expected] of Object.entries({
      '/': ['', {}],
      '/users': ['users', {}],
      '/users/me': ['users/me', {}],
      '/users/7': ['users/[id]', { id: '7' }],
      '/users/mee': ['users/[id]', { id: 'mee' }],
      '/users/m': ['users/[id]', { id: 'm' }],
      '/users/me/too': ['users/[...rest]', { rest: ['me', 'too'] }],
      '/a/1': ['a/[n]', { n: '1' }],
      '/a/1/2': ['[x]/[...more]', { x: 'a', more: ['1', '2'] }],
      '/b/1': ['[x]/[...more]', { x: 'b', more: ['1'] }],
      '/a': 404,
      '/opt': ['opt/[[...o]]', {}],
      '/opt/fixed': ['opt/fixed', {}],
      '/opt/1': ['opt/[[...o]]', { o: ['1'] }],
      '/opt/1/two': ['opt/[one]/two', { one: '1' }],
      '/opt/1/three': ['opt/[[...o]]', { o: ['1', 'three'] }],
      '/opt/fixed/two': ['opt/[one]/two', { one: 'fixed' }],
      '/c': 404,
      '/c/1': ['c/[...s]', { s: ['1'] }],
      '/c/1/2/3': ['c/[...s]', { s: ['1', '2', '3'] }],
      '/deep/s/x': ['deep/[a]/x', { a: 's' }],
      '/deep/s/1/y': ['deep/[a]/[b]/y', { a: 's', b: '1' }],
      '/deep/s/1/z': ['deep/s/[b]/z', { b: '1' }],
      '/deep/t/1/z': ['[x]/[...more]', { x: 'deep', more: ['t', '1', 'z'] }],
      '/Users': 404,
      '/USERS/me': ['[x]/[...more]', { x: 'USERS', more: ['me'] }]
    })) t.strictSame(await who(host, path), expected, path)
  })
})

t.test('the file is chosen first, its verbs are looked at then', async (t) => {
  const dir = t.testdir(app('v/[id] POST PUT', 'v/fixed GET', 'w/[...all] DELETE GET', 'w/[id] POST', 'o/[[...all]] PATCH', 'o/x GET', 'h/only HEAD', 'own/all GET HEAD OPTIONS POST'))
  onEveryHost(t, { dir }, async (t, host) => {
    const allow = async (method: string, path: string): Promise<unknown> => {
      const { status, headers, text } = await host.send({ method, path })
      return [status, headers.allow, text]
    }
    t.strictSame(await allow('POST', '/v/fixed'), [405, 'GET, HEAD, OPTIONS', ''])
    t.strictSame(await allow('PUT', '/v/fixed'), [405, 'GET, HEAD, OPTIONS', ''])
    t.strictSame(await allow('GET', '/v/1'), [405, 'OPTIONS, POST, PUT', ''])
    t.strictSame(await allow('HEAD', '/v/1'), [405, 'OPTIONS, POST, PUT', ''])
    t.strictSame(await allow('DELETE', '/w/1'), [405, 'OPTIONS, POST', ''])
    t.strictSame(await allow('GET', '/w/1'), [405, 'OPTIONS, POST', ''])
    t.strictSame(await allow('POST', '/w/1/2'), [405, 'DELETE, GET, HEAD, OPTIONS', ''])
    t.strictSame(await who(host, '/w/1/2', 'DELETE'), ['w/[...all]', { all: ['1', '2'] }])
    t.strictSame(await allow('PATCH', '/o/x'), [405, 'GET, HEAD, OPTIONS', ''])
    t.strictSame(await who(host, '/o', 'PATCH'), ['o/[[...all]]', {}])
    t.strictSame(await allow('GET', '/h/only'), [405, 'HEAD, OPTIONS', ''])
    t.strictSame(await allow('OPTIONS', '/v/fixed'), [204, 'GET, HEAD, OPTIONS', ''])
    t.strictSame(await allow('OPTIONS', '/v/1'), [204, 'OPTIONS, POST, PUT', ''])
    t.strictSame(await allow('OPTIONS', '/nowhere'), [404, undefined, (await host.send({ method: 'OPTIONS', path: '/nowhere' })).text])
    t.strictSame(await who(host, '/own/all', 'OPTIONS'), ['own/all', {}])
    const head = await host.send({ method: 'HEAD', path: '/v/fixed' })
    t.strictSame([head.status, head.text], [200, ''])
    t.equal((await host.send({ method: 'PROPFIND', path: '/v/fixed' })).status >= 400, true)
  })
})

t.test('parameters are decoded once, segment by segment', async (t) => {
  const dir = t.testdir(app('d/[s]', 'c/[...s]', '[feed]/x'))
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [sent, value] of Object.entries({
      '%20': ' ',
      '%2F': '/',
      '%2f': '/',
      'a%2F': 'a/',
      '%25': '%',
      '%2525': '%25',
      '%252F': '%2F',
      '+': '+',
      '%2B': '+',
      'a+b': 'a+b',
      '%C3%BC': 'ü',
      '%c3%bc': 'ü',
      '%E6%97%A5%E6%9C%AC': '日本',
      '%F0%9F%98%80': '😀',
      '...': '...',
      '.a': '.a',
      'rss.xml': 'rss.xml',
      '.env': '.env',
      '..a': '..a',
      'a%5Cb': 'a\\b',
      'a;b': 'a;b',
      'a=b&c': 'a=b&c',
      'a:b@c,d~e*f(g)$h!': 'a:b@c,d~e*f(g)$h!',
      "a'b": "a'b",
      '%23': '#',
      '%3F': '?',
      '%41': 'A',
      '%00': '\0',
      '%0A': '\n',
      '..%2fx': '../x',
      '%2e%2e%2fx': '../x',
      '[s]': '[s]',
      '%5Bs%5D': '[s]',
      'a|b^c': 'a|b^c',
      constructor: 'constructor',
      __proto__: '__proto__'
    })) {
      t.strictSame(await who(host, `/d/${sent}`), ['d/[s]', { s: value }], sent)
      t.strictSame(await who(host, `/c/${sent}/${sent}`), ['c/[...s]', { s: [value, value] }], `${sent} twice`)
      const { pathname } = (await host.send(`/d/${sent}`)).json()
      t.equal(pathname, new URL(`http://n/d/${sent}`).pathname, `${sent} stays as it was sent in request.url`)
    }
    t.strictSame(await who(host, '/%C3%BC/x'), ['[feed]/x', { feed: 'ü' }])
    t.strictSame(await who(host, '/%64/a'), 404, 'an escaped letter of a static folder')
    t.strictSame(await who(host, '/d%2Fa'), 404)
    t.strictSame(await who(host, '/d/a?x=/y'), ['d/[s]', { s: 'a' }])
  })
})

t.test('needless escapes of a static folder: the dynamic one beside it, or 404 for all verbs', async (t) => {
  const dir = t.testdir(app('blog', '[slug]', 'only/fixed', 'a b'))
  onEveryHost(t, { dir }, async (t, host) => {
    const isFastify = host.name.startsWith('fastify')
    t.strictSame(await who(host, '/%62log'), isFastify ? 404 : ['[slug]', { slug: 'blog' }])
    for (const method of ['POST', 'DELETE', 'OPTIONS']) {
      t.equal(await who(host, '/%62log', method), isFastify ? 404 : method === 'OPTIONS' ? 204 : 405, method)
      t.equal(await who(host, '/only/%66ixed', method), 404, method)
      for (const path of ['/x%20y', '/%5Bx%5D', '/a%20b', '/%2525']) t.equal(await who(host, path, method), method === 'OPTIONS' ? 204 : 405, `${method} ${path}`)
    }
  })
})

t.test('a folder whose name some clients escape is reached either way', async (t) => {
  const dir = t.testdir(app('^a', 'b', '[x]/y'))
  onEveryHost(t, { dir }, async (t, host) => {
    for (const path of ['/^a', '/%5Ea', '/%5ea']) t.strictSame(await who(host, path), ['^a', {}], path)
    t.strictSame(await who(host, '/%5Eb'), 404)
    if (host.url.startsWith('http:') && host.name !== 'fastify http2') t.equal((await fetch(new URL('/^a', host.url))).status, 200, 'fetch()')
  })
})

t.test('parameters may have any name', async (t) => {
  const names = ['__proto__', 'constructor', 'then', 'catch', 'finally', 'toJSON', 'toString', 'valueOf', 'hasOwnProperty', 'my-id', 'a.b', 'ünï', '1', 'a b', '*', ':x', '$', 'length']
  const dir = t.testdir(app(...names.flatMap((name, index) => name.includes('*') ? [] : [`n${index}/[${name.replace(' ', '\u00a0')}]`, `m${index}/[...${name.replace(' ', '\u00a0')}]`])))
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [index, plain] of names.entries()) {
      if (plain.includes('*')) continue
      const name = plain.replace(' ', '\u00a0')
      const response = await host.send(`/n${index}/v`)
      t.equal(response.status, 200, name)
      // JSON.parse makes `__proto__` an own property as well.
      t.strictSame(Object.entries(response.json().params), [[name, 'v']], name)
      t.strictSame(Object.entries((await host.send(`/m${index}/v/w`)).json().params), [[name, ['v', 'w']]], `...${name}`)
    }
    t.equal(({} as any).v, undefined, 'no prototype was touched')
  })
})

t.test('a catch-all needs a segment, an optional one does not: at the root', async (t) => {
  const dir = t.testdir(app('[...all]'))
  onEveryHost(t, { dir }, async (t, host) => {
    t.equal(await who(host, '/'), 404)
    t.strictSame(await who(host, '/x'), ['[...all]', { all: ['x'] }])
    t.equal((await host.send({ method: 'OPTIONS', path: '/' })).status, 404)
  })
})

t.test('an optional catch-all at the root takes everything', async (t) => {
  const dir = t.testdir(app('[[...all]]'))
  onEveryHost(t, { dir }, async (t, host) => {
    t.strictSame(await who(host, '/'), ['[[...all]]', {}])
    t.strictSame(await who(host, '/x/y'), ['[[...all]]', { all: ['x', 'y'] }])
    t.strictSame(await who(host, '/?x=1'), ['[[...all]]', {}])
  })
})

t.test('below a prefix, which is part of request.url', async (t) => {
  const dir = t.testdir(app('', 'x', 'c/[...s]', 'o/[[...s]]', 'd/[s]'))
  onEveryHost(t, { dir, prefix: '/api/v1' }, async (t, host) => {
    t.strictSame(await who(host, '/api/v1'), ['', {}])
    t.equal((await host.send('/api/v1?q=1')).json().pathname, '/api/v1')
    t.equal(await location(host, '/api/v1/'), '/api/v1')
    t.strictSame(await who(host, '/api/v1/x'), ['x', {}])
    t.equal((await host.send('/api/v1/x')).json().pathname, '/api/v1/x')
    t.equal(await who(host, '/api/v1/c'), 404)
    t.strictSame(await who(host, '/api/v1/c/1/2'), ['c/[...s]', { s: ['1', '2'] }])
    t.strictSame(await who(host, '/api/v1/o'), ['o/[[...s]]', {}])
    t.strictSame(await who(host, '/api/v1/d/%2F'), ['d/[s]', { s: '/' }])
    t.equal(await location(host, '/api/v1/x/?q=1'), '/api/v1/x?q=1')
    t.equal((await host.send({ method: 'POST', path: '/api/v1/x' })).headers.allow, 'GET, HEAD, OPTIONS')
    for (const path of ['/', '/x', '/api', '/api/v2/x', '/api/v1x', '/%61pi/v1/x']) t.equal(await who(host, path), 404, path)
  }, WITH_PREFIX)
})

t.test('below a prefix: a catch-all without a segment, and no root', async (t) => {
  const dir = t.testdir(app('[...all]'))
  onEveryHost(t, { dir, prefix: '/p' }, async (t, host) => {
    t.equal(await who(host, '/p'), 404)
    t.match(await location(host, '/p/'), /^(?:404|\/p)$/)
    t.strictSame(await who(host, '/p/x'), ['[...all]', { all: ['x'] }])
    t.equal(await location(host, '/p/x/'), '/p/x')
    t.equal(await who(host, '/'), 404)
  }, WITH_PREFIX)
})

t.test('slashes too many, dots and backslashes are redirected, and never to another host', async (t) => {
  const dir = t.testdir(app('', 'x GET POST', 'x/y', 'd/[s]', 'c/[...s]'))
  onEveryHost(t, { dir }, async (t, host) => {
    for (const [path, expected] of Object.entries({
      '/x/': '/x',
      '/x/?a=1&b': '/x?a=1&b',
      '/x/y/': '/x/y',
      '/d/a/': '/d/a',
      '/d/a%2F/': '/d/a%2F',
      '//': '/',
      '///': '/',
      '//?a=1': '/?a=1',
      '//x': '/x',
      '/x//y': '/x/y',
      '//x?u=//z': '/x?u=//z',
      '/d//a': '/d/a',
      '/c/a//b': '/c/a/b',
      '/d/a//': '/d/a/',
      '/x\\y': '/x/y',
      '/d/a\\b': '/d/a/b',
      '/x\\': '/x/',
      '/\\x': '/x',
      '/x/.': '/x/',
      '/x/./': '/x/',
      '/x/..': '/',
      '/x/../': '/',
      '/x/%2e%2e/': '/',
      '/.': '/',
      '/..': '/',
      '/%2e%2E': '/',
      '/d/%2e%2e': '/',
      '/d/.%2e': '/',
      '/x/./y': '/x/y',
      '/x/../x/y': '/x/y',
      '/%2e/x': '/x',
      '/../../x': '/x',
      '/d/.%2E/x': '/x',
      '/c/a/../b': '/c/b'
    })) {
      const { status, headers, text } = await host.send(path)
      if (status === 404) {
        // Nothing of ours is there.
        t.match(path, /^\/d\/a\\b$/)
        continue
      }
      t.strictSame([status, headers.location, headers.refresh, text], [308, expected, `0;url=${expected}`, expected], path)
    }
    t.equal(await location(host, '/x/', 'POST'), '/x', 'every verb alike')
    t.equal(await location(host, '/x/', 'DELETE'), '/x')
    for (const path of ['//evil.com', '//evil.com/', '/\\evil.com', '/\\/evil.com', '///evil.com/%2e%2e', '//evil.com/..', '/%5Cevil.com', '/%2F%2Fevil.com', '/.//evil.com', '/x/..//evil.com', '/%2e%2e//evil.com', '//evil.com/c/../..//x', '/c/..//evil.com/', '/c/%2e%2e/\\evil.com/']) {
      const { status, headers } = await host.send(path)
      if (status === 308) t.match(headers.location, /^\/(?![/\\])/, `${path} → ${String(headers.location)}`)
      else t.equal(status, 404, path)
    }
    for (const path of ['/x/%2e%2e/y', '/x/..;/y', '/x;y', '/x%2F', '/x%5Cy', '/%2Fx']) {
      const status = await location(host, path)
      t.ok(status === 404 || status === '/y', `${path}: ${String(status)}`)
    }
  }, BY_SOCKET)
})

for (const [trailingSlash, cases] of [
  [false, { '/x': 200, '/x/': '/x', '/d/a.b/': '/d/a.b', '/': 200, '/o/': '/o', '/c/1/': '/c/1', '/nowhere/': 404 }],
  [true, { '/x': '/x/', '/x/': 200, '/d/a': '/d/a/', '/d/a/': 200, '/d/a.b': 200, '/d/a.b/': '/d/a.b', '/': 200, '/o': '/o/', '/o/': 200, '/c/1': '/c/1/', '/c/1/': 200, '/c/1/2/': 200, '/x?a=1': '/x/?a=1', '/.well-known/x': 200, '/nowhere': 404 }],
  ['ignore', { '/x': 200, '/d/a': 200, '/': 200, '//x': '/x', '/x/../x': '/x' }]
] as const) {
  t.test(`trailingSlash: ${String(trailingSlash)}`, async (t) => {
    const dir = t.testdir(app('', 'x', 'd/[s]', 'o/[[...s]]', 'c/[...s]', '.well-known/x'))
    onEveryHost(t, { dir, trailingSlash }, async (t, host) => {
      for (const [path, expected] of Object.entries(cases)) {
        if (host.name === 'fastify inject' && path.includes('..')) continue
        if (host.name === 'fastify inject' && path.startsWith('//')) continue
        t.equal(await location(host, path), expected, path)
      }
      if (trailingSlash === true) {
        t.strictSame(await who(host, '/c/1/2/'), ['c/[...s]', { s: ['1', '2'] }])
        t.strictSame(await who(host, '/d/a/'), ['d/[s]', { s: 'a' }])
        t.strictSame(await who(host, '/o/'), ['o/[[...s]]', {}])
        t.equal((await host.send('/x/')).json().pathname, '/x/')
        t.equal((await host.send({ method: 'POST', path: '/x/' })).status, 405)
      }
    })
    if (trailingSlash === true) {
      onEveryHost(t, { dir, trailingSlash, prefix: '/p' }, async (t, host) => {
        t.equal(await location(host, '/p/x'), '/p/x/')
        t.equal(await location(host, '/p/x/'), 200)
        t.equal(await location(host, '/p'), '/p/')
        t.equal(await location(host, '/p/'), 200)
      }, WITH_PREFIX)
    }
  })
}

for (const options of [{ trailingSlash: true }, { skipTrailingSlashRedirect: true }]) {
  t.test(`with ${Object.keys(options)[0]!} the same file answers with a slash at the end`, async (t) => {
    const dir = t.testdir(app('a/[x]/[y]', 'a/[...all]', 'b/[x]', 'b/[x]/[y] POST', 'b/[...all] PUT', 'c', 'c/[x]', 'd/[x]', 'd/[[...opt]]', 'e/[x]/two POST', 'e/[...all]', 'f/two POST', 'f/[x]', 'g/[x]/two', 'g/[...all] POST'))
    onEveryHost(t, { dir, ...options }, async (t, host) => {
      for (const [target, expected] of Object.entries({
        'GET /a/1/': ['a/[...all]', { all: ['1'] }],
        'GET /a/1/2/': ['a/[x]/[y]', { x: '1', y: '2' }],
        'GET /a/1/%0A/': ['a/[x]/[y]', { x: '1', y: '\n' }],
        'GET /b/1/': ['b/[x]', { x: '1' }],
        'POST /b/1/': 405,
        'POST /b/1/2/': ['b/[x]/[y]', { x: '1', y: '2' }],
        'GET /c/': ['c', {}],
        'GET /c/%2F/': ['c/[x]', { x: '/' }],
        'GET /d/': ['d/[[...opt]]', {}],
        'GET /d/1/': ['d/[x]', { x: '1' }],
        'GET /e/1/two/': 405,
        'GET /f/two/': 405,
        'GET /f/one/': ['f/[x]', { x: 'one' }],
        'POST /g/1/two/': 405,
        'POST /g/1/': ['g/[...all]', { all: ['1'] }]
      })) {
        const [method, path] = target.split(' ') as [string, string]
        t.strictSame(await who(host, path, method), expected, target)
      }
    })
  })
}

/** Sends bytes as they are, and reads until the server closes. */
function raw (host: RunningHost, target: string, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(host.url)
    const socket = net.connect(Number(port), 'localhost')
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
    socket.on('close', () => { resolve(Buffer.concat(chunks).toString('latin1')) })
    socket.write(Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`, 'latin1'))
  })
}

const statusOf = (response: string): number => Number(response.split(' ', 2)[1])
const bodyOf = (response: string): any => JSON.parse(/\{.*\}/s.exec(response)![0])

t.test('odd request targets', async (t) => {
  const dir = t.testdir(app('', 'x', 'd/[s]', 'c/[...s]'))
  onEveryHost(t, { dir }, async (t, host) => {
    for (const path of ['/d/%zz', '/d/%FF', '/d/%E0%A4', '/d/%', '/d/a%2', '/c/a/%zz', '/c/%FF/b', '/d/%c3%28']) {
      t.equal(statusOf(await raw(host, path)), 400, path)
    }
    for (const path of ['/%zz', '/nowhere/%zz', '/x/%zz', '/%zz/', '/x/%', '/%E0%A4%A']) {
      const status = statusOf(await raw(host, path))
      t.ok(status === 400 || status === 404 || status === 308, `${path}: ${status}`)
    }
    t.equal(statusOf(await raw(host, '/x?q=%zz')), 200, 'a malformed query is the handler\'s business')
    t.equal(bodyOf(await raw(host, `http://${new URL(host.url).host}/d/a?b=1`)).file, 'd/[s]', 'absolute form')
    t.equal(bodyOf(await raw(host, 'http://other.example/d/a?b=1')).pathname, '/d/a')
    t.equal(bodyOf(await raw(host, `http://${new URL(host.url).host}`)).file, '', 'absolute form without a path')
    for (const target of ['http://other.example//x', 'http://other.example/x/', 'http://other.example/c/../x']) {
      const response = await raw(host, target)
      t.equal(statusOf(response), 308, target)
      t.match(/location: (.*)\r/i.exec(response)?.[1], /^\/(?![/\\])/, target)
    }
    const star = statusOf(await raw(host, '*', 'OPTIONS'))
    t.ok(star >= 200 && star < 500, `OPTIONS *: ${star}`)
    for (const [target, search] of [['/x#frag', ''], ['/x#frag?a=1', ''], ['/x?a=1#b', '?a=1'], ['/x?a#b?c', '?a']]) {
      const response = await raw(host, target!)
      t.strictSame([statusOf(response), bodyOf(response).search], [200, search], target)
    }
    t.strictSame(bodyOf(await raw(host, '/d/a#b')).params, { s: 'a' })
    t.strictSame(bodyOf(await raw(host, '/d/a%23b')).params, { s: 'a#b' })
    t.match(await raw(host, '/x/#a'), /^HTTP\/1.1 308[^]*location: \/x\r/i)
    t.equal(statusOf(await raw(host, '/?')), 200)
    for (const target of ['?', 'x', 'http:/x', '//', '/\u00ff']) {
      const status = statusOf(await raw(host, target))
      t.ok(status >= 300 && status < 500, `${target}: ${status}`)
    }
    for (const target of ['http://', 'http://?', 'http://[::1', 'http://a:99999/x', 'http://a b/x', '*', 'http://@/x', 'http://%/x']) {
      const status = statusOf(await raw(host, target))
      t.ok(status < 500, `${target}: ${status}`)
    }
    const value = 'v'.repeat(8000)
    const long = await raw(host, `/c/${value}/${value.slice(1000)}`)
    t.ok(statusOf(long) === 200 || (statusOf(long) === 414 && host.name === 'fastify'), `a long path: ${statusOf(long)}`)
    t.equal(statusOf(await raw(host, `/d/${'%2e'.repeat(4000)}x`)), host.name === 'fastify' ? 414 : 200)
    t.equal(statusOf(await raw(host, '/' + '/'.repeat(9000) + 'x')), 308)
    t.equal(statusOf(await raw(host, '/c/' + '../'.repeat(4000) + 'x')), 308)
    t.strictSame(host.errors.filter((error) => error.statusCode !== 400), [], 'nothing of it is an error of the server')
  }, HTTP1)
})

t.test("Fastify's router options hold", async (t) => {
  const dir = t.testdir(app('', 'x', 'Camel/[Case]', 'd/[s]', 'c/[...s]', 'v/[id] POST', 'v/fixed GET'))
  const withOptions = (routerOptions: object) => ({ dir, fastifyOptions: { routerOptions } })
  await t.test('caseSensitive: false', async (t) => {
    onEveryHost(t, withOptions({ caseSensitive: false }), async (t, host) => {
      t.strictSame(await who(host, '/camel/Value'), ['Camel/[Case]', { Case: 'Value' }])
      t.strictSame(await who(host, '/CAMEL/%C3%BC'), ['Camel/[Case]', { Case: 'ü' }])
      t.strictSame(await who(host, '/X'), ['x', {}])
      t.equal((await host.send({ method: 'POST', path: '/V/FIXED' })).status, 405)
      t.equal((await host.send({ method: 'OPTIONS', path: '/X' })).status, 204)
    }, FASTIFY)
  })
  await t.test('ignoreTrailingSlash', async (t) => {
    onEveryHost(t, withOptions({ ignoreTrailingSlash: true }), async (t, host) => {
      for (const path of ['/x', '/x/']) t.strictSame(await who(host, path), ['x', {}], path)
      t.strictSame(await who(host, '/d/a/'), ['d/[s]', { s: 'a' }])
      t.strictSame(await who(host, '/c/a/b/'), ['c/[...s]', { s: ['a', 'b'] }])
      t.equal((await host.send({ method: 'POST', path: '/x/' })).status, 405)
      t.equal((await host.send({ method: 'POST', path: '/v/fixed/' })).status, 405)
      t.equal(await who(host, '/c/'), 404)
    }, FASTIFY)
  })
  await t.test('ignoreDuplicateSlashes', async (t) => {
    onEveryHost(t, withOptions({ ignoreDuplicateSlashes: true }), async (t, host) => {
      t.strictSame(await who(host, '/d//a'), ['d/[s]', { s: 'a' }])
      t.strictSame(await who(host, '//c///a//b'), ['c/[...s]', { s: ['a', 'b'] }])
      t.equal((await host.send({ method: 'POST', path: '/v//fixed' })).status, 405)
      t.equal(await location(host, '//x/'), '/x')
      t.equal(await location(host, '//x/..'), '/')
    }, FASTIFY.filter((name) => name !== 'fastify inject'))
  })
  await t.test('maxParamLength', async (t) => {
    onEveryHost(t, withOptions({ maxParamLength: 10 }), async (t, host) => {
      t.strictSame(await who(host, '/d/1234567890'), ['d/[s]', { s: '1234567890' }])
      t.equal(await who(host, '/d/12345678901'), 414)
    }, FASTIFY)
    // Another file, whose path this is not, must not get it.
    onEveryHost(t, { dir: t.testdir(app('d/[s]', 'd/[...all] GET POST', 'o/[s]/x', 'o/[[...all]]')), fastifyOptions: { routerOptions: { maxParamLength: 10 } } }, async (t, host) => {
      t.equal(await who(host, '/d/12345678901'), 414)
      t.equal(await who(host, '/d/12345678901', 'POST'), 405)
      t.strictSame(await who(host, '/d/12345678901/x'), ['d/[...all]', { all: ['12345678901', 'x'] }])
      t.equal(await who(host, '/o/12345678901/x'), 414)
      t.strictSame(await who(host, '/o/12345678901'), ['o/[[...all]]', { all: ['12345678901'] }])
    }, FASTIFY)
    onEveryHost(t, withOptions({ maxParamLength: 5000 }), async (t, host) => {
      const value = 'x'.repeat(4000)
      t.strictSame(await who(host, `/d/${value}`), ['d/[s]', { s: value }])
    }, FASTIFY)
  })
  await t.test('useSemicolonDelimiter', async (t) => {
    onEveryHost(t, withOptions({ useSemicolonDelimiter: true }), async (t, host) => {
      t.strictSame(await who(host, '/x;a=1'), ['x', {}])
      t.strictSame(await who(host, '/d/v;jsessionid=1'), ['d/[s]', { s: 'v' }])
      t.strictSame(await who(host, '/d/v;jsessionid=1/2'), ['d/[s]', { s: 'v' }])
      t.equal((await host.send({ method: 'POST', path: '/x;a' })).status, 405)
    }, FASTIFY)
  })
})

t.test('several directories in one server, each below its prefix', async (t) => {
  const server = Fastify()
  await server.register(appRoutes, { dir: t.testdir({ a: app('x', '[...all]'), b: app('x', '') }) + '/a', prefix: '/a' })
  await server.register(appRoutes, { dir: t.testdirName + '/b', prefix: '/b' })
  const files = await Promise.all(['/a/x', '/a/y', '/b/x', '/b'].map(async (url) => (await server.inject(url)).json().file))
  t.strictSame(files, ['x', '[...all]', 'x', ''])
  t.equal((await server.inject('/b/y')).statusCode, 404)
  t.equal((await server.inject({ method: 'POST', url: '/b/x' })).statusCode, 405)
  t.equal((await server.inject('/a/x/')).headers.location, '/a/x')
  await server.close()
})

// ---- against plain references ------------------------------------------------------------------------------------

const segmentName = fc.constantFrom('a', 'b', 'ab', '[x]', '[...x]', '[[...x]]', 'r.xml', 'ü')

/** Paths that may stand in one directory. */
const directory = fc.uniqueArray(fc.array(segmentName, { maxLength: 4 }).map((names) => {
  const end = names.findIndex((name) => name.includes('...'))
  const cut = end === -1 ? names : names.slice(0, end + 1)
  // Each parameter of a path has a name of its own, and those of one level agree.
  return cut.map((name, index) => name.replace('x', `x${index}`).replace('r.x0ml', 'r.xml').replace(/^r\.x\dml$/, 'r.xml'))
}), { minLength: 1, maxLength: 8, selector: (names) => names.join('/') }).filter((routes) => {
  const keys = routes.map((names) => names.join('/'))
  return routes.every((names) => {
    const last = names.at(-1)
    if (!last?.includes('...')) return true
    const parent = names.slice(0, -1).join('/')
    const below = (name: string): string => parent === '' ? name : `${parent}/${name}`
    return !last.startsWith('[[') || (!keys.includes(parent) && !keys.includes(below(last.slice(1, -1))))
  })
})

const urlPath = fc.array(fc.constantFrom('a', 'b', 'ab', 'c', 'r.xml', '%C3%BC', '%2F', '%61', 'A', '+', '%25', '%252F'), { maxLength: 5 }).map((parts) => '/' + parts.join('/'))

function toRoute (names: string[]): Route {
  return { kind: 'route', file: names.join('/') + '/route.ts', path: '/' + names.join('/'), segments: names.map((name) => parseSegment(name) as Segment), handlers: {}, allow: '', needsContext: false, config: {}, plugin: undefined, isGuarded: false }
}

/** Walks the routes by segment, the most specific first, and turns back at dead ends. */
function walk (routes: string[][], parts: string[], depth = 0): { names: string[], params: Record<string, unknown> } | null {
  const here = routes.find((names) => names.length === depth)
  const optional = routes.find((names) => names.length === depth + 1 && names[depth]!.startsWith('[[...'))
  const part = parts[depth]
  if (part === undefined) {
    const names = here ?? optional
    return names === undefined ? null : { names, params: {} }
  }
  const through = routes.filter((names) => names[depth] === part || (part === '%C3%BC' && names[depth] === 'ü'))
  const literally = through.length > 0 ? walk(through, parts, depth + 1) : null
  if (literally !== null) return literally
  const dynamic = routes.filter((names) => /^\[[^.[]/.test(names[depth] ?? ''))
  const found = dynamic.length > 0 ? walk(dynamic, parts, depth + 1) : null
  if (found !== null) return { ...found, params: { [dynamic[0]![depth]!.slice(1, -1)]: decodeURIComponent(part), ...found.params } }
  const rest = routes.find((names) => names.length === depth + 1 && names[depth]!.startsWith('[...')) ?? optional
  if (rest === undefined) return null
  return { names: rest, params: { [rest[depth]!.replace(/^\[+\.{3}|\]+$/g, '')]: parts.slice(depth).map(decodeURIComponent) } }
}

t.test('in any directory, a path belongs to the file that a plain walk finds, with the same parameters', async (t) => {
  let found = 0
  fc.assert(fc.property(directory, urlPath, (routes, path) => {
    const table = new RouteTable(routes.map(toRoute))
    const expected = walk(routes, path === '/' ? [] : path.slice(1).split('/'))
    const route = table.match(path)
    if (expected === null) return route === null
    found++
    return route !== null && route.path === '/' + expected.names.join('/') && JSON.stringify(Object.entries(readParams(route, path, 0)).sort()) === JSON.stringify(Object.entries(expected.params).sort())
  }), { numRuns: 5000 })
  t.ok(found > 1000, `${found} of the paths were found`)
})

/** The folders of a URL path by the documentation's words; undefined where the file is not routed. */
function documentedPath (folders: string[]): string[] | undefined {
  if (folders.some((folder) => folder === 'node_modules' || folder[0] === '_')) return undefined
  const shown = folders.filter((folder) => !(folder[0] === '(' && folder.at(-1) === ')') && folder[0] !== '@')
  return shown.map((folder) => folder.split('%5F').join('_'))
}

t.test('any tree on the disk has the files, paths and order of the documentation, and answers as a plain walk does', async (t) => {
  const folder = fc.constantFrom('a', 'a', 'b', '[x]', '[y]', '[...rest]', '[[...opt]]', '(g)', '(h i)', '@s', '_p', '%5Fp', 'a%5F', 'r.xml', 'ü', '.well-known', '(.)a', 'pre[x]', 'node_modules')
  const name = fc.constantFrom('route.ts', 'route.ts', 'route.js', 'route.mjs', 'page.tsx', 'helper.ts', 'route.test.ts', 'route.css', 'layout.tsx', 'Route.ts')
  const tree = fc.uniqueArray(fc.tuple(fc.array(folder, { maxLength: 4 }), name).map(([folders, file]) => [...folders, file].join('/')), { minLength: 1, maxLength: 7 })
  const part = fc.constantFrom('a', 'b', '_p', 'a_', 'r.xml', '%C3%BC', '.well-known', '(.)a', 'g', 'x', '@s')
  const paths = fc.array(fc.array(part, { maxLength: 4 }), { minLength: 5, maxLength: 5 })
  const root = t.testdir({})
  let count = 0
  let sound = 0
  let found = 0
  await fc.assert(fc.asyncProperty(tree, paths, async (files, paths) => {
    const dir = path.join(root, String(count++))
    for (const file of files) {
      fs.mkdirSync(path.join(dir, path.dirname(file)), { recursive: true })
      fs.writeFileSync(path.join(dir, file), '')
    }
    const expected = files.flatMap((file) => {
      const kind = /^(route)\.(?:[jt]sx?|[cm][jt]s)$|^(page)\.[jt]sx?$/.exec(path.basename(file))
      const segments = documentedPath(file.split('/').slice(0, -1))
      return kind === null || segments === undefined ? [] : [{ kind: kind[1] ?? kind[2], file, segments, path: '/' + segments.join('/') }]
    }).sort((a, b) => a.file < b.file ? -1 : 1)
    const { entries } = await scan(dir)
    const written = (list: Array<{ kind?: string, file: string, path: string }>): string => list.map(({ kind, file, path }) => `${kind} ${file} ${path}`).join('\n')
    if (written(entries) !== written(expected)) throw new Error(`found:\n${written(entries)}\nexpected:\n${written(expected)}`)

    if (findConflicts(entries, 16).length > 0) return
    sound++
    const routes = [...new Map(expected.filter(({ kind }) => kind === 'route').map(({ path, segments }) => [path, segments])).values()]
    const table = new RouteTable(routes.map(toRoute))
    for (const parts of paths) {
      const owner = walk(routes, parts)
      const route = table.match('/' + parts.join('/'))
      if (owner !== null) found++
      const [a, b] = [route?.path, owner === null ? undefined : '/' + owner.names.join('/')]
      if (a !== b) throw new Error(`/${parts.join('/')} belongs to ${b}, was given to ${a}`)
      if (route !== null && owner !== null) {
        const [is, should] = [readParams(route, '/' + parts.join('/'), 0), owner.params].map((params) => JSON.stringify(Object.entries(params).sort()))
        if (is !== should) throw new Error(`/${parts.join('/')} has the parameters ${should}, was given ${is}`)
      }
    }
  }), { seed: 4, numRuns: 300 })
  t.ok(sound > 100 && found > 50, `${sound} of the trees were sound, ${found} of the paths were found`)
})

t.test('an escaped letter never gets to the static folder that it decodes to', async (t) => {
  let tried = 0
  fc.assert(fc.property(directory, urlPath, (routes, path) => {
    fc.pre(path.includes('%61'))
    const route = new RouteTable(routes.map(toRoute)).match(path)
    if (route === null) return true
    tried++
    const parts = path.slice(1).split('/')
    return route.segments.every((segment, index) => segment.kind !== 'static' || parts[index] !== '%61')
  }), { numRuns: 3000 })
  t.ok(tried > 100)
})

t.test('the table lists the most specific routes first', async (t) => {
  fc.assert(fc.property(directory, (routes) => {
    const rank = (name: string): number => name.startsWith('[[') ? 3 : name.startsWith('[...') ? 2 : name.startsWith('[') ? 1 : 0
    const sorted = new RouteTable(routes.map(toRoute)).routes.map((route) => route.path.split('/').slice(1))
    return sorted.every((names, index) => {
      const next = sorted[index + 1]
      if (next === undefined) return true
      const at = names.findIndex((name, depth) => next[depth] !== undefined && rank(name) !== rank(next[depth]!))
      const differs = names.findIndex((name, depth) => next[depth] !== name)
      return at === -1 || at !== differs || rank(names[at]!) < rank(next[at]!)
    })
  }), { numRuns: 500 })
  t.pass()
})

const oddPath = fc.array(fc.oneof(fc.constantFrom('.', '..', '%2e', '%2E%2e', '.%2e', '/', '//', '\\', 'a', 'b.c', '%2F', '%5C', ';', ':', '@', 'ü', ' ', '\t', '...', '%', '%25', 'evil.com', '"', '<', '{', '|', '^', '`', '[', '\0'), fc.string({ maxLength: 3 })), { maxLength: 10 }).map((parts) => '/' + parts.join('').replace(/[?#]/g, ''))
const query = fc.constantFrom('', '?', '?a=1', '?a=//b/../c', '?a#b', '#f', '#f?a', '?a?b')

t.test('paths are taken from targets and resolved as the URL class does it', async (t) => {
  fc.assert(fc.property(oddPath, query, (path, query) => {
    const target = path + query
    if (pathOf(target) !== path || pathOf('http://h:80' + target) !== path) return false
    const [beforeFragment] = query.split('#', 1)
    if (searchOf(target) !== beforeFragment || searchOf('http://h' + target) !== beforeFragment) return false
    const resolved = resolvePath(path)
    const expected = new URL('http://n' + path.replace(/[\\/]+/g, '/')).pathname.replace(/\/+/g, '/')
    // The URL class of Node.js 20 overlooks some dot segments.
    const isSound = !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(expected)
    return (resolved === expected || !isSound) && /^\/(?!\/)/.test(resolved) && !/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(resolved) && !resolved.includes('\\') && resolvePath(resolved) === resolved
  }), { numRuns: 5000 })
  t.pass()
})

t.test('dot segments that a URL class overlooks are resolved', async (t) => {
  for (const [path, resolved] of [['/&/.[//.', '/&/.[/'], ['/a/.[/..', '/a/'], ['/.[/../..', '/'], ['/.[/%2e%2E/b', '/b']] as const) {
    t.equal(resolvePath(path), resolved)
    t.equal(canonicalPath(path, 'ignore'), resolved)
  }
})

t.test('a path that is canonical is what the URL class makes of it, and each redirect leads to one after two steps at most', async (t) => {
  // Blanks and control characters no request target can hold.
  const sendable = oddPath.map((path) => path.replace(/[^\x21-\x7e]/g, 'z'))
  fc.assert(fc.property(sendable, fc.constantFrom<boolean | 'ignore'>(true, false, 'ignore'), (path, trailingSlash) => {
    const first = canonicalPath(path, trailingSlash)
    if (first === null) {
      const parts = (text: string): string[] => text.split('/').filter((part) => part !== '')
      const { pathname } = new URL('http://n' + path)
      return parts(pathname).length === parts(path).length && !pathname.includes('//')
    }
    if (!/^\/(?![/\\])/.test(first)) return false
    const second = canonicalPath(first, trailingSlash)
    return second === null || canonicalPath(second, trailingSlash) === null
  }), { numRuns: 5000 })
  t.pass()
})

const TARGETS: HostName[] = ['fastify']
t.test('no target makes a server fail or hang', async (t) => {
  const dir = t.testdir(app('', 'x', '[a]/y', 'c/[...s]'))
  onEveryHost(t, { dir }, async (t, host) => {
    await fc.assert(fc.asyncProperty(oddPath, query, async (path, query) => {
      // eslint-disable-next-line no-control-regex -- Node.js's parser refuses these, and a client can't send them
      const target = (path + query).replace(/[\x00-\x20\x7f-\uffff]/g, 'z')
      const status = statusOf(await raw(host, target))
      return status >= 200 && status < 500
    }), { numRuns: 200 })
    t.strictSame(host.errors.filter((error) => error.statusCode !== 400), [])
  }, [...TARGETS, 'express 5', 'node:http'])
})

/** `headers`, `redirects`, `rewrites` and the paths of next.config, on every host. */
import express from 'express'
// @ts-expect-error -- the alias has no declarations of its own
import express4 from 'express4'
import fc from 'fast-check'
import Fastify from 'fastify'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { Destination } from '../../lib/proxy/destination.ts'
import { HeaderRule, readPath, RedirectRule, RewriteRule } from '../../lib/proxy/rule.ts'
import { onEveryHost, start, type HostName, type StartOptions } from '../hosts.ts'

const say = (name: string): { 'route.js': string } => ({
  'route.js': `
const answer = async (request, { params }) => Response.json({ name: ${JSON.stringify(name)}, params: await params ?? {}, url: request.url.replace(/^https?:\\/\\/[^/]+/, ''), path: request.nextUrl.pathname, query: [...request.nextUrl.searchParams], body: request.body === null ? null : await request.text() }, { headers: { 'x-both': 'handler', 'set-cookie': 'handler=1' } })
export { answer as GET, answer as POST }`
})

const FILES = { hello: say('hello'), old: say('old'), docs: { ...say('docs'), '[...page]': say('docs/[...page]') }, items: { '[id]': say('items/[id]') } }

const dirOf = (t: any, files: any = FILES): string => path.join(t.testdir({ app: files }), 'app')

t.test('headers', async (t) => {
  const headers: StartOptions['headers'] = () => [
    { source: '/:path*', headers: [{ key: 'x-all', value: 'all' }, { key: 'x-late', value: 'first' }] },
    { source: '/hello', headers: [{ key: 'x-both', value: 'rule' }, { key: 'X-Late', value: 'last' }, { key: 'Set-Cookie', value: 'rule=1' }] },
    { source: '/docs/:page*', headers: [{ key: 'x-page', value: 'at :page* of :page' }, { key: 'x-:page', value: 'named' }] },
    { source: '/items/:id(\\d+)', headers: [{ key: 'x-number', value: ':id' }] },
    { source: '/items/:id', has: [{ type: 'header', key: 'x-tenant', value: '(?<tenant>[a-z]+)' }, { type: 'query', key: 'q' }], missing: [{ type: 'cookie', key: 'off', value: 'yes' }], headers: [{ key: 'x-found', value: ':tenant/:q/:id' }] }
  ]
  onEveryHost(t, { dir: dirOf(t), headers }, async (t, host) => {
    const hello = await host.send('/hello')
    t.match(hello.headers, { 'x-all': 'all', 'x-late': 'last', 'x-both': 'rule' }, 'a later rule wins, and any wins over the handler')
    t.strictSame(hello.headers['set-cookie'], ['rule=1', 'handler=1'])
    t.equal(hello.json().name, 'hello')
    t.match((await host.send('/docs/a')).headers, { 'x-page': 'at a of a', 'x-a': 'named' })
    t.equal((await host.send('/items/7')).headers['x-number'], '7')
    t.notHas((await host.send('/items/x')).headers, { 'x-number': /./ })
    const asked = { path: '/items/%C3%BC?q=1&q=a%20b', headers: { 'x-tenant': 'acme' } }
    t.equal((await host.send(asked)).headers['x-found'], 'acme/a b/%C3%BC', 'of several values the last one counts')
    t.notHas((await host.send({ ...asked, headers: { 'x-tenant': 'acme', cookie: 'off=yes' } })).headers, { 'x-found': /./ })
    t.notHas((await host.send({ ...asked, headers: { 'x-tenant': 'ACME' } })).headers, { 'x-found': /./ }, 'expressions are of the whole value')
    t.notHas((await host.send('/items/7?q=1')).headers, { 'x-found': /./ })
    t.match(await host.send({ method: 'DELETE', path: '/hello' }), { status: 405, headers: { 'x-all': 'all' } }, 'answers that are not of handlers have them, too')
  })
})

t.test('values that are not in ASCII are UTF-8, whoever answers, and with whatever body', async (t) => {
  const dir = dirOf(t, {
    text: { 'route.js': "export const GET = () => new Response('x')" },
    bytes: { 'route.js': "export const GET = () => new Response(new Uint8Array([120]), { headers: { 'content-type': 'a/b' } })" },
    none: { 'route.js': 'export const GET = () => new Response(null, { status: 204 })' },
    fails: { 'route.js': "export const GET = () => { throw new Error('no') }" }
  })
  const options: StartOptions = {
    dir,
    proxyScope: 'host',
    headers: [{ source: '/:path*', headers: [{ key: 'x-u', value: 'ü' }, { key: 'vary', value: 'x' }] }],
    fastify: (server) => { server.get('/host', () => 'host').get('/host-bytes', () => Buffer.from('host')) },
    expressAfter: (app) => { app.get('/host', (_req, res) => { res.send('host') }).get('/host-bytes', (_req, res) => { res.writeHead(200, { 'content-length': '4' }).end(Buffer.from('host')) }) }
  }
  onEveryHost(t, options, async (t, host) => {
    const paths = ['/text', '/bytes', '/none', '/fails', '/nothing', ...host.name === 'node:http' ? [] : ['/host', '/host-bytes']]
    for (const path of paths) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await host.send({ path, method })
        t.equal(Buffer.from(answer.headers['x-u'] as string, 'latin1').toString(), 'ü', `${method} ${path}: ${answer.status}`)
        if (path.startsWith('/host') && method === 'GET') t.match(answer, { status: 200, text: 'host', headers: { 'content-length': '4' } })
      }
    }
  }, ['fastify', 'express 4', 'express 5', 'node:http'])
})

t.test('redirects', async (t) => {
  const redirects: StartOptions['redirects'] = async () => [
    { source: '/old', destination: '/hello', permanent: true },
    { source: '/soon', destination: '/hello?from=soon#top', permanent: false },
    { source: '/code', destination: 'https://example.com/', statusCode: 302 },
    { source: '/a/:x/:rest*', destination: '/b/:rest*/:x?x=:x', permanent: false },
    { source: '/opt/:x?', destination: '/docs/:x?', permanent: false },
    { source: '/ex/:id(\\d{2,})', destination: '/items/:id', permanent: false },
    { source: '/(de|fr)/:path*', destination: '/docs/:path*', permanent: false },
    { source: '/who', has: [{ type: 'host', value: '(?<shop>[a-z-]+)\\.example' }], destination: 'https://:shop.example.com/who', permanent: false },
    { source: '/cookie', has: [{ type: 'cookie', key: 'to', value: '(?<to>.*)' }], destination: '/items/:to', permanent: false },
    { source: '/own', destination: '/own', has: [{ type: 'header', key: 'x-never' }], permanent: false }
  ]
  onEveryHost(t, { dir: dirOf(t), redirects }, async (t, host) => {
    const leads = async (path: string, headers: Record<string, string> = {}): Promise<[number, unknown]> => {
      const answer = await host.send({ path, headers: host.name === 'fastify http2' ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name === 'host' ? ':authority' : name, value])) : headers })
      return [answer.status, answer.headers.location]
    }
    t.strictSame(await leads('/old?a=1'), [308, '/hello?a=1'], 'before files, with the query')
    t.strictSame(await leads('/OLD'), [308, '/hello'], 'in any case')
    t.strictSame(await leads('/soon?from=me&b=2'), [307, '/hello?b=2&from=soon#top'], 'its own query wins')
    t.strictSame(await leads('/code'), [302, 'https://example.com/'])
    t.strictSame(await leads('/a/1'), [307, '/b/1?x=1'])
    t.strictSame(await leads('/a/1/2/3%2F4'), [307, '/b/2/3%2F4/1?x=1'], 'an encoded slash stays one')
    t.strictSame(await leads('/opt'), [307, '/docs'])
    t.strictSame(await leads('/opt/%C3%BC'), [307, '/docs/%C3%BC'])
    t.strictSame(await leads('/ex/42'), [307, '/items/42'])
    t.strictSame((await leads('/ex/4'))[0], 404)
    t.strictSame(await leads('/fr/a/b'), [307, '/docs/a/b'])
    t.strictSame(await leads('/who', { host: 'my-shop.example:8080' }), [307, 'https://my-shop.example.com/who'])
    t.strictSame((await leads('/who', { host: 'my.shop.example' }))[0], 404)
    t.strictSame(await leads('/cookie', { cookie: 'to=a b' }), [307, '/items/a%20b'])
    t.strictSame(await leads('/cookie', { cookie: 'to=//evil.example/ü?' }), [307, '/items/evil.example/%C3%BC%3F'], 'what it holds is encoded, slashes at its start fold')
    t.equal((await leads('/cookie', { cookie: 'to=../../x' }))[0], 400, 'and leads nowhere else')
    t.equal((await leads('/own'))[0], 404)
    t.match(await host.send({ method: 'POST', path: '/old', body: 'x' }), { status: 308, text: '/hello', headers: { refresh: '0;url=/hello' } })
  })
})

t.test('rewrites', async (t) => {
  const origin = http.createServer((req, res) => { res.end(`origin ${req.method} ${req.url}`) }).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  t.teardown(() => { origin.close(); origin.closeAllConnections() })
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
  const rewrites = {
    beforeFiles: [
      { source: '/old', destination: '/hello' },
      { source: '/chain', destination: '/chain/2' },
      { source: '/chain/:n', destination: '/items/:n' }
    ],
    afterFiles: [
      { source: '/hello', destination: '/docs' },
      { source: '/items/8', destination: '/hello?after=1' },
      { source: '/shop/:path*', destination: '/docs/:path*' },
      { source: '/query/:id/:q', destination: '/items/:id?kept=1' },
      { source: '/all/:a/:b', destination: '/hello' },
      { source: '/ext/:path*', destination: `${url}/base/:path*?x=1` }
    ],
    fallback: [{ source: '/items/:id', destination: '/hello' }, { source: '/none/:path*', destination: '/docs/:path*' }, { source: '/:path*', has: [{ type: 'query' as const, key: 'proxied' }], destination: `${url}/:path*` }]
  }
  onEveryHost(t, { dir: dirOf(t), rewrites }, async (t, host) => {
    const at = async (path: string) => (await host.send(path)).json()
    t.match(await at('/old?a=1'), { name: 'hello', url: '/old?a=1' }, 'beforeFiles win over files; the handler sees what was asked for')
    t.match(await at('/chain'), { name: 'items/[id]', params: { id: '2' } }, 'those that follow see the new path')
    t.match(await at('/hello'), { name: 'hello' }, 'a file without parameters comes before afterFiles')
    t.match(await at('/items/8'), { name: 'hello' }, 'afterFiles come before files with parameters')
    t.match(await at('/items/9'), { name: 'items/[id]' }, 'which come before fallback')
    t.match(await at('/shop'), { name: 'docs' })
    t.match(await at('/shop/a/b%2Fc'), { name: 'docs/[...page]', params: { page: ['a', 'b/c'] } })
    t.match(await at('/none/x'), { name: 'docs/[...page]', params: { page: ['x'] } })
    t.equal((await host.send('/nothing/at/all')).status, 404)
    t.equal((await host.send('/ext/a%20b?y=2&x=0')).text, 'origin GET /base/a%20b?y=2&x=1')
    t.equal((await host.send({ method: 'POST', path: '/ext/p', body: 'x' })).text, 'origin POST /base/p?x=1')
    t.equal((await host.send('/unknown/x?proxied=1')).text, 'origin GET /unknown/x?proxied=1', 'to another server, after everything else')
    t.match((await host.send({ method: 'POST', path: '/old', body: 'payload' })).json(), { name: 'hello', body: 'payload' })
  })
  for (const name of ['express 4', 'express 5'] as const) {
    const rewrites = [{ source: '/to-host/:id', destination: '/host?id=:id' }]
    const answer = (req: any, res: any): void => { res.json({ query: req.query, url: req.url, seen: req.seen }) }
    const look = (req: any, _res: any, next: () => void): void => {
      req.seen = req.query
      next()
    }
    for (const options of [{ expressAfter: (app: any) => { app.get('/host', answer) } }, { fallback: ((name === 'express 4' ? express4() : express()) as any).get('/host', answer) }]) {
      const host = await start(name, { dir: dirOf(t), rewrites, proxyScope: 'host', express: (app) => { app.use(look) }, ...options })
      t.match((await host.send('/to-host/7?a[b]=1')).json(), { query: { a: name === 'express 4' ? { b: '1' } : undefined, id: '7' }, url: '/host?a[b]=1&id=7', seen: {} }, `${name}: to what stands behind, with the query of the target`)
      await host.close()
    }
    const mounted = await start(name, { dir: dirOf(t), prefix: '/m', rewrites: [{ source: '/m/to-host/:id', destination: '/m/host?id=:id' }], proxyScope: 'host', expressAfter: (app) => { app.set('query parser', (text: string | null) => ({ own: text })).get('/m/host', answer) } })
    t.strictSame((await mounted.send('/m/to-host/7')).json().query, { own: 'id=7' }, 'by the parser of the application')
    await mounted.close()
  }
  for (const name of ['fastify', 'fastify inject', 'fastify http2'] as const) {
    const host = await start(name, {
      dir: dirOf(t),
      rewrites: [{ source: '/to-host/:id', destination: '/host/:id' }, { source: '/host/:id', destination: '/hello' }, { source: '/exact', destination: '/hello' }, { source: '/q/:id', destination: '/host/x' }],
      fastify (server) {
        server.get('/host/:id', (request) => ({ host: request.params, query: request.query, seen: request.headers['x-seen'] }))
        server.get('/exact', () => ({ host: 'exact' }))
        server.addHook('onRequest', (request, _reply, done) => { request.headers['x-seen'] = `${request.url} ${request.originalUrl}`; done() })
      }
    })
    t.match((await host.send('/to-host/7')).json(), { host: { id: '7' }, seen: '/host/7 /to-host/7' }, `${name}: to a route of the host, whose hooks run`)
    t.match((await host.send('/q/5')).json(), { host: { id: 'x' }, query: { id: '5' } }, 'parameters without a place are in the query')
    t.match((await host.send('/host/7')).json(), { host: { id: '7' } }, "the host's own routes are not touched")
    t.match((await host.send('/exact')).json(), { host: 'exact' })
    await host.close()
  }
})

t.test('headers, redirects, proxy, beforeFiles, files, afterFiles, dynamic, fallback: in this order', async (t) => {
  const root = t.testdir({
    'proxy.js': `
    import { NextResponse } from 'next/server'
    export function proxy (request) {
      const { pathname } = request.nextUrl
      if (pathname === '/redirected') return new Response('never')
      if (pathname.startsWith('/go/')) return NextResponse.rewrite(new URL(pathname.slice(3), request.url), { headers: { 'x-order': 'proxy' } })
    }`,
    app: FILES
  })
  const options: StartOptions = {
    dir: path.join(root, 'app'),
    proxyScope: 'host',
    headers: [{ source: '/go/:path*', headers: [{ key: 'x-order', value: 'rule' }, { key: 'x-rule', value: 'yes' }] }],
    redirects: [{ source: '/redirected', destination: '/hello', permanent: false }, { source: '/only', destination: '/never', permanent: false }],
    rewrites: { beforeFiles: [{ source: '/before', destination: '/hello' }], afterFiles: [{ source: '/after', destination: '/hello' }], fallback: [{ source: '/last', destination: '/hello' }] }
  }
  onEveryHost(t, options, async (t, host) => {
    t.match(await host.send('/redirected'), { status: 307, headers: { location: '/hello' } }, 'redirects come before the proxy')
    for (const target of ['/go/before', '/go/after', '/go/last', '/go/hello']) {
      t.match(await host.send(target), { status: 200, headers: { 'x-order': 'proxy', 'x-rule': 'yes' } }, `${target}: rewrites look at where the proxy leads`)
    }
    t.equal((await host.send('/go/only')).status, 404, 'redirects do not')
  })
})

t.test('basePath', async (t) => {
  const options: StartOptions = {
    dir: dirOf(t, { ...FILES, ...say('root') }),
    basePath: '/base',
    redirects: [{ source: '/from', destination: '/hello', permanent: false }, { source: '/outside', destination: '/base/hello', basePath: false, permanent: false }],
    rewrites: [{ source: '/re', destination: '/hello' }],
    headers: [{ source: '/hello', headers: [{ key: 'x-in', value: '1' }] }, { source: '/base/docs', basePath: false, headers: [{ key: 'x-out', value: '1' }] }]
  }
  onEveryHost(t, options, async (t, host) => {
    t.match((await host.send('/base/hello?a=1')).json(), { name: 'hello', url: '/hello?a=1', path: '/hello', query: [['a', '1']] }, 'handlers do not see it')
    t.match((await host.send('/base')).json(), { name: 'root', path: '/' })
    t.equal((await host.send('/hello')).status, 404)
    t.equal((await host.send('/basement/hello')).status, 404)
    t.match(await host.send('/base/hello/'), { status: 308, headers: { location: '/base/hello' } })
    t.match(await host.send('/base/from?x=1'), { status: 307, headers: { location: '/base/hello?x=1' } }, 'it is put in front of source and destination')
    t.equal((await host.send('/from')).status, 404)
    t.match((await host.send('/base/re')).json(), { name: 'hello' })
    t.match((await host.send('/base/hello')).headers, { 'x-in': '1' })
    t.match((await host.send('/base/docs')).headers, { 'x-out': '1' }, 'unless the rule says otherwise')
  })
  const fastify = await start('fastify', options)
  t.match(await fastify.send('/outside'), { status: 307, headers: { location: '/base/hello' } })
  await fastify.close()
  const wrong = Fastify()
  await t.rejects(Promise.resolve(wrong.register(appRoutes, { ...options, prefix: '/api' }).after()).then(() => wrong.ready()), { code: 'FAR_ERR_OPTION', message: /prefix '\/api', which its `basePath` does not begin with: '\/base'/ })
})

t.test('slashes', async (t) => {
  onEveryHost(t, { dir: dirOf(t), skipTrailingSlashRedirect: true }, async (t, host) => {
    for (const target of ['/hello', '/hello/', '/items/1/', '/docs/a/']) t.equal((await host.send(target)).status, 200, target)
  })
  onEveryHost(t, { dir: dirOf(t), trailingSlash: true, redirects: [{ source: '/from', destination: '/hello/', permanent: false }] }, async (t, host) => {
    t.equal((await host.send('/hello/')).status, 200)
    t.match(await host.send('/hello'), { status: 308, headers: { location: '/hello/' } })
    t.match(await host.send('/from/'), { status: 307, headers: { location: '/hello/' } })
  })
})

t.test('a next.config', async (t) => {
  const rules = `
    basePath: '/base', trailingSlash: false, reactStrictMode: true, images: { domains: [] },
    async headers () { return [{ source: '/hello', headers: [{ key: 'x-config', value: '1' }] }] },
    async redirects () { return [{ source: '/from', destination: '/hello', permanent: true }] },
    async rewrites () { return { fallback: [{ source: '/to', destination: '/hello' }] } }`
  const files: Record<string, string> = {
    'next.config.mjs': `export default { ${rules} }`,
    'function.config.mjs': `export default async (phase, { defaultConfig }) => { if (!phase.startsWith('phase-') || typeof defaultConfig !== 'object') throw new Error('no phase'); return { ${rules} } }`,
    'next.config.cjs': `module.exports = { ${rules} }`,
    'next.config.ts': `import type { NextConfig } from 'next'\nconst config: NextConfig = { ${rules} }\nexport default config`
  }
  const root = t.testdir({ ...files, 'broken.mjs': 'export default 5', 'throws.mjs': 'throw new Error("no env")', 'slash.mjs': 'export default { trailingSlash: 1 }', 'rules.mjs': 'export default { redirects: () => [{ source: "x" }] }', app: FILES })
  const dir = path.join(root, 'app')
  for (const file of Object.keys(files)) {
    const lines: any[] = []
    for (const name of ['fastify', 'express 5'] as HostName[]) {
      const host = await start(name, { dir, nextConfig: path.join(root, file), fastifyOptions: { logger: { level: 'info', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } } } })
      t.match(await host.send('/base/hello'), { status: 200, headers: { 'x-config': '1' } }, `${file} on ${name}`)
      t.match(await host.send('/base/from'), { status: 308, headers: { location: '/base/hello' } })
      t.match((await host.send('/base/to')).json(), { name: 'hello' })
      await host.close()
    }
    t.strictSame(lines.map(({ msg }) => msg as string).filter((msg) => msg.includes('ignored')), [`${file}: basePath, headers, redirects, rewrites, trailingSlash read; ignored: reactStrictMode, images`])
  }
  const winning = await start('fastify', { dir, nextConfig: path.join(root, 'next.config.mjs'), basePath: '', headers: [] })
  t.equal((await winning.send('/hello')).headers['x-config'], undefined, 'options win')
  t.match(await winning.send('/from'), { status: 308, headers: { location: '/hello' } })
  await winning.close()
  for (const [file, message] of [['broken.mjs', /broken\.mjs cannot be used: it has to give an object, not 5/], ['throws.mjs', /throws\.mjs cannot be used: no env/], ['missing.mjs', /missing\.mjs cannot be used/], ['slash.mjs', /`trailingSlash` of slash\.mjs must be true or false/], ['rules.mjs', /Invalid redirect found in `redirects` of rules\.mjs:\n {2}1\. /]] as const) {
    await t.rejects(start('fastify inject', { dir, nextConfig: path.join(root, file) }), { code: 'FAR_ERR_OPTION', message }, file)
  }
})

t.test('rules that cannot be are told, each by its number, in the words of Next.js', async (t) => {
  const dir = dirOf(t)
  const to = { destination: '/hello', permanent: true }
  const wrong: Array<[options: Record<string, unknown>, ...messages: Array<string | RegExp>]> = [
    [{ redirects: [{ source: 'x', ...to }] }, 'Invalid redirect found in the option `redirects`:\n  1. `source` does not start with / for route {"source":"x"'],
    [{ redirects: [{ source: '/a', ...to }, { ...to }, 5, null] }, 'Invalid redirects found', '2. `source` is missing', '3. The route 5 is not a valid object with `source` and `destination`', '4. The route null'],
    [{ redirects: [{ source: '/a' }] }, '`destination` is missing', '`permanent` is not set to `true` or `false`'],
    [{ redirects: [{ source: '/a', destination: '/b', statusCode: 200 }] }, '`statusCode` is not undefined or valid statusCode (301, 302, 303, 307, 308)'],
    [{ redirects: [{ source: '/a', destination: 'b', permanent: true }] }, '`destination` does not start with `/`, `http://`, or `https://`'],
    [{ redirects: [{ source: '/a', ...to, hass: [], locale: true, basePath: true }] }, 'invalid field: hass', '`locale` must be undefined or false', '`basePath` must be undefined or false'],
    [{ redirects: [{ source: '/a/(', ...to }] }, '`source` parse failed'],
    [{ redirects: [{ source: '/' + 'a'.repeat(5000), ...to }] }, '`source` exceeds max built length of 4096'],
    [{ redirects: [{ source: '/a/:x', destination: '/b/:y', permanent: true }] }, '`destination` has segments not in `source` or `has` (y)'],
    [{ redirects: [{ source: '/a/:x*', destination: '/b/:x', permanent: true }] }, 'To use a multi-match in the destination you must add `*`'],
    [{ redirects: [{ source: '/a/(.*)', destination: '/b/:0', permanent: true }] }, '`destination` has unnamed params :0'],
    [{ redirects: [{ source: '/a', ...to, has: [{ type: 'body', key: 'x' }, { type: 'host' }, { type: 'header', value: '(' }] }] }, 'invalid type "body"', 'value is required for "host" type', 'invalid key "undefined"', 'value "(" is no regular expression'],
    [{ redirects: () => ({}) }, /redirects must return an array, received object/],
    [{ redirects: () => { throw new Error('no list') } }, 'the option `redirects` failed: no list'],
    [{ rewrites: [{ source: '/a', destination: '/b', basePath: false }] }, 'rewrites urls outside of the basePath'],
    [{ rewrites: { beforeFiles: [{ source: '/a' }] } }, 'Invalid rewrite found in the option `rewrites` (beforeFiles)', '`destination` is missing'],
    [{ rewrites: { before: [] } }, /rewrites must return an array/],
    [{ headers: [{ source: '/a' }] }, '`headers` field must be an array'],
    [{ headers: [{ source: '/a', headers: [] }] }, '`headers` field cannot be empty'],
    [{ headers: [{ source: '/a', headers: [{ value: 'x' }] }] }, '`key` in header item must be string'],
    [{ headers: [{ source: '/a', headers: [{ key: 'x', value: 1 }] }] }, '`value` in header item must be string'],
    [{ headers: [{ source: '/a', headers: [{ key: 'a b', value: 'x' }] }] }, 'cannot be sent'],
    [{ headers: [{ source: '/a', headers: [{ key: 'x', value: 'a\nb' }] }] }, 'cannot be sent'],
    [{ headers: 'x' }, 'The option `headers` must be an array of rules, or a function that gives one'],
    [{ basePath: 'x' }, 'Specified basePath has to start with a /, found "x"'],
    [{ basePath: '/x/' }, 'Specified basePath should not end with /, found "/x/"'],
    [{ basePath: '/' }, 'Specified basePath /.'],
    [{ basePath: '/a/../b' }, 'plain path'],
    [{ basePath: '/:a' }, 'plain path'],
    [{ proxyScope: 'all' }, "The option `proxyScope` must be 'routes' or 'host'"],
    [{ proxy: true }, 'The option `proxy` must be a path, a file: URL, or false']
  ]
  for (const [options, ...messages] of wrong) {
    const name = JSON.stringify(options).slice(0, 100)
    for (const host of ['fastify inject', 'express 5'] as const) {
      const error = await start(host, { dir, ...options }).then(() => undefined, (error: unknown) => error) as { code?: string, message: string } | undefined
      t.equal(error?.code, 'FAR_ERR_OPTION', `${host}: ${name}`)
      for (const message of messages) t.ok(typeof message === 'string' ? error?.message.includes(message) : message.test(error?.message ?? ''), `${String(message)} — ${error?.message}`)
    }
  }
})

t.test('whatever a client sends, a rule leads nowhere but where it says', async (t) => {
  const asked = (headers: Record<string, string>) => ({ headers, origin: () => 'http://localhost' })
  const segment = fc.oneof(fc.string({ maxLength: 8 }).map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ''))), fc.constantFrom('%2F', '%5C', '..%2F..', '%2e%2e', 'evil.example', '@', ':', '%0d%0aset-cookie:x', 'a%00', "'", '~', ';x', '%25', 'a', 'b')).filter((text) => text !== '' && !/^(?:\.|%2e){1,2}$/i.test(text))
  const segments = fc.array(segment, { minLength: 1, maxLength: 4 })
  const value = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('//evil.example', '/\\evil', '../..', '..', '.', 'x/../y', 'a.b', 'evil.example/x?', '#', '@evil', 'x\ty'))

  const redirect = new RedirectRule({ source: '/in/:path*', destination: '/out/:path*', permanent: false }, '')
  fc.assert(fc.property(segments, (parts) => {
    const found = redirect.match(readPath('/in/' + parts.join('/')), asked({}), '')!
    const location = redirect.locationFor(found, '')
    const url = new URL(location, 'http://localhost')
    if (url.origin !== 'http://localhost' || !url.pathname.startsWith('/out/')) throw new Error(location)
    const got = url.pathname.slice('/out/'.length).split('/').map(decodeURIComponent)
    if (got.join('\n') !== parts.map(decodeURIComponent).join('\n')) throw new Error(`${location} is not of ${parts.join('/')}`)
  }), { numRuns: 1000 })
  t.pass('segments of a path stay what they are')

  const byHeader = new RedirectRule({ source: '/in', has: [{ type: 'header', key: 'x-to', value: '(?<to>[^]*)' }], destination: '/out/:to?q=:to#:to', permanent: false }, '')
  const byHost = new RedirectRule({ source: '/in', has: [{ type: 'header', key: 'x-to', value: '(?<to>[^]*)' }], destination: 'https://:to.example.com/x', permanent: false }, '')
  const rewrite = new RewriteRule({ source: '/in', has: [{ type: 'header', key: 'x-to', value: '(?<to>[^]*)' }], destination: '/out/:to' }, '')
  const refusing = (lead: () => string): string | undefined => {
    try {
      return lead()
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 400) throw error
      return undefined
    }
  }
  let followed = 0
  fc.assert(fc.property(value, (text) => {
    const request = asked({ 'x-to': text })
    const found = byHeader.match(readPath('/in'), request, '')
    if (found === null) return
    const location = refusing(() => byHeader.locationFor(found, ''))
    const url = new URL(location ?? '/out', 'http://localhost')
    if (url.origin !== 'http://localhost' || !url.pathname.startsWith('/out')) throw new Error(location)
    const host = refusing(() => byHost.locationFor(byHost.match(readPath('/in'), request, '')!, ''))
    if (host !== undefined && !new URL(host).hostname.endsWith('.example.com')) throw new Error(host)
    const place = refusing(() => rewrite.targetFor(rewrite.match(readPath('/in'), request, '')!, '').path)
    if (place !== undefined && !new URL(place, 'http://localhost').pathname.startsWith('/out')) throw new Error(place)
    followed++
  }), { numRuns: 1000 })
  t.ok(followed > 500)

  const header = new HeaderRule({ source: '/in/:path*', has: [{ type: 'header', key: 'x-to', value: '(?<to>[^]*)' }], headers: [{ key: 'x-:to', value: ':to of :path*' }] }, '')
  fc.assert(fc.property(segments, value, (parts, text) => {
    const found = header.match(readPath('/in/' + parts.join('/')), asked({ 'x-to': text }), '')
    if (found === null) return
    const pair = refusing(() => header.headersFor(found).join('\n'))
    if (pair === undefined) return
    const [name, ...rest] = pair.split('\n')
    if (rest.length !== 1) throw new Error(pair)
    http.validateHeaderName(name!)
    http.validateHeaderValue(name!, rest[0]!)
  }), { numRuns: 1000 })
  t.pass('headers can be sent')
})

t.test('the query of a destination', async (t) => {
  const place = (destination: string, names: string[], values: Record<string, string>, search: string, appendsParams = true): string => new Destination(destination, { names, appendsParams }).with({ path: values, values: {} }, search).search
  t.equal(place('/x', ['a'], { a: '1' }, '?q=%20&q=2'), '?q=%20&q=2&a=1')
  t.equal(place('/x/:a', ['a', 'b'], { a: '1', b: '2' }, '?q=1'), '?q=1', 'where one parameter has a place, the others are not handed on')
  t.equal(place('/x?b=:b', ['a', 'b'], { a: '1', b: '2 3' }, '?b=0&c=%2B'), '?c=%2B&b=2%203&a=1')
  t.equal(place('/x?b=:b', ['a', 'b'], { a: '1', b: '2' }, '', false), '?b=2')
  t.equal(place('/x', [], {}, ''), '')
  fc.assert(fc.property(fc.webQueryParameters(), (query) => {
    const search = query === '' ? '' : `?${query}`
    if (place('/x', [], {}, search) !== search) throw new Error(query)
  }))
})

import t from 'tap'
import Fastify from 'fastify'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { fromApiRoute } from 'fastify-app-routes/legacy'
import { HOSTS, onEveryHost, sendHttp1, start } from '../hosts.ts'

/** Handlers of `pages/api`. The expected answers are Next.js 16.4.6's own, recorded from the same files. */

const api = (body: string): string => `export default async function handler (req, res) { ${body} }\n`

const PAGES = {
  api: {
    'index.mjs': api("res.status(201).send('root')"),
    'echo.mjs': api('res.json({ method: req.method, url: req.url, query: req.query, cookies: req.cookies, body: req.body, preview: req.preview ?? null, previewData: req.previewData, draftMode: req.draftMode ?? null })'),
    u: { '[id].mjs': api('res.json(req.query)') },
    all: { '[...all].mjs': api('res.json({ q: req.query, u: req.url })') },
    maybe: { '[[...all]].mjs': api('res.json(req.query)') },
    nested: { 'index.mjs': api('res.send("nested")'), index: { 'index.mjs': api('res.send("index")') } },
    '_private.mjs': api('res.send("not private")'),
    'raw.mjs': 'export const config = { api: { bodyParser: false } }\n' + api('let n = 0; for await (const chunk of req) n += chunk.length; res.json({ n, body: req.body === undefined })'),
    'small.mjs': "export const config = { api: { bodyParser: { sizeLimit: '10b' } } }\n" + api('res.json(req.body)'),
    'large.mjs': "export const config = { api: { bodyParser: { sizeLimit: '2mb' }, externalResolver: true, responseLimit: '1mb' } }\n" + api('res.send(req.body)'),
    'throws.mjs': api("throw new Error('secret')"),
    'throwsEnded.mjs': api("res.end('full'); throw new Error('late')"),
    'never.mjs': api('globalThis.apiSeen.started(); res.on("close", () => globalThis.apiSeen.closed("closed"))'),
    'commonjs.cjs': "module.exports = (req, res) => { res.json({ kind: 'cjs', id: req.query.id }) }\nmodule.exports.config = { api: { bodyParser: false } }\n",
    'compiled.cjs': "Object.defineProperty(exports, '__esModule', { value: true })\nexports.default = (req, res) => { res.json({ kind: 'compiled' }) }\n",
    'typed.ts': "import type { IncomingMessage } from 'node:http'\nexport default function handler (req: IncomingMessage, res: any): void { res.status(200).json({ typed: req.method }) }\n",
    send: {
      '[what].mjs': `
        import { Readable } from 'node:stream'
        const senders = {
          string: (res) => res.send('text'),
          html: (res) => { res.setHeader('content-type', 'text/html'); res.send('<b>') },
          object: (res) => res.send({ a: 1 }),
          number: (res) => res.send(5),
          false: (res) => res.send(false),
          null: (res) => res.send(null),
          nothing: (res) => res.send(),
          buffer: (res) => res.send(Buffer.from('bytes')),
          stream: (res) => res.send(Readable.from(['a', 'b'])),
          breaks: (res) => res.send(Readable.from((async function * () { yield 'partial'; await new Promise((resolve) => setImmediate(resolve)); throw new Error('source broke') })())),
          204: (res) => res.status(204).json({ a: 1 }),
          jsonnull: (res) => res.json(null),
          jsonundef: (res) => res.json(undefined),
          redirect: (res) => res.redirect('/x'),
          redirect308: (res) => res.redirect(308, '/y'),
          badredirect: (res) => res.redirect(308),
          draft: (res) => res.setDraftMode({ enable: true }).end('on'),
          draftoff: (res) => res.setDraftMode({ enable: false }).end('off'),
          preview: (res) => res.setPreviewData({ a: 1 }, { maxAge: 60, path: '/p' }).end('p'),
          clear: (res) => { res.setHeader('set-cookie', 'own=1'); res.clearPreviewData().clearPreviewData().end('c') },
          clearpath: (res) => res.clearPreviewData({ path: '/p' }).end('c'),
          etagged: (res) => { res.setHeader('etag', '"mine"'); res.json({ a: 1 }) },
          uni: (res) => res.json({ a: 'ünï😀' }),
          write: async (res) => { res.write('a'); await new Promise((resolve) => setImmediate(resolve)); res.end('b') },
          bigpreview: (res) => res.setPreviewData('x'.repeat(3000)).end(),
          reval: async (res) => { try { await res.revalidate('x') } catch (error) { res.json(error.message) } },
          revalidate: async (res) => { await res.revalidate('/x'); res.json({ revalidated: true }) },
          response: () => Response.json({ a: 1 })
        }
        export default (req, res) => senders[req.query.what](res)
      `
    }
  }
}

const seen: Record<string, any> = (globalThis as any).apiSeen = {}

const fixture = (t: any, app: object = {}): { dir: string, pagesDir: string } => {
  const root = t.testdir({ app, pages: PAGES })
  return { dir: path.join(root, 'app'), pagesDir: path.join(root, 'pages') }
}

const withBody = (path: string, type: string | undefined, body: string | Uint8Array): any => ({ path, method: 'POST', body, headers: type === undefined ? {} : { 'content-type': type } })

t.test('requests', async (t) => {
  onEveryHost(t, fixture(t), async (t, { send, errors }) => {
    t.same((await send({ path: '/api/echo?a=1&b=2&b=3&c&id=%20', headers: { cookie: 'x=1; y=%20z; bad=%E0; q="quo"; x=2' } })).json(), {
      method: 'GET', url: '/api/echo?a=1&b=2&b=3&c&id=%20', query: { a: '1', b: ['2', '3'], c: '', id: ' ' }, cookies: { x: '1', y: ' z', bad: '%E0', q: 'quo' }, body: '', preview: null, previewData: false, draftMode: null
    })
    for (const [type, body, expected] of [
      ['application/json', '{"a":1}', { a: 1 }],
      ['application/json', '', {}],
      ['application/json; charset=utf-8', '0', 0],
      ['application/json', '\ufeff{"a":1}', { a: 1 }],
      ['application/ld+json', '[1]', [1]],
      ['application/vnd.api+json', '[1]', '[1]'],
      ['application/x-www-form-urlencoded', 'a=1&a=2&b=%20x', { a: ['1', '2'], b: ' x' }],
      ['text/plain', 'hello', 'hello'],
      ['text/plain; charset=latin1', Buffer.from('h\u00e9', 'latin1'), 'hé'],
      ['application/octet-stream', 'hello', 'hello'],
      ['bad type', 'hello', 'hello'],
      [undefined, 'hello', 'hello']
    ] as const) t.same((await send(withBody('/api/echo', type, body))).json().body, expected, `${type} ${body}`)

    for (const [target, query] of [['/api/u/5?id=9&x=1', { id: '5', x: '1' }], ['/api/u/a%2Fb%20c', { id: 'a/b c' }], ['/api/maybe', {}], ['/api/maybe/x', { all: ['x'] }]] as const) {
      t.same((await send(target)).json(), query, target)
    }
    t.same((await send('/api/all/a/b%2Fc')).json(), { q: { all: ['a', 'b/c'] }, u: '/api/all/a/b%2Fc' })
    for (const target of ['/api/all', '/api/index', '/api/nope', '/other']) t.equal((await send(target)).status, 404, target)
    t.match(await send('/api'), { status: 201, text: 'root', headers: { etag: '"dtr2sh9q7k4"' } })
    t.match(await send('/api/'), { status: 308, headers: { location: '/api' } })
    t.equal((await send('/api/nested')).text, 'nested')
    t.equal((await send('/api/nested/index')).text, 'index')
    t.equal((await send('/api/_private')).text, 'not private')
    t.same((await send('/api/commonjs?id=1')).json(), { kind: 'cjs', id: '1' })
    t.same((await send('/api/compiled')).json(), { kind: 'compiled' })
    t.same((await send('/api/typed')).json(), { typed: 'GET' })
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) t.equal((await send({ path: '/api/echo', method })).json().method, method)
    t.same(errors, [])
  })
})

t.test('bodies that cannot be had', async (t) => {
  t.capture(console, 'warn')
  onEveryHost(t, fixture(t), async (t, { name, send, url }) => {
    t.match(await send(withBody('/api/echo', 'application/json', '{bad')), { status: 400, text: 'Invalid JSON' })
    t.match(await send(withBody('/api/echo', 'text/plain; charset=foo', 'hello')), { status: 400, text: 'Invalid body' })
    t.match(await send(withBody('/api/small', 'text/plain', '01234567890')), { status: 413, text: 'Body exceeded 10b limit' })
    t.equal((await send(withBody('/api/small', 'text/plain', '0123456789'))).text, '"0123456789"')
    t.match(await send(withBody('/api/echo', 'application/json', '0'.repeat(1024 * 1024 + 1))), { status: 413, text: 'Body exceeded 1mb limit' })
    t.equal((await send(withBody('/api/large', 'text/plain', '0'.repeat(1500_000)))).body.length, 1500_000, 'the limit of the config takes the place of the host\'s')
    t.same((await send(withBody('/api/raw', 'text/plain', '0'.repeat(200_000)))).json(), { n: 200_000, body: true })
    if (url === '' || name === 'fastify http2') return
    if (name !== 'fastify inject') t.equal((await send(withBody('/api/small', 'text/plain', '01234567890'))).statusText, 'Body exceeded 10b limit')
    const request = http.request(url + '/api/small', { method: 'POST', headers: { 'transfer-encoding': 'chunked' } })
    request.end('0'.repeat(5000))
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    response.resume()
    t.equal(response.statusCode, 413, 'growing')
  })
})

t.test('answers', async (t) => {
  const attributes = 'HttpOnly; Secure; SameSite=None'
  const gone = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'
  const json = 'application/json; charset=utf-8'
  onEveryHost(t, fixture(t), async (t, { send, errors }) => {
    for (const [what, status, text, headers] of [
      ['string', 200, 'text', { etag: '"dqk5jzru1q4"', 'content-length': '4', 'content-type': undefined }],
      ['html', 200, '<b>', { 'content-type': 'text/html', etag: '"12xk2hw9idb3"' }],
      ['object', 200, '{"a":1}', { etag: '"147uiiad94i7"', 'content-type': json, 'content-length': '7' }],
      ['number', 200, '5', { etag: '"a4x0p8bow61"', 'content-type': json }],
      ['false', 200, 'false', { etag: '"u64e2dhd7r5"', 'content-type': json }],
      ['null', 200, '', { etag: undefined }],
      ['nothing', 200, '', { etag: undefined }],
      ['buffer', 200, 'bytes', { 'content-type': 'application/octet-stream', 'content-length': '5' }],
      ['stream', 200, 'ab', { 'content-type': 'application/octet-stream', etag: undefined }],
      ['204', 204, '', { 'content-type': undefined }],
      ['jsonnull', 200, 'null', { etag: '"wm6yxsynvh4"', 'content-type': json }],
      ['jsonundef', 200, '', { 'content-type': json }],
      ['redirect', 307, '/x', { location: '/x' }],
      ['redirect308', 308, '/y', { location: '/y' }],
      ['draftoff', 200, 'off', {}],
      ['etagged', 200, '{"a":1}', { etag: '"147uiiad94i7"' }],
      ['uni', 200, '{"a":"ünï😀"}', { etag: '"16jpwokhbobd"', 'content-length': '17' }],
      ['write', 200, 'ab', {}],
      ['reval', 200, '"Invalid urlPath provided to revalidate(), must be a path e.g. /blog/post-1, received x"', { etag: '"groe9agbfa2g"' }]
    ] as const) t.match(await send(`/api/send/${what}`), { status, text, headers }, what)

    t.match([(await send('/api/send/draft')).headers['set-cookie']].flat(), [new RegExp(`^__prerender_bypass=\\w{16,}; Path=/; ${attributes}$`)])
    t.same((await send('/api/send/clear')).headers['set-cookie'], ['own=1', `__prerender_bypass=; Path=/; ${gone}; ${attributes}`, `__next_preview_data=; Path=/; ${gone}; ${attributes}`])
    t.same((await send('/api/send/clearpath')).headers['set-cookie'], [`__prerender_bypass=; Path=/p; ${gone}; ${attributes}`, `__next_preview_data=; Path=/p; ${gone}; ${attributes}`])

    const etag = '"147uiiad94i7"'
    for (const [status, headers, method] of [
      [304, { 'if-none-match': etag }],
      [304, { 'if-none-match': `"x", W/${etag}` }],
      [304, { 'if-none-match': '*' }],
      [304, { 'if-none-match': etag }, 'POST'],
      [200, { 'if-none-match': '"x"' }],
      [200, { 'if-none-match': etag, 'cache-control': 'no-cache' }],
      [200, { 'if-none-match': etag, 'if-modified-since': 'Sat, 21 Nov 2026 08:14:13 GMT' }]
    ] as const) t.match(await send({ path: '/api/send/object', headers, method: method ?? 'GET' }), { status, headers: { etag } }, JSON.stringify(headers))
    t.match(await send({ path: '/api/send/object', method: 'HEAD' }), { status: 200, text: '', headers: { etag, 'content-length': '7' } })
    t.same(errors, [])
  })
})

t.test('a status set after the answer changes nothing in it', async (t) => {
  const handlers = `const handlers = {
    405: (res) => { res.status(200).json({ ok: true }); res.status(405).end() },
    204: (res) => { res.status(200).json({ ok: true }); res.status(204).end() },
    999: (res) => { res.status(200).json({ ok: true }); res.status(999) },
    twice: (res) => { try { res.status(200).json({ ok: true }); res.status(500).json({ ok: false }) } catch {} },
    message: (res) => { res.statusMessage = 'All Is Well'; res.status(200).json({ ok: true }); res.statusMessage = 'Not Well'; res.status(500) },
    writes: (res) => { res.write('a'); res.statusCode = 404; res.end() },
    created: (res) => { res.status(201).end('x'); res.statusCode = 404 },
    empty: (res) => { res.status(204).end(); res.statusCode = 200 }
  }`
  const pages = {
    api: { '[what].mjs': `${handlers}\nexport default (req, res) => handlers[req.query.what](res)\n` }
  }
  const app = {
    old: { '[what]': { 'route.mjs': `import { fromNodeHandler } from 'fastify-app-routes/legacy'\n${handlers}\nexport const GET = fromNodeHandler((req, res) => handlers[req.params.what](res))\n` } }
  }
  const dir = t.testdir({ app, pages })
  onEveryHost(t, { dir: path.join(dir, 'app'), pagesDir: path.join(dir, 'pages') }, async (t, { name, send, errors }) => {
    for (const base of ['/api', '/old']) {
      for (const what of ['405', '204', '999', 'twice', 'message']) t.match(await send(`${base}/${what}`), { status: 200, text: '{"ok":true}' }, `${base}/${what}`)
      t.match(await send(`${base}/writes`), { status: 200, text: 'a' })
      t.match(await send(`${base}/created`), { status: 201, text: 'x' })
      t.match(await send(`${base}/empty`), { status: 204, text: '' })
    }
    t.same(errors, [], name)
  })
})

t.test('draft and preview mode', async (t) => {
  onEveryHost(t, fixture(t), async (t, { send }) => {
    const cookiesOf = async (target: string): Promise<string[]> => [(await send(target)).headers['set-cookie']].flat().map((cookie) => cookie!.split(';')[0]!)
    const read = async (cookie: string): Promise<any> => {
      const { json, headers } = await send({ path: '/api/echo', headers: { cookie } })
      const { preview, previewData, draftMode } = json()
      return { preview, previewData, draftMode, cleared: [headers['set-cookie']].flat().length === 2 }
    }
    const off = { preview: null, previewData: false, draftMode: null, cleared: true }
    const [draft] = await cookiesOf('/api/send/draft')
    t.same(await read(draft!), { preview: true, previewData: {}, draftMode: true, cleared: false })
    const set = (await send('/api/send/preview')).headers['set-cookie'] as string[]
    for (const cookie of set) t.match(cookie, /; Max-Age=60; Path=\/p; HttpOnly; Secure; SameSite=None$/)
    const [bypass, data] = set.map((cookie) => cookie.split(';')[0]!)
    t.same(await read(`${bypass}; ${data}`), { preview: true, previewData: { a: 1 }, draftMode: true, cleared: false })
    t.same(await read(data!), off, 'data alone')
    t.same(await read(`${bypass}; ${data!.slice(0, -3)}xyz`), off, 'forged data')
    t.same(await read('__prerender_bypass=wrong'), off)
  }, ['fastify', 'express 5'])
})

t.test('res.revalidate() drops what is kept for a path', async (t) => {
  let count = 0
  const files = (): ReturnType<typeof fixture> => fixture(t, {
    [`kept${++count}`]: { 'route.js': 'let made = 0\nexport const dynamic = "force-static"\nexport const GET = () => new Response(String(++made))' },
    [`legacy${count}`]: { 'route.js': `import { fromApiRoute } from 'fastify-app-routes/legacy'\nexport const POST = fromApiRoute(async (_req, res) => { await res.revalidate('/kept${count}'); res.json({ revalidated: true }) })` }
  })
  for (const name of HOSTS) {
    const host = await start(name, { ...files(), cache: { prerender: 'lazy' } })
    t.teardown(() => host.close())
    for (const made of ['1', '1']) t.equal((await host.send(`/kept${count}`)).text, made, name)
    t.same((await host.send({ method: 'POST', path: `/legacy${count}` })).json(), { revalidated: true })
    for (const made of ['2', '2']) t.equal((await host.send(`/kept${count}`)).text, made, name)
  }
})

t.test('failures', async (t) => {
  const logged: any[] = []
  t.capture(console, 'error', (...args: any[]) => { logged.push(args[1]) })
  onEveryHost(t, fixture(t), async (t, { name, send, errors, url }) => {
    const isFastify = name.startsWith('fastify')
    const last = (): string => { const error = errors.pop(); return error?.err?.message ?? error?.message }
    for (const [what, message] of [['/api/throws', 'secret'], ['/api/send/badredirect', /Invalid redirect arguments/], ['/api/send/bigpreview', /2KB/], ['/api/send/response', /returned a Response/]] as const) {
      const { status, text } = await send(what)
      t.equal(status, 500, what)
      if (isFastify) t.equal(text, 'Internal Server Error')
      t.match(last(), message)
    }
    errors.splice(0)
    logged.splice(0)
    t.match(await send('/api/throwsEnded'), { status: 200, text: 'full' })
    t.match(isFastify ? errors.map(({ err }) => err.message) : logged.map(({ message }) => message), ['late'])
    if (url === '' || name === 'fastify http2') return
    await t.rejects(send('/api/send/breaks'), 'a stream that breaks cuts the answer off')
    errors.splice(0)

    const started = new Promise((resolve) => { seen.started = resolve })
    const closed = new Promise((resolve) => { seen.closed = resolve })
    const socket = net.connect(Number(new URL(url).port), 'localhost')
    socket.write('GET /api/never HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await started
    socket.destroy()
    t.equal(await closed, 'closed', 'a client that leaves ends a handler that never does')
    t.same(errors, [])
  })
})

t.test('large answers are warned about, through the host\'s log', async (t) => {
  const { dir, pagesDir } = fixture(t)
  const lines: any[] = []
  const fastify = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } } })
  t.teardown(() => fastify.close())
  await fastify.register(appRoutes, { dir, pagesDir })
  const inject = (bytes: number): Promise<unknown> => fastify.inject({ method: 'POST', url: '/api/large', payload: 'x'.repeat(bytes), headers: { 'content-type': 'text/plain' } })
  await inject(1000)
  t.same(lines, [])
  await inject(1024 * 1024)
  t.match(lines, [{ msg: 'API response for /api/large exceeds 1MB. API Routes are meant to respond quickly. https://nextjs.org/docs/messages/api-routes-response-size-limit' }])
})

t.test('beside an app directory', async (t) => {
  const { dir, pagesDir } = fixture(t, { api: { modern: { 'route.mjs': "export const GET = () => new Response('modern')" }, maybe: { 'route.mjs': "export const GET = () => new Response('root of the app')" } } })
  for (const given of [pagesDir, path.join(pagesDir, 'api'), new URL(`file://${pagesDir}/`)]) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    await fastify.register(appRoutes, { dir, pagesDir: given as string, prefix: '/v1' })
    t.equal((await fastify.inject('/v1/api/modern')).body, 'modern')
    t.equal((await fastify.inject('/v1/api/maybe')).body, 'root of the app', 'an optional catch-all leaves its root to a route file, as in Next.js')
    t.same((await fastify.inject('/v1/api/maybe/x')).json(), { all: ['x'] })
    t.ok(fastify.hasRoute({ method: 'DELETE', url: '/v1/api/u/:id' }), 'real routes')
    t.match(fastify.printRoutes({ commonPrefix: false }), /echo \(GET, HEAD, OPTIONS, POST, PUT, DELETE, PATCH\)/)
  }
})

t.test('what keeps it from starting names every file', async (t) => {
  const route = () => ({ 'route.mjs': 'export const GET = () => new Response()' })
  const bad = t.testdir({
    app: { api: { x: route(), '(group)': { y: route() }, '[id]': route(), '[...a]': { 'route.mjs': 'export const GET = () => new Response()' }, z: { 'page.tsx': '' } } },
    pages: {
      api: {
        'x.mjs': api(''),
        y: { 'index.mjs': api('') },
        '[slug].mjs': api(''),
        'z.mjs': api(''),
        'edge.mjs': "export const config = { runtime: 'edge' }\n" + api(''),
        'nothing.mjs': 'export const a = 1',
        'limit.mjs': "export const config = { api: { bodyParser: { sizeLimit: 'much' } } }\n" + api('')
      }
    }
  })
  const options = { dir: path.join(bad, 'app'), pagesDir: path.join(bad, 'pages') }
  for (const attempt of [async () => { await Fastify().register(appRoutes, options) }, () => expressRoutes(options).ready()]) {
    const error: any = await attempt().then(() => {}, (error) => error)
    t.equal(error?.code, 'FAR_ERR_APP_DIRECTORY')
    const problems = error.problems.map(({ message, files }: any) => [message, files])
    for (const [message, files] of [
      ['App Router and Pages Router both match path: /api/x', ['api/x/route.mjs', '../pages/api/x.mjs']],
      ['App Router and Pages Router both match path: /api/y', ['api/(group)/y/route.mjs', '../pages/api/y/index.mjs']],
      ['App Router and Pages Router both match path: /api/z', ['api/z/page.tsx', '../pages/api/z.mjs']],
      [/\/api\/\[id\] and \/api\/\[slug\] differ/, ['api/[id]/route.mjs', '../pages/api/[slug].mjs']],
      [/`config.runtime` is 'edge'/, ['../pages/api/edge.mjs']],
      [/does not export a default function/, ['../pages/api/nothing.mjs']],
      [/`config.api.bodyParser.sizeLimit` must be .*'much'/, ['../pages/api/limit.mjs']]
    ] as const) {
      const found = problems.find(([text]: [string]) => typeof message === 'string' ? text === message : message.test(text))
      t.same(found?.[1], files, String(message))
    }
    t.equal(problems.length, 7)
  }
  await t.rejects(async () => { await Fastify().register(appRoutes, { dir: options.dir, pagesDir: './no-such-pages' }) }, { code: 'FAR_ERR_DIR_NOT_FOUND', message: /The pages directory .*no-such-pages does not exist/ })
  t.throws(() => expressRoutes({ dir: options.dir, pagesDir: 5 as never }), { code: 'FAR_ERR_OPTION', message: /`pagesDir` must be a path/ })
})

t.test('two files of one path: one is used, and the other told', async (t) => {
  const root = t.testdir({ app: {}, pages: { api: { 'x.js': 'module.exports = (req, res) => res.send("js")', 'x.ts': 'export default (req: unknown, res: any) => res.send("ts")', 'y.d.ts': 'export {}' } } })
  const warnings: string[] = []
  const fastify = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { warnings.push(JSON.parse(line).msg) } } } })
  t.teardown(() => fastify.close())
  await fastify.register(appRoutes, { dir: path.join(root, 'app'), pagesDir: path.join(root, 'pages') })
  t.equal((await fastify.inject('/api/x')).body, 'ts')
  t.match(warnings, ['../pages/api/x.js is not used: ../pages/api/x.ts serves /api/x.'])
})

t.test('fromApiRoute() in a route file', async (t) => {
  const dir = t.testdir({
    users: {
      '[id]': {
        'route.mjs': `
    import { fromApiRoute } from 'fastify-app-routes/legacy'
    import { cookies } from 'next/headers'
    export const { GET, POST } = fromApiRoute(async (req, res) => { (await cookies()).set('ambient', '1'); res.status(202).json({ query: req.query, body: req.body, user: req.user ?? null }) }, { config: { api: { bodyParser: { sizeLimit: '3mb' } } } })
  `
      }
    }
  })
  onEveryHost(t, { dir, bodyLimit: 100, express: (app) => { app.use((req: any, _res, next) => { req.user = 'ada'; next() }) } }, async (t, { name, send }) => {
    const answer = await send(withBody('/users/7?a=1', 'application/json', JSON.stringify('x'.repeat(500))))
    t.match(answer.json(), { query: { id: '7', a: '1' }, body: /^x{500}$/, user: name.startsWith('express') ? 'ada' : null })
    t.match(answer.headers['set-cookie'], /ambient=1/)
    t.equal((await send({ path: '/users/7', method: 'DELETE' })).status, 405, 'what is not exported is not there')
  })
  t.equal(await (await fromApiRoute((req, res) => { res.send(`${req.query.a}`) })(new Request('http://localhost/?a=b'))).text(), 'b', 'outside any server')
  t.throws(() => fromApiRoute({} as never), /takes the handler/)
  t.throws(() => fromApiRoute(() => {}, { config: { api: { responseLimit: 'x' } } }), { code: 'FAR_ERR_OPTION' })
})

t.test('a body that Express has parsed is not parsed again', async (t) => {
  const { default: express } = await import('express')
  const host = await start('express 5', { ...fixture(t), express: (app) => { app.use(express.json()) } })
  t.teardown(() => host.close())
  t.same((await sendHttp1(host.url, withBody('/api/echo', 'application/json', '{"a":1}'))).json().body, { a: 1 })
  t.equal(HOSTS.length, 6)
})

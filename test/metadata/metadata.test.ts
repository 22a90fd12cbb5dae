/** Metadata files as routes. What they answer in ordinary cases is compared with real Next.js in `test/conformance`. */
import Fastify from 'fastify'
import fc from 'fast-check'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import appRoutes, { type Compat } from 'fastify-app-routes'
import t from 'tap'
import { escapeAttribute, escapeText } from '../../lib/metadata/xml.ts'
import { ID_PARAM } from '../../lib/metadata/ids.ts'
import { writeRobots } from '../../lib/metadata/robots.ts'
import { serve } from '../../lib/metadata/serve.ts'
import { writeSitemap } from '../../lib/metadata/sitemap.ts'
import { onEveryHost, start } from '../hosts.ts'

const ICON = readFileSync(new URL('../conformance/app-metadata/icon.png', import.meta.url))

t.test('a file is sent whole, by every host', async (t) => {
  const dir = t.testdir()
  writeFileSync(path.join(dir, 'icon.png'), ICON)
  onEveryHost(t, { dir }, async (t, host) => {
    const { status, headers, body } = await host.send('/icon.png')
    t.same([status, headers['content-type'], headers['content-length'], headers['cache-control']], [200, 'image/png', String(ICON.length), 'public, max-age=0, must-revalidate'])
    t.ok(body.equals(ICON))
    const head = await host.send({ path: '/icon.png', method: 'HEAD' })
    t.same([head.status, head.headers['content-type'], head.body.length], [200, 'image/png', 0])
    t.match(await host.send({ path: '/icon.png', method: 'POST' }), { status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } })
    t.match(await host.send({ path: '/icon.png', method: 'OPTIONS' }), { status: 204, headers: { allow: 'GET, HEAD, OPTIONS' } })
    t.match(await host.send('/icon.png/'), { status: 308, headers: { location: '/icon.png' } })
  })
})

t.test('an empty file is an empty answer', async (t) => {
  const host = await start('fastify', { dir: t.testdir({ 'robots.txt': '' }) })
  t.teardown(() => host.close())
  t.match(await host.send('/robots.txt'), { status: 200, text: '', headers: { 'content-type': 'text/plain' } })
})

t.test('a file that changes while the server runs is sent as it is then; one that is gone is an error', async (t) => {
  const dir = t.testdir({ 'robots.txt': 'one', 'new.txt': 'another' })
  symlinkSync(path.join(dir, 'robots.txt'), path.join(dir, 'sitemap.xml'))
  const host = await start('fastify', { dir })
  t.teardown(() => host.close())
  t.equal((await host.send('/robots.txt')).text, 'one')
  t.equal((await host.send('/sitemap.xml')).text, 'one', 'through a link')
  renameSync(path.join(dir, 'new.txt'), path.join(dir, 'robots.txt'))
  t.equal((await host.send('/robots.txt')).text, 'another')
  t.equal((await host.send('/sitemap.xml')).text, 'another')
  rmSync(path.join(dir, 'robots.txt'))
  t.match(await host.send('/robots.txt'), { status: 500, text: '' })
  t.match(host.errors, [{ err: { code: 'ENOENT' }, msg: 'route handler failed: GET /robots.txt (robots.txt)' }])
})

t.test('large files arrive whole, many at once', async (t) => {
  const dir = t.testdir({ 'icon.png': '' })
  const bytes = Buffer.alloc(7_000_000, 'x')
  writeFileSync(path.join(dir, 'icon.png'), bytes)
  onEveryHost(t, { dir }, async (t, host) => {
    for (const { body } of await Promise.all(Array.from({ length: 4 }, () => host.send('/icon.png')))) t.ok(body.equals(bytes))
  }, ['fastify', 'fastify http2', 'express 5'])
})

t.test('in development nothing is cached', async (t) => {
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = 'development'
  t.teardown(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
  const host = await start('fastify', { dir: t.testdir({ 'favicon.ico': 'x', 'icon.svg': '<svg/>' }) })
  t.teardown(() => host.close())
  for (const url of ['/favicon.ico', '/icon.svg']) t.equal((await host.send(url)).headers['cache-control'], 'no-cache, no-store')
})

t.test('functions see the request, and make what they return for each', async (t) => {
  const dir = t.testdir({
    'robots.ts': `
      import { headers } from 'next/headers'
      export default async function robots () { return { rules: { allow: '/' + (await headers()).get('x-name') } } }`,
    'manifest.ts': 'let count = 0\nexport default () => ({ name: String(++count) })',
    'sitemap.ts': `
      import { cookies } from 'next/headers'
      export default async () => [{ url: 'https://a.test/' + (await cookies()).get('a')?.value, lastModified: '2024-02-03' }]`
  })
  onEveryHost(t, { dir }, async (t, host) => {
    t.equal((await host.send({ path: '/robots.txt', headers: { 'x-name': 'one' } })).text, 'User-Agent: *\nAllow: /one\n\n')
    t.equal((await host.send({ path: '/robots.txt', headers: { 'x-name': 'two' } })).text, 'User-Agent: *\nAllow: /two\n\n')
    t.match((await host.send({ path: '/sitemap.xml', headers: { cookie: 'a=1' } })).text, '<loc>https://a.test/1</loc>\n<lastmod>2024-02-03</lastmod>')
    t.match(await host.send('/manifest.webmanifest'), { status: 200, text: /^{"name":"\d+"}$/ })
  })
})

t.test('a route of metadata is static, as far as its config goes, unless the file says otherwise', async (t) => {
  const moduleOf = async (type: 'icon' | 'robots' | 'sitemap', isCode: boolean, exported: object): Promise<Record<string, any>> => {
    const entry = { kind: 'metadata', file: `${type}.ts`, path: `/${type}`, segments: [type], metadata: { type, isCode, segment: `${type}.png` } } as const
    const served = await serve(entry as never, `/${type}`, exported, 16)
    return 'module' in served ? served.module : t.fail(served.problem) as never
  }
  const content = (): string => ''
  t.match(await moduleOf('icon', false, {}), { dynamic: 'force-static' })
  for (const type of ['icon', 'robots', 'sitemap'] as const) {
    t.match(await moduleOf(type, true, { default: content }), { revalidate: false })
    t.match(await moduleOf(type, true, { default: content, revalidate: 60 }), { revalidate: 60 })
    t.match(await moduleOf(type, true, { default: content, dynamic: 'force-dynamic' }), { dynamic: 'force-dynamic' })
  }
  const ids = (): object[] => [{ id: 1 }, { id: 'b' }]
  t.same(await (await moduleOf('sitemap', true, { default: content, generateSitemaps: ids })).generateStaticParams(), [{ [ID_PARAM]: '1.xml' }, { [ID_PARAM]: 'b.xml' }])
  t.same(await (await moduleOf('icon', true, { default: content, generateImageMetadata: ids })).generateStaticParams(), [{ [ID_PARAM]: '1' }, { [ID_PARAM]: 'b' }])
})

t.test('a Response is sent as it is', async (t) => {
  const dir = t.testdir({
    'robots.ts': "export default () => new Response('own', { status: 203, headers: { 'content-type': 'text/x-own' } })",
    'sitemap.ts': "import { NextResponse } from 'next/server'\nexport default async () => new NextResponse('<sitemapindex/>', { headers: { 'content-type': 'application/xml' } })",
    'icon.ts': "export const contentType = 'image/x-own'\nexport default () => new Uint8Array([1, 2, 3])",
    'apple-icon.ts': "export const generateImageMetadata = () => [{ id: 'a', contentType: 'image/x-a' }]\nexport const contentType = 'image/x-b'\nexport default () => new Uint8Array([1]).buffer"
  })
  const host = await start('fastify', { dir })
  t.teardown(() => host.close())
  t.match(await host.send('/robots.txt'), { status: 203, text: 'own', headers: { 'content-type': 'text/x-own' } })
  t.match(await host.send('/sitemap.xml'), { status: 200, text: '<sitemapindex/>' })
  t.match(await host.send('/icon'), { status: 200, text: '\x01\x02\x03', headers: { 'content-type': 'image/x-own' } })
  t.match(await host.send('/apple-icon/a'), { status: 200, text: '\x01', headers: { 'content-type': 'image/x-a' } })
})

t.test('ids and params are promises in 16 that older files can use as values, and values before', async (t) => {
  const dir = t.testdir({
    '[slug]': {
      'icon.ts': `
        export const generateImageMetadata = ({ params }) => [{ id: 1 }, { id: params.slug }]
        export default async ({ params, id }) => Response.json({ awaited: [await id, (await params).slug], used: [\`\${id}\`, id * 2, params.slug], spread: { ...params }, promise: [id instanceof Promise, params instanceof Promise] })`,
      'sitemap.ts': `
        export const generateSitemaps = async () => [{ id: 0 }, { id: 1 }]
        export default async function sitemap ({ id }) { return [{ url: \`https://a.test/\${id * 50000}\` }, { url: 'https://a.test/' + typeof await id }] }`
    }
  })
  const expected: Array<[Compat, object, string]> = [
    [16, { awaited: ['1', 'a'], used: ['1', 2, 'a'], spread: { slug: 'a' }, promise: [true, true] }, 'string'],
    [15, { awaited: [1, 'a'], used: ['1', 2, 'a'], spread: { slug: 'a' }, promise: [false, true] }, 'string'],
    [14, { awaited: [1, 'a'], used: ['1', 2, 'a'], spread: { slug: 'a' }, promise: [false, true] }, 'number'],
    [13, { awaited: [1, 'a'], used: ['1', 2, 'a'], spread: { slug: 'a' }, promise: [false, true] }, 'number']
  ]
  for (const [compat, icon, sitemap] of expected) {
    const host = await start('fastify', { dir, compat })
    t.same((await host.send('/a/icon/1')).json(), icon, String(compat))
    t.match((await host.send('/a/sitemap/1.xml')).text, `<loc>https://a.test/50000</loc>\n</url>\n<url>\n<loc>https://a.test/${sitemap}</loc>`, String(compat))
    t.match(await host.send('/a/icon/a'), { status: 200 })
    t.match(await host.send('/a/icon/b'), { status: 404, text: 'Not Found' })
    await host.close()
  }
})

t.test('they are ordinary routes: prefix, folder plugins, options, printRoutes(), other verbs', async (t) => {
  const dir = t.testdir({
    guarded: {
      'fastify.js': "export default async (fastify) => { fastify.addHook('onRequest', async (request, reply) => { if (!request.headers.authorization) return reply.code(401).send() }) }",
      'icon.svg': '<svg/>'
    },
    'sitemap.js': "export const config = { onSend: async (request, reply, payload) => { reply.header('x-own', 'yes'); return payload } }\nexport const POST = () => new Response('posted')\nexport default () => []"
  })
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(appRoutes, { dir, prefix: '/app' })
  t.match(await fastify.inject('/app/guarded/icon.svg'), { statusCode: 401 })
  t.match(await fastify.inject({ url: '/app/guarded/icon.svg', headers: { authorization: 'x' } }), { statusCode: 200, body: '<svg/>' })
  t.match(await fastify.inject('/app/sitemap.xml'), { statusCode: 200, headers: { 'x-own': 'yes' } })
  t.match(await fastify.inject({ url: '/app/sitemap.xml', method: 'POST' }), { body: 'posted' })
  t.match(fastify.printRoutes({ commonPrefix: false }), /sitemap\.xml \(GET, POST, HEAD\)/)
  const own = Fastify()
  t.teardown(() => own.close())
  own.get('/sitemap.xml', async () => 'own')
  await t.rejects(async () => { await own.register(appRoutes, dir) }, { code: 'FAR_ERR_DUPLICATED_ROUTE', message: /GET \/sitemap\.xml: declared by the server and by sitemap\.js/ })
})

function writeTree (dir: string, files: Record<string, any>): void {
  mkdirSync(dir, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'string') writeFileSync(path.join(dir, name), content)
    else writeTree(path.join(dir, name), content)
  }
}

t.test('of several files for one path one is served, and a warning names the other', async (t) => {
  const warnings: string[] = []
  let count = 0
  const root = t.testdir({})
  const load = async (files: Record<string, any>, compat: Compat): Promise<(url: string) => Promise<string>> => {
    warnings.length = 0
    const dir = path.join(root, String(count++))
    writeTree(dir, files)
    const fastify = Fastify({ logger: { level: 'warn', stream: { write (line: string) { warnings.push(JSON.parse(line).msg) } } } })
    t.teardown(() => fastify.close())
    await fastify.register(appRoutes, { dir, compat })
    return async (url) => (await fastify.inject(url)).body
  }
  const js = "export default () => new Response('js')"
  let get = await load({ 'sitemap.js': js, 'sitemap.xml': 'xml', 'icon.js': js, 'icon.svg': 'svg', 'manifest.json': 'json', 'manifest.js': js }, 16)
  t.same([await get('/sitemap.xml'), await get('/icon'), await get('/icon.svg'), await get('/manifest.json'), await get('/manifest.webmanifest')], ['xml', 'js', 'svg', 'json', 'js'])
  t.same(warnings, ['sitemap.js is not used: sitemap.xml serves /sitemap.xml.'])
  get = await load({ 'icon.js': js, 'icon.ts': "export default () => new Response('ts')" }, 15)
  t.same([await get('/icon'), ...warnings], ['ts', 'icon.js is not used: icon.ts serves /icon.'])
  get = await load({ 'icon.js': js, icon: { 'route.js': "export const GET = () => new Response('route')" }, 'manifest.js': js, 'manifest.webmanifest': { 'route.js': "export const GET = () => new Response('route')" } }, 14)
  t.same([await get('/icon'), await get('/manifest.webmanifest'), ...warnings], ['js', 'route', 'icon/route.js is not used: icon.js serves /icon.', 'manifest.js is not used: manifest.webmanifest/route.js serves /manifest.webmanifest.'])
})

t.test('what is wrong with a metadata file keeps the server from starting', async (t) => {
  const fn = 'export default () => []'
  const cases: Array<[files: Record<string, any>, problems: object[], options?: object]> = [
    [{ 'robots.js': 'export const x = 1' }, [{ code: 'FAR_ERR_METADATA', files: ['robots.js'], message: 'The default export is missing in robots.js.', mend: /export default function/ }]],
    [{ x: { 'icon.js': 'export default {}' } }, [{ code: 'FAR_ERR_METADATA', message: 'The default export of x/icon.js is {}, expected a function.' }]],
    [{ 'sitemap.js': `export const generateSitemaps = [{ id: 1 }]\n${fn}` }, [{ message: 'The export `generateSitemaps` of sitemap.js is [ { id: 1 } ], expected a function.' }]],
    [{ 'icon.js': `export const generateImageMetadata = 1\n${fn}` }, [{ message: 'The export `generateImageMetadata` of icon.js is 1, expected a function.' }]],
    [{ 'sitemap.js': `export const dynamic = 'sometimes'\n${fn}` }, [{ code: 'FAR_ERR_SEGMENT_CONFIG', files: ['sitemap.js'] }]],
    [{ 'manifest.js': 'throw new Error("at load")' }, [{ code: 'FAR_ERR_LOAD', message: /at load/ }]],
    [{ 'icon.js': fn, 'icon.ts': fn }, [{ code: 'FAR_ERR_LAYOUT', message: 'Conflicting metadatas at /icon: metadata at /icon.js and metadata at /icon.ts.', files: ['icon.js', 'icon.ts'] }]],
    [{ '(a)': { 'sitemap.xml': '' }, 'sitemap.xml': '' }, [{ code: 'FAR_ERR_LAYOUT', message: /^Conflicting metadatas at \/sitemap\.xml/ }]],
    [{ 'sitemap.js': `export const generateSitemaps = () => []\n${fn}`, sitemap: { '[x]': { 'route.js': 'export const GET = () => {}' } } }, [{ code: 'FAR_ERR_LAYOUT', message: /'__metadata_id__' !== 'x'|'x' !== '__metadata_id__'/ }]],
    [{ '[...all]': { 'icon.png': '' } }, [{ code: 'FAR_ERR_LAYOUT', message: 'Catch-all must be the last part of the URL in route "/[...all]/icon.png".' }]],
    [{ app: { api: { 'icon.js': fn } }, pages: { api: { 'icon.js': 'export default () => {}' } } }, [{ code: 'FAR_ERR_LAYOUT', message: 'App Router and Pages Router both match path: /api/icon' }], { dir: 'app', pagesDir: 'pages' }]
  ]
  const all = t.testdir(Object.fromEntries(cases.map(([files], index) => [index, files])))
  for (const [index, [files, problems, options = {}]] of cases.entries()) {
    const root = path.join(all, String(index))
    const at = Object.fromEntries(Object.entries({ dir: '.', ...options }).map(([name, dir]) => [name, path.join(root, dir)])) as { dir: string }
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    const error: any = await fastify.register(appRoutes, at).then(() => undefined, (reason: unknown) => reason)
    t.match(error?.problems, problems, JSON.stringify(files))
    t.equal(error?.problems.length, problems.length)
  }
})

t.test('images that the networks refuse keep the server from starting, from 15 on', async (t) => {
  const dir = t.testdir({ x: { 'opengraph-image.png': '', 'twitter-image.png': '', 'icon.png': '' } })
  for (const [file, megabytes] of [['opengraph-image', 8.5], ['twitter-image', 5.5], ['icon', 20]] as const) truncateSync(path.join(dir, `x/${file}.png`), megabytes * 1024 * 1024)
  for (const compat of [15, 16] as const) {
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    const error: any = await fastify.register(appRoutes, { dir, compat }).then(() => undefined, (reason: unknown) => reason)
    t.match(error.problems, [
      { code: 'FAR_ERR_METADATA', message: 'File size for Open Graph image "x/opengraph-image.png" exceeds 8MB. (Current: 8.50MB)' },
      { code: 'FAR_ERR_METADATA', message: 'File size for Twitter image "x/twitter-image.png" exceeds 5MB. (Current: 5.50MB)' }
    ])
  }
  const host = await start('fastify', { dir, compat: 14 })
  t.teardown(() => host.close())
  t.equal((await host.send('/x/twitter-image.png')).body.length, 5.5 * 1024 * 1024)
})

t.test('values that cannot be are errors that name file and entry', async (t) => {
  const returns = (value: string): string => `export default () => (${value})`
  const url = "url: 'https://a.test/'"
  const video = "title: 't', thumbnail_loc: 'l', description: 'd'"
  const cases: Array<[file: string, source: string, message: string]> = [
    ['sitemap', returns('undefined'), 'sitemap.js: what it returned is undefined, expected an array of entries.'],
    ['sitemap', returns('{ url: 1 }'), 'sitemap.js: what it returned is { url: 1 }, expected an array of entries.'],
    ['sitemap', returns('[null]'), 'sitemap.js: [0] is null, expected an object.'],
    ['sitemap', returns("[{ url: 'x' }, {}]"), 'sitemap.js: [1].url is undefined, expected a string.'],
    ['sitemap', returns(`[{ ${url}, lastModified: new Date('x') }]`), 'sitemap.js: [0].lastModified is Invalid Date, expected a valid Date or a text such as 2024-02-03 (the entry of https://a.test/).'],
    ['sitemap', returns(`[{ ${url}, lastModified: 'yesterday' }]`), "sitemap.js: [0].lastModified is 'yesterday', expected a valid Date or a text such as 2024-02-03 (the entry of https://a.test/)."],
    ['sitemap', returns(`[{ ${url}, priority: 1.1 }]`), 'sitemap.js: [0].priority is 1.1, expected a number from 0 to 1 (the entry of https://a.test/).'],
    ['sitemap', returns(`[{ ${url}, priority: NaN }]`), 'sitemap.js: [0].priority is NaN, expected a number from 0 to 1 (the entry of https://a.test/).'],
    ['sitemap', returns(`[{ ${url}, changeFrequency: 'often' }]`), "sitemap.js: [0].changeFrequency is 'often', expected one of always, hourly, daily, weekly, monthly, yearly, never (the entry of https://a.test/)."],
    ['sitemap', returns(`[{ ${url}, images: {} }]`), 'sitemap.js: [0].images is {}, expected a string or an array of strings (the entry of https://a.test/).'],
    ['sitemap', returns(`[{ ${url}, alternates: { languages: { de: [] } } }]`), 'sitemap.js: [0].alternates.languages.de is [], expected a string (the entry of https://a.test/).'],
    ['sitemap', returns(`[{ ${url}, videos: [{ ${video} }, { ${video}, rating: 6 }] }]`), 'sitemap.js: [0].videos[1].rating is 6, expected a number from 0 to 5 (the entry of https://a.test/).'],
    ['sitemap', returns(`[{ ${url}, videos: [{ ${video}, restriction: { content: 'DE' } }] }]`), 'sitemap.js: [0].videos[0].restriction.relationship is undefined, expected one of allow, deny (the entry of https://a.test/).'],
    ['sitemap', returns(`[{ ${url}, videos: { title: 't' } }]`), "sitemap.js: [0].videos is { title: 't' }, expected an array (the entry of https://a.test/)."],
    ['robots', returns('null'), 'robots.js: what it returned is null, expected an object.'],
    ['robots', returns('{}'), 'robots.js: rules is undefined, expected an object.'],
    ['robots', returns('{ rules: [{}, 1] }'), 'robots.js: rules[1] is 1, expected an object.'],
    ['robots', returns('{ rules: { crawlDelay: -1 } }'), 'robots.js: rules.crawlDelay is -1, expected a number, 0 or more.'],
    ['robots', returns("{ rules: { allow: '/a\\nDisallow: /' } }"), 'robots.js: the line "Allow: /a\\nDisallow: /" holds a line break.'],
    ['manifest', returns("'text'"), "manifest.js: what it returned is 'text', expected an object."],
    ['manifest', returns('{ n: 1n }'), 'manifest.js: what it returned cannot be written as JSON: Do not know how to serialize a BigInt'],
    ['sitemap', `export const generateSitemaps = () => 1\n${returns('[]')}`, 'sitemap.js: generateSitemaps returned 1, expected an array of objects with an `id`.'],
    ['sitemap', `export const generateSitemaps = () => [{ id: 0 }, {}]\n${returns('[]')}`, 'sitemap.js: item 1 of generateSitemaps is {}: the `id` property is required for every item.']
  ]
  const urls: Record<string, string> = { sitemap: '/sitemap.xml', robots: '/robots.txt', manifest: '/manifest.webmanifest' }
  // Modules are kept by their paths: each case has a folder of its own.
  const root = t.testdir(Object.fromEntries(cases.map(([file, source], index) => [index, { [`${file}.js`]: source }])))
  for (const [index, [file, source, message]] of cases.entries()) {
    const host = await start('fastify inject', { dir: path.join(root, String(index)) })
    const response = await host.send(source.includes('generateSitemaps') ? '/sitemap/0.xml' : urls[file]!)
    t.match([response.status, response.text, host.errors.length], [500, '', 1], message)
    t.equal(host.errors[0].err.message, message)
    t.equal(host.errors[0].err.code, 'FAR_ERR_METADATA')
    await host.close()
  }
})

t.test('a mistake in one reaches the error handler of Express', async (t) => {
  onEveryHost(t, { dir: t.testdir({ 'sitemap.js': "export default () => [{ url: 'x', priority: 2 }]" }) }, async (t, host) => {
    t.match(await host.send('/sitemap.xml'), { status: 500 })
    t.match(host.errors[0], { code: 'FAR_ERR_METADATA', message: /priority is 2/ })
  }, ['express 4', 'express 5', 'node:http'])
})

t.test('numbers, URLs, and dates of videos are written', async (t) => {
  const video = { title: 2024, thumbnail_loc: 'l', description: 'd', expiration_date: new Date(0), uploader: { content: 'U' } } // eslint-disable-line camelcase
  t.equal(writeSitemap([{ url: new URL('https://a.test/b'), priority: '0.5', videos: [video] }], 'f'), `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
<url>
<loc>https://a.test/b</loc>
<video:video>
<video:title>2024</video:title>
<video:thumbnail_loc>l</video:thumbnail_loc>
<video:description>d</video:description>
<video:expiration_date>1970-01-01T00:00:00.000Z</video:expiration_date>
<video:uploader>U</video:uploader>
</video:video>
<priority>0.5</priority>
</url>
</urlset>
`)
  t.equal(writeRobots({ rules: { other: { 'X-Y': ['1', 2], Z: null, W: 3 } }, host: undefined, sitemap: new URL('https://a.test/s') }, 'f'), 'User-Agent: *\nX-Y: 1\nX-Y: 2\nW: 3\n\nSitemap: https://a.test/s\n')
})

const unescape = (text: string): string => text.replace(/&(amp|lt|gt|quot);/g, (_all, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name]!)

t.test('any text is well-formed XML, and comes out as it went in', async (t) => {
  // What stands for a character already is left alone, and control characters cannot be written at all.
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !/&(?:\w+|#\w+);/.test(value))
  fc.assert(fc.property(fc.oneof(text, fc.constantFrom('a&b', '&&', '&amp', '<&>"', 'x="y"')), (value) => {
    const [content, attribute] = [escapeText(value), escapeAttribute(value)]
    return unescape(content) === value && unescape(attribute) === value && !/[<>]|&(?!(?:amp|lt|gt|quot);)/.test(content) && !attribute.includes('"')
  }))
  t.equal(escapeText('https://a.test/?a=1&amp;b=2&c=3&#38;d&#x26;e'), 'https://a.test/?a=1&amp;b=2&amp;c=3&#38;d&#x26;e', 'what is escaped is not escaped again')
  t.equal(escapeText('a\0b\x0bc\ud800d\ufffee'), 'abcde', 'what XML has no place for is left out')
})

t.test('no value of a rule makes another line', async (t) => {
  const value = fc.string({ unit: fc.constantFrom('a', '/', '\n', '\r', ' ', ':') })
  fc.assert(fc.property(value, value, (allow, agent) => {
    try {
      const lines = writeRobots({ rules: { allow, userAgent: agent } }, 'f').split('\n')
      return lines.length === (allow === '' ? 3 : 4)
    } catch (error) {
      return /[\r\n]/.test(allow + agent) && /holds a line break/.test((error as Error).message)
    }
  }))
})

/**
 * Layouts of app directories: what real Next.js says of each (the recording, and what was seen beside it), and what we say.
 */
import Fastify, { type FastifyInstance } from 'fastify'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import appRoutes, { type Compat } from 'fastify-app-routes'
import t from 'tap'
import { AppDirectoryError, type AppDirectoryProblem } from '../../lib/errors.ts'
import { findConflicts } from '../../lib/routes/conflicts.ts'
import { urlSegments } from '../../lib/routes/segments.ts'

interface RecordedRequest { path: string, status?: number, body?: string, error?: string }
interface RecordedVersion { build: 'fails' | 'succeeds', requests?: RecordedRequest[] }
interface Recorded { layout: string[], files: Record<string, string>, versions: Record<string, RecordedVersion> }

const recording = JSON.parse(readFileSync(new URL('../conformance/conflicts.json', import.meta.url), 'utf8')) as Record<string, Recorded>

const PRERENDER = "answers are made ahead while the server runs, unless `prerender: 'startup'` says otherwise"
const PROXY = 'a proxy without a function keeps the server from starting, instead of failing requests'

/** Where we differ from the recording, and why. One that no longer differs must go. */
const EXCEPTIONS: Record<string, string> = {
  'proxy-without-function 15': PROXY,
  'proxy-without-function 14': PROXY,
  'seg-error-with-cookies 16': PRERENDER,
  'seg-error-with-cookies 15': PRERENDER,
  'seg-error-with-cookies 14': PRERENDER,
  'seg-error-with-search 16': PRERENDER,
  'seg-error-with-search 15': PRERENDER,
  'seg-error-with-search 14': PRERENDER,
  'seg-error-no-store-fetch 16': PRERENDER,
  'seg-error-no-store-fetch 15': PRERENDER,
  'static-get-throws 16': PRERENDER,
  'static-get-throws 15': PRERENDER,
  'static-get-throws 14': PRERENDER,
  'static-get-returns-nothing 16': PRERENDER,
  'static-get-returns-nothing 15': PRERENDER,
  'static-get-returns-nothing 14': PRERENDER,
  'gsp-not-array 16': PRERENDER,
  'gsp-not-array 15': PRERENDER,
  'robots-ts-and-route 15': 'here 15 serves the metadata file alone, and the route never: a mistake that 16 names',
  'sitemap-ts-and-route 15': 'as with robots.ts',
  'public-file-and-route 16': 'static files are the business of the host',
  'public-file-and-route 15': 'static files are the business of the host',
  'public-file-and-route 14': 'static files are the business of the host',
  'seg-computed-revalidate 16': 'values need not be literals here: the module is run, not parsed',
  'seg-computed-revalidate 15': 'values need not be literals here: the module is run, not parsed',
  'bad-param-empty 15': 'here 15 answers 404 to everything below: a mistake that 16 names',
  'bad-param-empty 14': 'here 14 answers 404 to everything below: a mistake that 16 names'
}

type Tree = { [name: string]: string | Tree }

function tree (files: Record<string, string>): Tree {
  const root: Tree = {}
  for (const [file, text] of Object.entries(files)) {
    const folders = file.split('/')
    const name = folders.pop()!
    let at = root
    for (const folder of folders) at = (at[folder] ??= {}) as Tree
    at[name] = text
  }
  return root
}

interface Started { server: FastifyInstance, problems: AppDirectoryProblem[], error: unknown, warnings: string[] }

async function load (dir: string, compat: Compat = 16, nextConfig?: string, prerender: 'background' | 'startup' = 'background'): Promise<Started> {
  const warnings: string[] = []
  const stream = { write (line: string) { const entry = JSON.parse(line) as { level: number, msg: string }; if (entry.level === 40) warnings.push(entry.msg) } }
  const server = Fastify({ logger: { level: 'warn', stream } })
  try {
    await server.register(appRoutes, { dir, compat, nextConfig, cache: { prerender } })
    await server.ready()
    return { server, problems: [], error: undefined, warnings }
  } catch (error) {
    return { server, problems: (error as AppDirectoryError).problems ?? [], error, warnings }
  }
}

const unusable = ({ build, requests = [] }: RecordedVersion): boolean =>
  build === 'fails' || requests.some(({ error, status }) => error !== undefined || status === 500)

/** What is different from the recording, in words; '' where nothing is. */
async function difference (dir: string, { layout }: Recorded, version: RecordedVersion, compat: Compat): Promise<string> {
  const config = layout.includes('next.config.mjs') ? path.join(dir, 'next.config.mjs') : undefined
  const { server, error, problems } = await load(path.join(dir, 'app'), compat, config)
  try {
    if (unusable(version)) {
      if (error === undefined) return 'it starts'
      if (config !== undefined) return (error as { code?: string }).code === 'FAR_ERR_OPTION' ? '' : `it fails with ${String(error)}`
      if ((error as { code?: string }).code !== 'FAR_ERR_APP_DIRECTORY') return `it fails with ${String(error)}`
      const files = [...new Set(problems.flatMap((problem) => problem.files))].sort()
      // A route file is not to blame for what is beside the directory.
      const beside = layout.filter((file) => !file.startsWith('app/'))
      const expected = (beside.length > 0 ? beside : layout).map((file) => path.posix.relative('app', file)).sort()
      if (files.join() !== expected.join()) return `it names ${files.join()}`
      return problems.every(({ mend, message }) => mend.length > 10 && message.length > 10) ? '' : 'no mend'
    }
    if (error !== undefined) return `it fails with ${String(error)}`
    for (const request of version.requests ?? []) {
      const { statusCode, body } = await server.inject(request.path)
      if (statusCode !== request.status || body !== request.body) return `${request.path} is answered ${statusCode} ${body}`
    }
    return ''
  } finally {
    await server.close()
  }
}

t.test('recorded layouts start, answer and fail as in Next.js', async (t) => {
  t.equal(Object.keys(recording).length, 44)
  const seen = new Set<string>()
  for (const [name, recorded] of Object.entries(recording)) {
    await t.test(name, async (t) => {
      const dir = t.testdir(tree(recorded.files))
      for (const [version, answer] of Object.entries(recorded.versions)) {
        const compat = Number.parseInt(version, 10) as Compat
        const key = `${name} ${compat}`
        seen.add(key)
        const differs = await difference(dir, recorded, answer, compat)
        const reason = EXCEPTIONS[key]
        if (reason === undefined) t.equal(differs, '', `as ${version}`)
        else t.not(differs, '', `otherwise than ${version}: ${reason}`)
        if (reason !== PRERENDER) continue
        const { server, error } = await load(path.join(dir, 'app'), compat, undefined, 'startup')
        t.ok(error, `as ${version} with prerender: 'startup'`)
        await server.close()
      }
    })
  }
  t.strictSame(Object.keys(EXCEPTIONS).filter((key) => !seen.has(key)), [], 'every exception is of a recorded layout')
})

const handler = (name: string): string => `export const GET = async (_request, { params }) => Response.json({ file: ${JSON.stringify(name)}, params: await params ?? {} })\n`

/** Route files that say who they are; other files need no content. */
function layout (files: string[]): Tree {
  return tree(Object.fromEntries(files.map((file) => [file, /route\.\w+$/.test(file) ? handler(file.replace(/\/?route\.\w+$/, '')) : 'export default () => []\n'])))
}

/** A path and what answers it: the folder alone, the folder with its parameters, or a status. */
type Answers = Record<string, string | number | [folder: string, params: Record<string, unknown>]>

/** Layouts that start. */
const SOUND: Array<[files: string[], answers: Answers]> = [
  // Intercepting folders serve their literal name: only the router of Next.js's pages asks for them otherwise.
  [['(.)photo/route.ts'], { '/(.)photo': '(.)photo', '/photo': 404, '/%28.%29photo': 404, '/': 404 }],
  [['(.)photo/route.ts', 'photo/route.ts'], { '/(.)photo': '(.)photo', '/photo': 'photo' }],
  [['(.)photo/route.ts', 'photo/page.tsx'], { '/(.)photo': '(.)photo' }],
  [['feed/(..)photo/route.ts'], { '/feed/(..)photo': 'feed/(..)photo', '/photo': 404 }],
  [['feed/(..)photo/route.ts', 'photo/route.ts'], { '/photo': 'photo', '/feed/photo': 404 }],
  [['(...)x/route.ts'], { '/(...)x': '(...)x', '/x': 404 }],
  [['p/(.)[id]/route.ts', 'p/[id]/route.ts'], { '/p/1': ['p/[id]', { id: '1' }], '/p/(.)1': ['p/(.)[id]', { id: '1' }] }],
  [['p/(.)[name]/route.ts', 'p/q/(..)[other]/route.ts'], { '/p/(.)1': ['p/(.)[name]', { name: '1' }], '/p/q/(..)1': ['p/q/(..)[other]', { other: '1' }] }],
  [['a/(.)[...b]/route.ts'], { '/a/1/2': 404, '/a': 404 }],
  [['a/(.)[...b]/route.ts', 'a/[...c]/route.ts'], { '/a/1/2': ['a/[...c]', { c: ['1', '2'] }], '/a/(.)1/2': ['a/[...c]', { c: ['(.)1', '2'] }] }],
  [['a/(.)[...b]/route.ts', 'a/[[...c]]/route.ts'], { '/a/1': ['a/[[...c]]', { c: ['1'] }] }],
  [['a/(.)[[...b]]/route.ts', 'a/[[...c]]/route.ts'], { '/a': ['a/[[...c]]', {}] }],
  [['a/(.)[[...b]]/route.ts'], { '/a': 404, '/a/(.)1/2': 404 }],
  [['[...slug]/page.tsx', '@modal/(.)[...path]/page.tsx', 'api/x/route.ts'], { '/api/x': 'api/x' }],
  [['a/b/(..)(..)y/route.ts'], { '/a/b/(..)(..)y': 'a/b/(..)(..)y', '/y': 404 }],
  // Slots and groups vanish.
  [['@slot/route.ts'], { '/': '@slot', '/@slot': 404 }],
  [['a/@one/b/route.ts'], { '/a/b': 'a/@one/b', '/a/@one/b': 404 }],
  [['@children/route.ts'], { '/': '@children', '/@children': 404 }],
  [['a/@children/b/route.ts'], { '/a/b': 'a/@children/b' }],
  [['@slot/x/route.ts', 'page.tsx'], { '/x': '@slot/x', '/': 404 }],
  [['(g)/route.ts'], { '/': '(g)', '/(g)': 404 }],
  [['()/route.ts'], { '/': '()', '/()': 404 }],
  [['(a)(b)/route.ts'], { '/': '(a)(b)', '/(a)(b)': 404 }],
  [['(a)b/route.ts', 'c(d)/route.ts'], { '/(a)b': '(a)b', '/c(d)': 'c(d)', '/b': 404, '/c': 404 }],
  [['(a)/x/[id]/route.ts', '(b)/x/[id]/y/route.ts', '(c)/x/route.ts'], { '/x': '(c)/x', '/x/1': ['(a)/x/[id]', { id: '1' }], '/x/1/y': ['(b)/x/[id]/y', { id: '1' }] }],
  // Brackets.
  [['x/[my-id]/route.ts'], { '/x/v': ['x/[my-id]', { 'my-id': 'v' }] }],
  [['x/[my.id]/route.ts'], { '/x/v': ['x/[my.id]', { 'my.id': 'v' }] }],
  [['x/[a b]/route.ts'], { '/x/v': ['x/[a b]', { 'a b': 'v' }] }],
  [['x/[ünï]/route.ts'], { '/x/v': ['x/[ünï]', { ünï: 'v' }] }],
  [['x/[ a ]/route.ts'], { '/x/v': ['x/[ a ]', { ' a ': 'v' }] }],
  [['x/[a?]/route.ts'], { '/x/v': ['x/[a?]', { 'a?': 'v' }], '/x': 404 }],
  [['x/[... a]/route.ts'], { '/x/foo': ['x/[... a]', { ' a': ['foo'] }], '/x': 404 }],
  [['x/pre[slug]/route.ts'], { '/x/pre[slug]': 'x/pre[slug]', '/x/prefoo': 404, '/x/pre%5Bslug%5D': 404 }],
  [['x/[slug].json/route.ts'], { '/x/[slug].json': 'x/[slug].json', '/x/foo.json': 404 }],
  [['x/[slug]suf/route.ts', 'x/[[slug]]x/route.ts'], { '/x/[slug]suf': 'x/[slug]suf', '/x/foosuf': 404, '/x/[[slug]]x': 'x/[[slug]]x' }],
  [['x/[...a]x/route.ts', 'x/a[...b]/route.ts'], { '/x/[...a]x': 'x/[...a]x', '/x/a[...b]': 'x/a[...b]', '/x/foo': 404, '/x/afoo': 404 }],
  [['x/[[...a]]b/route.ts', 'x/a[[...b]]/route.ts'], { '/x/[[...a]]b': 'x/[[...a]]b', '/x/a[[...b]]': 'x/a[[...b]]', '/x': 404, '/x/foo': 404 }],
  [['x/[a/route.ts'], { '/x/[a': 'x/[a', '/x/%5Ba': 404, '/x/foo': 404 }],
  [['d/[s]/route.ts', 'c/[...s]/route.ts'], { '/d/[s]': ['d/[s]', { s: '[s]' }], '/d/%5Bs%5D': ['d/[s]', { s: '[s]' }], '/c/[...s]': ['c/[...s]', { s: ['[...s]'] }] }],
  // Other names: a static folder is compared with the path as it was sent.
  [['a%5Fb/route.ts'], { '/a_b': 'a%5Fb', '/a%5Fb': 404 }],
  [['%5Fy/route.ts'], { '/_y': '%5Fy', '/%5Fy': 404 }],
  [['%5fz/route.ts', '%5f_x/route.ts'], { '/%5fz': '%5fz', '/_z': 404, '/%5f_x': '%5f_x', '/__x': 404 }],
  [['x%20y/route.ts'], { '/x%20y': 'x%20y', '/x%2520y': 404 }],
  [['u%41/route.ts'], { '/u%41': 'u%41', '/uA': 404, '/u%2541': 404 }],
  [['x+y/route.ts', 'x.y/route.ts', 'x@y/route.ts', '~u/route.ts', '$d/route.ts'], { '/x+y': 'x+y', '/x%2By': 404, '/x.y': 'x.y', '/x%2Ey': 404, '/x@y': 'x@y', '/x%40y': 404, '/~u': '~u', '/%7Eu': 404, '/$d': '$d', '/%24d': 404 }],
  [['a,b/route.ts', 'a;b/route.ts', 'a=b/route.ts', 'a&b/route.ts', '!e/route.ts', "q'q/route.ts"], { '/a,b': 'a,b', '/a%2Cb': 404, '/a;b': 'a;b', '/a=b': 'a=b', '/a&b': 'a&b', '/!e': '!e', "/q'q": "q'q" }],
  [['a:b/route.ts', ':id/route.ts'], { '/a:b': 'a:b', '/axb': 404, '/:id': ':id', '/foo': 404 }],
  [['n/_p/route.ts', 'a/_p/b/route.ts', '_error/route.ts', '_next/x/route.ts', 'ok/route.ts'], { '/n/_p': 404, '/n': 404, '/a/_p/b': 404, '/a/b': 404, '/_error': 404, '/_next/x': 404, '/ok': 'ok' }],
  [['route/route.ts', 'route.ts'], { '/route': 'route', '/': '' }],
  [['page/route.ts', 'page.tsx'], { '/page': 'page' }],
  [['api/route.ts', 'index/route.ts', 'index/index/route.ts'], { '/api': 'api', '/index': 'index', '/index/index': 'index/index', '/': 404 }],
  [['404/route.ts', '500/route.ts', 'not-found/route.ts'], { '/404': '404', '/500': '500', '/not-found': 'not-found', '/nope': 404 }],
  [['.hidden/route.ts', '.well-known/x/route.ts', '..a/route.ts'], { '/.hidden': '.hidden', '/.well-known/x': '.well-known/x', '/..a': '..a' }],
  [['X/route.ts'], { '/X': 'X', '/x': 404 }],
  // Files.
  [['x/Route.ts', 'x/route.test.ts', 'x/route.d.ts', 'ok/route.ts'], { '/x': 404, '/ok': 'ok' }],
  [['x/route.ts', 'x/page.mdx'], { '/x': 'x' }],
  [['x/route.ts', 'x/layout.tsx', 'x/default.tsx', 'x/loading.tsx', 'x/error.tsx', 'x/not-found.tsx', 'x/template.tsx', 'layout.tsx'], { '/x': 'x' }],
  [['icon/route.ts', 'manifest.json/route.ts', 'opengraph-image/route.ts', 'robots/route.ts', 'icon.png/route.ts', 'favicon.ico/route.ts', 'sitemap.xml/route.ts'], { '/icon': 'icon', '/manifest.json': 'manifest.json', '/opengraph-image': 'opengraph-image', '/robots': 'robots', '/icon.png': 'icon.png', '/favicon.ico': 'favicon.ico', '/sitemap.xml': 'sitemap.xml' }],
  // Dynamic folders side by side.
  [['x/[[...a]]/route.ts', 'x/[b]/route.ts'], { '/x': ['x/[[...a]]', {}], '/x/1': ['x/[b]', { b: '1' }], '/x/1/2': ['x/[[...a]]', { a: ['1', '2'] }] }],
  [['x/[[...a]]/route.ts', 'x/[b]/y/route.ts'], { '/x/1': ['x/[[...a]]', { a: ['1'] }], '/x/1/y': ['x/[b]/y', { b: '1' }], '/x/1/2': ['x/[[...a]]', { a: ['1', '2'] }] }],
  [['[...a]/route.ts', '[a]/b/[c]/route.ts'], { '/1/b/2': ['[a]/b/[c]', { a: '1', c: '2' }], '/1/b': ['[...a]', { a: ['1', 'b'] }], '/1': ['[...a]', { a: ['1'] }] }],
  [['x/[my-id]/y/[my_id]/route.ts'], { '/x/1/y/2': ['x/[my-id]/y/[my_id]', { 'my-id': '1', my_id: '2' }] }], // eslint-disable-line camelcase
  [['x/[A]/y/[a]/route.ts'], { '/x/1/y/2': ['x/[A]/y/[a]', { A: '1', a: '2' }] }],
  [['[[...a]]/route.ts', '[a]/page.tsx'], { '/': ['[[...a]]', {}], '/1/2': ['[[...a]]', { a: ['1', '2'] }] }],
  [['[a]/route.ts', '[a]/[...b]/route.ts', '[...c]/route.ts'], { '/1': ['[a]', { a: '1' }], '/1/2': ['[a]/[...b]', { a: '1', b: ['2'] }] }],
  [['(g)/icon.tsx', 'icon/route.ts'], { '/icon': 'icon' }]
]

/** Otherwise than in Next.js: mostly better, where it serves nothing (unreachable names) or something odd. */
const DIFFERENT: typeof SOUND = [
  // The routers of the hosts have no place for an escaped slash in a folder's name.
  [['x%2Fy/route.ts'], { '/x%2Fy': 404, '/x/y': 404 }],
  [['ünï/route.ts'], { '/%C3%BCn%C3%AF': 'ünï', '/%c3%bcn%c3%af': 'ünï' }],
  [['a b/route.ts'], { '/a%20b': 'a b' }],
  [['x/[constructor]/route.ts'], { '/x/v': ['x/[constructor]', { constructor: 'v' }] }],
  [['x/[toString]/route.ts'], { '/x/v': ['x/[toString]', { toString: 'v' }] }],
  [['x/[hasOwnProperty]/route.ts'], { '/x/v': ['x/[hasOwnProperty]', { hasOwnProperty: 'v' }] }],
  [['o/[[...s]]/route.ts'], { '/o/[[...s]]': ['o/[[...s]]', { s: ['[[...s]]'] }] }],
  [['m/route.mjs', 'n/route.mts', 'cjs/route.cjs'], { '/m': 'm', '/n': 'n', '/cjs': 'cjs' }]
]

t.test('layouts that start', async (t) => {
  for (const [files, answers] of [...SOUND, ...DIFFERENT]) {
    await t.test(files.join(' + '), async (t) => {
      const fixture = layout(files)
      if ('cjs' in fixture) fixture.cjs = { 'route.cjs': "exports.GET = () => Response.json({ file: 'cjs', params: {} })" }
      const { server, error } = await load(t.testdir(fixture))
      t.equal(error, undefined)
      for (const [url, expected] of Object.entries(answers)) {
        const { statusCode, body } = await server.inject(url)
        if (typeof expected === 'number') t.equal(statusCode, expected, url)
        else {
          const [file, params] = typeof expected === 'string' ? [expected, undefined] : expected
          const got = JSON.parse(body) as { file: string, params: unknown }
          t.strictSame(params === undefined ? got.file : got, params === undefined ? file : { file, params }, url)
        }
      }
      await server.close()
    })
  }
})

/** Layouts that don't, with what is said of each problem: words of Next.js where it has some. */
const BROKEN: Array<[files: string[], messages: string[], compat?: Compat]> = [
  [['deep/(..)(..)y/route.ts'], ['Invalid interception route: /deep/(..)(..)y.']],
  [['a/(.)x/b/(.)y/route.ts'], ['Invalid interception route: /a/(.)x/b/(.)y.']],
  [['(..)y/route.ts'], ['Invalid interception route: /(..)y.']],
  [['@slot/route.ts', 'route.ts'], ['Conflicting routes at /: route at /@slot/route and route at /route']],
  [['a/@one/b/route.ts', 'a/@two/b/route.ts'], ['Conflicting routes at /a/b: route at /a/@one/b/route and route at /a/@two/b/route']],
  [['a/@one/b/route.ts', 'a/b/route.ts'], ['Conflicting routes at /a/b: route at /a/@one/b/route and route at /a/b/route']],
  [['@children/route.ts', 'route.ts'], ['Conflicting routes at /: route at /@children/route and route at /route']],
  [['x/[.a]/route.ts'], ['Segment names may not start with erroneous periods (\'.a\') in route "/x/[.a]".']],
  [['x/[....a]/route.ts'], ['Segment names may not start with erroneous periods (\'.a\') in route "/x/[....a]".']],
  [['x/[…a]/route.ts'], ["Detected a three-dot character ('…')"]],
  [['x/[[...]]/route.ts'], ['Parameter names cannot be empty in route "/x/[[...]]".']],
  [['x/[...]/route.ts'], ['Parameter names cannot be empty in route "/x/[...]".']],
  [['x/[a]]/route.ts'], ['Segment names may not start or end with extra brackets (\'a]\') in route "/x/[a]]".']],
  [['x/[[a]/route.ts'], ['Segment names may not start or end with extra brackets (\'[a\') in route "/x/[[a]".']],
  [['x/[[...a]/route.ts'], ['Segment names may not start or end with extra brackets (\'[...a\') in route "/x/[[...a]".']],
  [['x/[...a]]/route.ts'], ['Segment names may not start or end with extra brackets (\'a]\') in route "/x/[...a]]".']],
  [['x/[[ ...a]]/route.ts'], ['Optional route parameters are not yet supported ("[[ ...a]]") in route "/x/[[ ...a]]".']],
  ...['x/page.js', 'x/page.jsx', 'x/page.tsx', 'x/page.ts'].map((page): [string[], string[]] => [['x/route.ts', page], ['Conflicting route and page at /x: route at /x/route and page at /x/page']]),
  [['(a)/x/route.ts', '(b)/x/page.tsx'], ['Conflicting route and page at /x: route at /(a)/x/route and page at /(b)/x/page']],
  [['x/route.ts', '@slot/x/page.tsx', 'page.tsx'], ['Conflicting route and page at /x: route at /x/route and page at /@slot/x/page']],
  [['@slot/x/route.ts', 'x/page.tsx'], ['Conflicting route and page at /x: route at /@slot/x/route and page at /x/page']],
  [['manifest.webmanifest/route.ts', 'manifest.ts'], ['Conflicting route and metadata at /manifest.webmanifest']],
  [['icon/route.ts', 'icon.tsx'], ['Conflicting route and metadata at /icon']],
  [['a/apple-icon2/route.ts', 'a/apple-icon2.tsx'], ['Conflicting route and metadata at /a/apple-icon2']],
  [['opengraph-image/route.ts', 'opengraph-image.tsx'], ['Conflicting route and metadata at /opengraph-image']],
  [['[a]/route.ts', '(g)/[b]/route.ts'], ["You cannot use different slug names for the same dynamic path ('b' !== 'a')"]],
  [['[a]/route.ts', '[b]/page.tsx'], ["different slug names for the same dynamic path ('a' !== 'b')"]],
  [['m/[a]/route.ts', 'm/[b]/route.ts'], ["different slug names for the same dynamic path ('a' !== 'b')"]],
  [['[...a]/route.ts', '[...b]/page.tsx'], ["different slug names for the same dynamic path ('a' !== 'b')"]],
  [['x/[[...a]]/route.ts', 'x/[[...b]]/route.ts'], ["different slug names for the same dynamic path ('a' !== 'b')"]],
  [['[a]/x/route.ts', '(g)/[b]/y/route.ts'], ["different slug names for the same dynamic path ('b' !== 'a')"]],
  [['x/[a]/route.ts', 'x/[A]/y/route.ts'], ["different slug names for the same dynamic path ('A' !== 'a')"]],
  [['[a]/route.ts', '[a]/page.tsx'], ['Conflicting route and page at /[a]: route at /[a]/route and page at /[a]/page']],
  [['[[...a]]/route.ts', 'page.tsx'], ['You cannot define a route with the same specificity as an optional catch-all route ("/" and "/[[...a]]").']],
  [['[[...a]]/route.ts', 'route.ts'], ['same specificity as an optional catch-all route ("/" and "/[[...a]]").']],
  [['(g)/[[...a]]/route.ts', '(h)/route.ts'], ['same specificity as an optional catch-all route ("/" and "/[[...a]]").']],
  [['[...a]/route.ts', '[a]/b/[a]/route.ts'], ['You cannot have the same slug name "a" repeat within a single dynamic path in route "/[a]/b/[a]".']],
  [['z/[my-id]/[myid]/route.ts'], ['You cannot have the slug names "my-id" and "myid" differ only by non-word symbols within a single dynamic path in route "/z/[my-id]/[myid]".']],
  [['x/[...a]/route.ts', 'x/[[...b]]/route.ts'], ['You cannot use both an required and optional catch-all route at the same level ("[...a]" and "[[...b]]").']],
  [['x/[...a]/route.ts', 'x/[[...b]]/route.ts', 'x/[a]/route.ts'], ['You cannot use both an required and optional catch-all route at the same level']],
  [['x/page.tsx', 'x/@m/(.)[[...o]]/page.tsx', 'api/x/route.ts'], ['same specificity as an optional catch-all route ("/x" and "/x/(.)[[...o]]").']],
  [['x/(.)[...a]/route.ts', 'x/(.)[[...b]]/route.ts'], ['You cannot use both an required and optional catch-all route at the same level ("(.)[...a]" and "(.)[[...b]]").']],
  [['x/(.)[...a]/route.ts', 'x/(.)[...b]/route.ts'], ["different slug names for the same dynamic path ('a' !== 'b')"]],
  [['x/[a]/[[...b]]/route.ts', 'x/[a]/route.ts'], ['same specificity as an optional catch-all route ("/x/[a]" and "/x/[a]/[[...b]]").']],
  [['x/[a]/[[...b]]/route.ts', 'x/[c]/y/route.ts'], ["different slug names for the same dynamic path ('a' !== 'c')"]],
  [['x/[a]/page.tsx', 'x/[b]/y/route.ts'], ["different slug names for the same dynamic path ('a' !== 'b')"]],
  [['x/[...a]/y/[...b]/route.ts'], ['Catch-all must be the last part of the URL in route "/x/[...a]/y/[...b]".']],
  [['(a)/x/[id]/route.ts', '(b)/x/[id]/route.ts'], ['Conflicting routes at /x/[id]: route at /(a)/x/[id]/route and route at /(b)/x/[id]/route']],
  [['a*b/route.ts'], ['a path may not hold "*"']],
  // Several at once.
  [['(a)/m1/route.ts', '(b)/m1/route.ts', 'm2/route.ts', 'm2/page.tsx', '(a)/m3/route.ts', '(b)/m3/route.ts', '(c)/m3/route.ts'], [
    'Conflicting routes at /m1', 'Conflicting route and page at /m2', 'Conflicting routes at /m3: route at /(a)/m3/route and route at /(b)/m3/route and route at /(c)/m3/route'
  ]],
  [['m1/[]/route.ts', 'm2/[..a]/route.ts', 'm3/route.ts', 'm3/page.tsx', 'm4/[a]/route.ts', 'm4/[b]/route.ts', 'm5/[...a]/b/route.ts'], [
    'Parameter names cannot be empty in route "/m1/[]".', 'erroneous periods', 'Conflicting route and page at /m3', "('a' !== 'b')", 'Catch-all must be the last part of the URL in route "/m5/[...a]/b".'
  ]]
]

t.test('one marker twice in a path: 16 alone refuses it', async (t) => {
  const { server, error } = await load(t.testdir(layout(['a/(.)x/b/(.)y/route.ts'])), 15)
  t.equal(error, undefined)
  t.equal((await server.inject('/a/(.)x/b/(.)y')).statusCode, 200)
  await server.close()
})

t.test('what is said of parameters names folders as they are called', async (t) => {
  const { server, problems } = await load(t.testdir(layout(['u/[id]/(.)[a]/[b]/route.ts', 'u/[id]/(.)[a]/[c]/route.ts'])))
  t.match(problems, [{ mend: 'Use one name for the parameter below /u/[id]/(.)[a].' }])
  await server.close()
})

t.test('a route file below an intercepting catch-all is warned of', async (t) => {
  const { server, warnings } = await load(t.testdir(layout(['a/(.)[...b]/route.ts'])))
  t.match(warnings, [/^a\/\(\.\)\[\.\.\.b\]\/route\.ts is not served: \/a\/\(\.\)\[\.\.\.b\] intercepts/])
  await server.close()
})

t.test('layouts that do not start name the files, say what is wrong and how to mend it', async (t) => {
  for (const [files, messages, compat] of BROKEN) {
    await t.test(files.join(' + '), async (t) => {
      const { server, error, problems } = await load(t.testdir(layout(files)), compat)
      t.match(error, { code: 'FAR_ERR_APP_DIRECTORY' })
      t.equal(problems.length, messages.length, problems.map((problem) => problem.message).join(' | '))
      for (const message of messages) t.ok(problems.some((problem) => problem.message.includes(message)), `${message} — ${problems[0]?.message}`)
      for (const { mend, files: named, code } of problems) {
        t.equal(code, 'FAR_ERR_LAYOUT')
        t.ok(mend.length > 10 && named.length > 0)
        for (const file of named) {
          t.ok(files.includes(file), file)
          t.ok((error as Error).message.includes(file), `the message names ${file}`)
        }
        t.ok((error as Error).message.includes(mend))
      }
      await server.close()
    })
  }
})

t.test('problems of every kind are reported at once, and nothing is registered', async (t) => {
  const dir = t.testdir({
    ok: { 'route.ts': handler('ok') },
    both: { 'route.ts': handler('both'), 'page.tsx': '' },
    '[]': { 'route.ts': handler('empty') },
    throws: { 'route.ts': "throw new Error('top level')\n" },
    syntax: { 'route.ts': 'export const GET = ( => 1\n' },
    missing: { 'route.ts': "import './nope.ts'\nexport const GET = () => new Response()\n" },
    config: { 'route.ts': "export const dynamic = 'sometimes'\nexport const GET = () => new Response()\n" },
    verb: { 'route.ts': 'export const GET = 1\n' }
  })
  const { server, error, problems } = await load(dir)
  const codes = Object.fromEntries(problems.map(({ code, files }) => [files.join('+'), code]))
  t.strictSame(codes, {
    'both/route.ts+both/page.tsx': 'FAR_ERR_LAYOUT',
    '[]/route.ts': 'FAR_ERR_LAYOUT',
    'throws/route.ts': 'FAR_ERR_LOAD',
    'syntax/route.ts': 'FAR_ERR_LOAD',
    'missing/route.ts': 'FAR_ERR_LOAD',
    'config/route.ts': 'FAR_ERR_SEGMENT_CONFIG',
    'verb/route.ts': 'FAR_ERR_LOAD'
  })
  t.ok(problems.every(({ mend }) => mend !== ''))
  t.match(problems.find(({ files }) => files[0] === 'throws/route.ts'), { message: /top level/, cause: { message: 'top level' } })

  t.match(error, { code: 'FAR_ERR_APP_DIRECTORY' })
  t.notOk(server.hasRoute({ method: 'GET', url: '/ok' }))
  await server.close()
})

t.test('a revalidate with a fraction is refused by 15 and 16, whose builds fail', async (t) => {
  const dir = t.testdir({ 'route.js': 'export const revalidate = 1.5\nexport const GET = () => new Response()' })
  for (const compat of [13, 14, 15, 16] as const) {
    const { server, problems } = await load(dir, compat)
    t.same(problems.map(({ code }) => code), compat < 15 ? [] : ['FAR_ERR_SEGMENT_CONFIG'], String(compat))
    await server.close()
  }
})

t.test('of several route files in one folder, and of several folders with one path, one answers and the others are named', async (t) => {
  const dir = t.testdir({
    all: Object.fromEntries(['ts', 'js', 'tsx', 'jsx', 'mjs', 'mts'].map((extension) => [`route.${extension}`, `export const GET = () => new Response('${extension}')\n`])),
    '(a)': { same: { 'route.ts': "export const GET = () => new Response('a')\n" } },
    '(b)': { other: { 'route.ts': "export const GET = () => new Response('b')\n" } }
  })
  for (const [compat, winner] of [[16, 'jsx'], [15, 'tsx'], [14, 'tsx'], [13, 'tsx']] as const) {
    const { server, warnings } = await load(dir, compat)
    t.equal((await server.inject('/all')).body, winner, `compat ${compat}`)
    t.equal(warnings.filter((warning) => warning.includes('is not used')).length, 5)
    t.ok(warnings.every((warning) => warning.includes(`all/route.${winner} serves /all`)))
    await server.close()
  }
})

t.test('exports that are no handlers are warned of, with the file', async (t) => {
  const dir = t.testdir({
    lower: { 'route.ts': 'export const get = () => new Response()\n' },
    default: { 'route.ts': 'export default () => new Response()\n' },
    empty: { 'route.ts': '' },
    nullish: { 'route.ts': 'export const GET = undefined\nexport const POST = null\nexport const PUT = () => new Response()\n' }
  })
  const { server, warnings, error } = await load(dir)
  t.equal(error, undefined)
  const of = (file: string) => warnings.filter((warning) => warning.startsWith(file)).length
  t.strictSame([of('lower/route.ts'), of('default/route.ts'), of('empty/route.ts'), of('nullish/route.ts')], [2, 2, 1, 0], warnings.join('\n'))
  for (const url of ['/lower', '/default', '/empty', '/nullish']) t.equal((await server.inject(url)).statusCode, 405, url)
  const { statusCode, headers } = await server.inject({ method: 'OPTIONS', url: '/empty' })
  t.strictSame([statusCode, headers.allow], [204, 'OPTIONS'])
  await server.close()
})

t.test('exports that miss a known name by a letter are warned of, helpers are not', async (t) => {
  const dir = t.testdir({
    verbs: { 'route.ts': 'export const GET = () => new Response()\nexport const Post = GET\nexport const POSTT = GET\nexport const DELET = GET\n' },
    config: { 'route.ts': "export const GET = () => new Response()\nexport const runtim = 'nodejs'\nexport const fetchcache = 'auto'\nexport const generateStaticParam = () => []\n" },
    helpers: { 'route.ts': 'export const GET = () => new Response()\nexport class Pet {}\nexport const PORT = 1\nexport const gets = GET\nexport const posts = GET\nexport const time = 1\nexport const config = {}\nexport const POSTS_OF = GET\n' }
  })
  const { server, warnings } = await load(dir)
  t.strictSame(warnings.map((warning) => warning.replaceAll('\n', ' ')).sort(), [
    'config/route.ts exports fetchcache, which has no effect. Did you mean fetchCache?',
    'config/route.ts exports generateStaticParam, which has no effect. Did you mean generateStaticParams?',
    'config/route.ts exports runtim, which has no effect. Did you mean runtime?',
    'verbs/route.ts exports DELET, which is not a handler. Did you mean DELETE?',
    'verbs/route.ts exports POSTT, which is not a handler. Did you mean POST?',
    'verbs/route.ts exports Post, which is not a handler: Next.js takes upper-case names only. Rename it to POST.'
  ])
  await server.close()
})

/** A plain reference: which files have something wrong with them. Every rule looks at all pairs. */
function wrongFiles (files: Array<{ kind: 'route' | 'page', file: string, segments: string[] }>, compat: Compat): Set<string> {
  const wrong = new Set<string>()
  const name = (segment: string): string => segment.replace(/^\[*(?:\.\.\.)?|\]*$/g, '')
  const kind = (segment: string): string => segment.startsWith('[[') ? 'optional' : segment.startsWith('[...') ? 'rest' : segment.startsWith('[') ? 'one' : segment
  for (const { file, segments } of files) {
    const names = segments.filter((segment) => segment.startsWith('[')).map(name)
    if (new Set(names).size < names.length) wrong.add(file)
    if (segments.slice(0, -1).some((segment) => segment.includes('...'))) wrong.add(file)
  }
  const sound = files.filter(({ file }) => !wrong.has(file))
  for (const a of sound) {
    for (const b of sound) {
      if (a === b) continue
      const samePath = a.segments.join('/') === b.segments.join('/')
      const oneFolder = path.posix.dirname(a.file) === path.posix.dirname(b.file)
      if (samePath && a.kind === 'route' && (b.kind === 'page' || (!oneFolder && compat === 16))) wrong.add(a.file).add(b.file)
      let depth = 0
      while (depth < Math.min(a.segments.length, b.segments.length) && kind(a.segments[depth]!) === kind(b.segments[depth]!)) {
        // Names of one level must agree, whoever is above them.
        if (a.segments[depth] !== b.segments[depth]) wrong.add(a.file).add(b.file)
        depth++
      }
      const [x, y] = [a.segments[depth], b.segments[depth]]
      if (x !== undefined && y !== undefined && new Set([kind(x), kind(y), 'optional', 'rest']).size === 2) wrong.add(a.file).add(b.file)
      if (x === undefined && y !== undefined && kind(y) === 'optional' && compat !== 15) wrong.add(a.file).add(b.file)
    }
  }
  return wrong
}

t.test('in any directory, the files with problems are those of a plain reference', async (t) => {
  const folder = fc.constantFrom('a', 'b', '[x]', '[y]', '[...x]', '[...z]', '[[...x]]', '[[...z]]', '(g)', '(h)', '@s')
  const file = fc.tuple(fc.array(folder, { maxLength: 4 }), fc.constantFrom('route.ts', 'route.ts', 'page.tsx')).map(([folders, name]) => [...folders, name].join('/'))
  const directory = fc.uniqueArray(file, { minLength: 1, maxLength: 7 })
  let broken = 0
  fc.assert(fc.property(directory, fc.constantFrom<Compat>(14, 15, 16), (files, compat) => {
    const entries = files.sort().map((file) => {
      const folders = file.split('/')
      const kind = folders.pop()!.startsWith('route') ? 'route' as const : 'page' as const
      const segments = urlSegments(folders)!
      return { kind, file, segments, path: '/' + segments.join('/') }
    })
    const found = new Set(findConflicts(entries, compat).flatMap((problem) => problem.files))
    const expected = wrongFiles(entries, compat)
    if (expected.size > 0) broken++
    return [...found].sort().join() === [...expected].sort().join()
  }), { numRuns: 2000 })
  t.ok(broken > 200, 'the directories are broken often enough to tell')
})

/**
 * Inputs for the classes of Next.js: arbitraries of any input, and lists of the odd ones. `record.ts` records what the real
 * Next.js does with a sample, `real.test.ts` compares it with ours on fresh ones.
 */
import fc from 'fast-check'
import type { Kind, RequestCase, ResponseCase, UrlCase } from './observe.ts'

const segment = fc.oneof(fc.constantFrom('_next/data/b/x.json', '_next/data/b/index.json', 'a', 'b.c', 'ü', 'a b', '%20', '%2F', '..', '.', '', '_next', 'data', 'x', 'docs', 'fr', 'EN', 'api'), fc.stringMatching(/^[ -~]{0,6}$/))
const host = fc.constantFrom('a.test', 'A.Test:80', 'localhost', 'localhost:3000', '127.0.0.1:81', '127.0.0.2', '[::1]:3000', '[::2]', 'ü.test', 'user:pass@a.test')
const query = fc.oneof(fc.constant(''), fc.constantFrom('?', '?a=1&b=2', '?a=%20+b&a', '?ü=日&&=x', '?a[b]=1', '?%zz'), fc.stringMatching(/^\?[ -~]{0,10}$/))
const hash = fc.constantFrom('', '#', '#h', '#ü b')
const url = fc.tuple(fc.constantFrom('http', 'https', 'HTTP'), host, fc.array(segment, { maxLength: 4 }), query, hash).map(([scheme, at, segments, search, end]) => `${scheme}://${at}/${segments.join('/')}${search}${end}`)
const i18n = { locales: ['en', 'fr', 'de-CH'], defaultLocale: 'en', domains: [{ domain: 'a.test', defaultLocale: 'fr' }, { domain: 'LocalHost:3000', defaultLocale: 'de-CH', locales: ['de-CH'] }] }
const config = fc.option(fc.record({
  trailingSlash: fc.boolean(),
  basePath: fc.constantFrom('', '/docs', '/a'),
  i18n: fc.constantFrom(null, i18n, { ...i18n, domains: undefined })
}, { requiredKeys: [] }), { nil: undefined, freq: 1 })
const change = fc.oneof(
  fc.tuple(fc.constantFrom('pathname', 'search', 'hash'), fc.oneof(fc.constantFrom('/new path/ü', 'new', '/a?b#c', '', '/n/', '/file.txt', '/file.txt/', '//x', '?z=9&y', 'z=1', 'frag', '#frag'), fc.stringMatching(/^[ -~]{0,8}$/))),
  fc.tuple(fc.constantFrom('host', 'hostname'), fc.constantFrom('b.test', 'b.test:99', '127.0.0.1', '[::1]', '', 'a b')),
  fc.tuple(fc.constant('port'), fc.constantFrom('81', '80', '443', '', 'x', '99999')),
  fc.tuple(fc.constant('protocol'), fc.constantFrom('https', 'https:', 'http', 'ftp', 'x')),
  fc.tuple(fc.constantFrom('username', 'password'), fc.constantFrom('u', '', 'ü:')),
  fc.tuple(fc.constant('href'), fc.constantFrom('http://other.test/p?q=1', '/p', 'http://127.0.0.1/', 'http://a.test/x/', 'http://a.test/docs/fr/y')),
  fc.tuple(fc.constant('basePath'), fc.constantFrom('/docs', 'docs', '/')),
  fc.tuple(fc.constantFrom('locale', 'defaultLocale', 'origin'), fc.constantFrom('fr', 'de-CH', 'it', '')),
  fc.tuple(fc.constant('buildId'), fc.constantFrom('b', ''))
) as fc.Arbitrary<[string, string]>
const pairs = fc.array(fc.tuple(fc.stringMatching(/^[ -~]{0,4}$/), fc.constantFrom('v w', 'ü', '', '&=')), { maxLength: 2 })

const urls: fc.Arbitrary<UrlCase> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ input: url, config, changes: fc.array(change, { maxLength: 3 }), params: pairs }) },
  { weight: 1, arbitrary: fc.record({ input: fc.oneof(segment, query), base: url, config }) }
)
const oddUrls: UrlCase[] = ['relative', '', 'mailto:a@b', 'http://', 'http://a b/', 'file:///x', 'http://127.1.2.3/', 'http://127.0.0.1.test/'].map((input) => ({ input }))

const name = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.stringMatching(/^[a-z_-]{1,4}$/))
const value = fc.oneof(fc.constantFrom('1', 'two words', 'ü', 'a=b', 'a;b', '"q"', '', '%zz', '%20', 'a,b'), fc.stringMatching(/^[ -~]{0,8}$/))
const cookieText = fc.array(fc.oneof(fc.tuple(name, value).map(([key, text]) => `${key}=${encodeURIComponent(text)}`), fc.constantFrom('c', '=d', 'e="q"', 'a=2', 'z=%zz', ' x = y ', 'a=b=c', '', 'B=1')), { maxLength: 5 }).map((parts) => parts.join('; '))
const requestStep = fc.oneof(
  fc.tuple(fc.constant('set'), name, value),
  fc.tuple(fc.constant('set'), fc.record({ name, value })),
  fc.tuple(fc.constantFrom('get', 'getAll', 'has', 'delete'), name),
  fc.tuple(fc.constant('delete'), fc.array(name, { maxLength: 3 })),
  fc.tuple(fc.constant('get'), fc.record({ name })),
  fc.constantFrom(['getAll'], ['clear'])
) as fc.Arbitrary<unknown[]>
const requestCookies = fc.record({ cookie: cookieText, steps: fc.array(requestStep, { maxLength: 4 }) })

const date = fc.constantFrom({ $date: '2001-02-03T04:05:06.000Z' }, { $date: '2099-01-01T00:00:00.000Z' }, { $date: '1970-01-01T00:00:00.000Z' })
const attributes = fc.record({
  path: fc.constantFrom('/', '/x', ''),
  domain: fc.constantFrom('a.test', ''),
  expires: fc.oneof(date, fc.constantFrom(0, 981173106000)),
  maxAge: fc.constantFrom(0, 60, 3600),
  secure: fc.boolean(),
  httpOnly: fc.boolean(),
  sameSite: fc.constantFrom('lax', 'strict', 'none', true, false),
  priority: fc.constantFrom('low', 'medium', 'high'),
  partitioned: fc.boolean()
}, { requiredKeys: [] })
const responseStep = fc.oneof(
  fc.tuple(fc.constant('set'), name, value),
  fc.tuple(fc.constant('set'), name, value, attributes),
  fc.tuple(fc.constant('set'), fc.tuple(fc.record({ name, value }), attributes).map(([cookie, rest]) => ({ ...cookie, ...rest }))),
  fc.tuple(fc.constantFrom('get', 'getAll', 'has', 'delete'), name),
  fc.tuple(fc.constant('delete'), fc.record({ name, path: fc.constantFrom('/', '/x'), domain: fc.constantFrom('a.test') }, { requiredKeys: ['name'] })),
  fc.constantFrom(['getAll'])
) as fc.Arbitrary<unknown[]>
const setCookie = fc.constantFrom('a=1', 'a=1; Path=/; HttpOnly', 'b=two%20words; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Secure', 'no equals', '=v', 'x=1; Foo=bar; Max-Age=abc; SameSite=weird; Priority=zzz', 'p=%zz; Path=/q', 'm="q"; Max-Age=5; Domain=a.test; Partitioned', 's=1; SameSite=Lax; Priority=High', 'a=1, b=2; Path=/x', 'd=; Max-Age=0', '')
const responseCookies = fc.record({ headers: fc.array(setCookie, { maxLength: 3 }), steps: fc.array(responseStep, { maxLength: 4 }) })
const jar = fc.record({ cookie: cookieText, steps: fc.array(responseStep, { maxLength: 5 }), headers: fc.array(setCookie, { maxLength: 2 }) })

const headerName = fc.oneof(fc.constantFrom('cookie', 'user-agent', 'x-a', 'X-A', 'host', 'accept'), fc.stringMatching(/^[A-Za-z-]{1,6}$/))
// Never blank: two blank ones of a name are ', ', or ',' after the list was copied, and Next.js copies at other moments.
const headerValue = fc.oneof(fc.constantFrom(' a ', '1, 2', 'a=1; b=%20'), fc.stringMatching(/^[!-~\xa1-\xff][ -~\xa0-\xff]{0,10}$/))
const headerList = fc.array(fc.tuple(headerName, headerValue), { maxLength: 5 })
const headers = fc.record({ list: headerList, asked: fc.array(headerName, { maxLength: 3 }) })
const request: fc.Arbitrary<RequestCase> = fc.record({ url, init: fc.record({ method: fc.constantFrom('GET', 'post', 'PATCH', 'DELETE', 'QUERY'), headers: headerList, nextConfig: config.map((given) => given ?? {}) }, { requiredKeys: [] }) })

const oddRequests: RequestCase[] = [
  ...['/relative', 'relative', '', 'http://u:p@a.test/'].map((input) => ({ url: input })),
  ...[
    { method: 'post' }, { method: 'patch' }, { method: 'TRACE' }, { method: 'POST', body: 'x' }, { body: 'x' }, { method: 'QUERY' },
    { headers: { cookie: 'a=1; b=2', 'X-A': '1' } }, { headers: [['a', '1'], ['a', '2']] }, { nextConfig: { trailingSlash: true } }
  ].map((init) => ({ url: 'http://a.test/p?q=1#h', init }))
]

const absolute = ['http://a.test', 'http://A.test/ü b?q=ü#h', 'mailto:a@b', '/relative', 'relative', '']
const responseInit = fc.record({ status: fc.constantFrom(200, 201, 204, 301, 302, 307, 308, 418, 599, 600, 99), statusText: fc.constantFrom('', 'Fine', 'a\nb'), headers: headerList }, { requiredKeys: [] })
const response: fc.Arbitrary<ResponseCase> = fc.oneof(
  fc.record({ method: fc.constantFrom('redirect' as const, 'rewrite' as const), args: fc.tuple(url, responseInit) }),
  fc.record({ method: fc.constant('json' as const), args: fc.tuple(fc.jsonValue(), responseInit) }),
  fc.record({ method: fc.constant('new' as const), args: fc.tuple(fc.option(fc.string()), responseInit) }),
  fc.record({ method: fc.constant('next' as const), args: fc.tuple(responseInit) }),
  fc.record({ method: fc.constant('next' as const), args: fc.constant([] as unknown[]), headers: headerList })
)
const oddResponses: ResponseCase[] = [
  ...absolute.flatMap((target): ResponseCase[] => [{ method: 'redirect', args: [target] }, { method: 'rewrite', args: [target] }]),
  ...[200, 300, 301, 302, 303, 304, 307, 308, 0, 600, '301', null, {}, { status: 308, statusText: 'Z', headers: { 'x-a': '1', location: '/other' } }, { status: 200 }, { headers: [['set-cookie', 'a=1'], ['set-cookie', 'b=2']] }].map((init): ResponseCase => ({ method: 'redirect', args: ['http://a.test/', init] })),
  ...[[{ a: 1 }], [null], [], ['text'], [{}, { status: 201, headers: { 'content-type': 'x/y' } }], [{}, 418], [{}, { status: 204 }], [{}, { status: 101 }], [{}, { statusText: 'a\nb' }]].map((args): ResponseCase => ({ method: 'json', args })),
  ...[[], ['x'], [null], ['x', { status: 204 }], ['', { status: 304 }], [null, { status: 205 }], [null, { status: '201' }], [{}], [5], ['x', { headers: { 'content-type': 'x/y' } }]].map((args): ResponseCase => ({ method: 'new', args })),
  { method: 'next', args: [] },
  { method: 'next', args: [{ headers: { 'x-a': '1' }, status: 201 }] },
  { method: 'next', args: [], headers: [['c', 'd'], ['e', 'f']] },
  { method: 'next', args: [{ request: { headers: { plain: 'object' } } }] },
  { method: 'next', args: [{ request: {} }] },
  { method: 'rewrite', args: ['http://a.test/', { status: 202, headers: { 'x-a': '1' } }] }
]

const AGENTS = [
  null, '', 'curl/8.4.0', 'node', 'undici',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.144 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux aarch64; rv:109.0) Gecko/20100101 Firefox/115.0',
  'Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18',
  'Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko',
  'Mozilla/5.0 (PlayStation 5 3.11) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15',
  // Not compared: Samsung's browser and 'Linux x86_64', which later versions of the parser name otherwise.
  ...['Googlebot', 'Googlebot/2.1', 'Mediapartners-Google', 'AdsBot-Google', 'googleweblight', 'Storebot-Google', 'Google-PageRenderer', 'Google-InspectionTool', 'Bingbot', 'bingbot/2.0', 'BingPreview', 'Slurp', 'DuckDuckBot', 'baiduspider', 'yandex', 'YandexBot', 'sogou', 'LinkedInBot', 'bitlybot', 'tumblr', 'vkShare', 'quora link preview', 'facebookexternalhit', 'facebookcatalog', 'Twitterbot', 'Applebot', 'redditbot', 'Slackbot', 'Discordbot', 'WhatsApp', 'SkypeUriPreview', 'ia_archiver', 'GPTBot', 'ClaudeBot', 'CCBot', 'Yeti', 'Googleother', 'PerplexityBot', 'AhrefsBot', 'Pinterestbot', 'TelegramBot', 'robot', 'spider'].map((bot) => `Mozilla/5.0 (compatible; ${bot}; +http://bot.test/)`)
]

const product = fc.constantFrom('Mozilla/5.0', '(Windows NT 10.0; Win64; x64)', '(iPhone; CPU iPhone OS 17_2 like Mac OS X)', '(Macintosh; Intel Mac OS X 10_15_7)', 'AppleWebKit/537.36', '(KHTML, like Gecko)', 'Chrome/120.0.0.0', 'Safari/537.36', 'Gecko/20100101', 'Firefox/115.0', 'Mobile/15E148', 'Version/17.2', 'Edg/120.0', 'curl/8.4.0', 'Googlebot/2.1', 'GPTBot', 'x')
const agent = fc.oneof(fc.constantFrom(...AGENTS), fc.array(product, { maxLength: 6 }).map((parts) => parts.join(' ')), fc.string({ maxLength: 20 }))

const digest = fc.oneof(
  fc.tuple(fc.constantFrom('NEXT_REDIRECT', 'NEXT_REDIRECTED', 'next_redirect'), fc.constantFrom('push', 'replace', 'other', ''), fc.constantFrom('/x', 'http://a.test/;b', ';'), fc.constantFrom('303', '307', '308', '301', 'x', ''), fc.constantFrom(';', '', ';;')).map(([kind, type, to, status, end]) => [kind, type, to, status].join(';') + end),
  fc.tuple(fc.constantFrom('NEXT_HTTP_ERROR_FALLBACK', 'NEXT_HTTP_ERROR'), fc.constantFrom('401', '403', '404', '500', '', '404;x')).map((parts) => parts.join(';')),
  fc.string({ maxLength: 8 })
)
const thrown = fc.record({ how: fc.constantFrom('redirect' as const, 'permanentRedirect' as const, 'notFound' as const, 'digest' as const), url: fc.oneof(url, fc.constantFrom('/x', 'x;y', '/a b')), type: fc.constantFrom(undefined, 'push' as const, 'replace' as const), digest, nested: fc.boolean() })

/** Inputs of any shape for each kind. */
export const ANY: { [Name in Kind]: fc.Arbitrary<unknown> } = { url: urls, requestCookies, responseCookies, request, response, agent, headers, jar, thrown }

/** Odd ones that chance would seldom find. */
export const ODD: { [Name in Kind]?: unknown[] } = { url: oddUrls, request: oddRequests, response: oddResponses, agent: AGENTS }

/** Requests that modules of an application make themselves: the bound `Request` against the native one, `NextRequest` against Next.js's rules. */
import { NextRequest } from 'fastify-app-routes/server'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { BoundRequest, describeRequest, differences, outcome } from './native.ts'
import { realClasses } from '../next/real.ts'
import { startProbed } from './probe.ts'

type RequestClass = new (input?: any, init?: any) => Request

const streamOf = (text: string): ReadableStream => new Blob([text]).stream()
const aborted = AbortSignal.abort(new RangeError('gone'))

const INPUTS: Record<string, () => unknown> = {
  'a text': () => 'http://a.test/p?q#h',
  'a URL': () => new URL('http://a.test/p?q#h'),
  'no path': () => 'http://a.test',
  'capitals and a default port': () => 'HTTP://A.TEST:80/%7e/../x y?a b',
  'https with another port': () => 'https://a.test:444/',
  credentials: () => 'http://user:pass@a.test/',
  'a user alone': () => 'http://user@a.test/',
  relative: () => '/p',
  'an empty text': () => '',
  'not a URL': () => 'http://',
  'another scheme': () => 'data:text/plain,x',
  nothing: () => undefined,
  null: () => null,
  'a number': () => 5,
  'an object with a text': () => ({ toString: () => 'http://a.test/o' }),
  'an object with a url': () => ({ url: 'http://a.test/u', toString: () => 'http://a.test/t' }),
  'a native request': () => new Request('http://a.test/r?x', { method: 'PUT', headers: { 'x-r': '1' }, body: 'body', redirect: 'manual', cache: 'no-store', credentials: 'omit', mode: 'same-origin', referrerPolicy: 'origin', integrity: 'sha256-x', keepalive: true } as any),
  'a bound request': () => new BoundRequest('http://a.test/b', { method: 'POST', body: 'b' }),
  'a NextRequest': () => new NextRequest('http://a.test/n', { method: 'POST', body: 'n' }),
  'a used request': () => {
    const request = new Request('http://a.test/', { method: 'POST', body: 'x' })
    void request.text()
    return request
  },
  'a request with an aborted signal': () => new Request('http://a.test/', { signal: aborted })
}

const list = (key: string, values: unknown[]): Array<[string, () => unknown]> => values.map((value) => [`${key}: ${String(value)}`, () => ({ [key]: value })])
const INITS: Record<string, () => unknown> = {
  nothing: () => undefined,
  null: () => null,
  'an empty object': () => ({}),
  ...Object.fromEntries([
    ...list('method', ['get', 'Post', 'put', 'patch', 'PATCH', 'head', 'delete', 'options', 'connect', 'TRACE', 'track', 'own', 'a b', '', null, undefined, 5, Symbol('s')]),
    ...list('mode', ['cors', 'no-cors', 'same-origin', 'navigate', 'websocket', 'x', '', null, undefined]),
    ...list('credentials', ['omit', 'same-origin', 'include', 'x', null, undefined]),
    ...list('cache', ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached', 'x', null, undefined]),
    ...list('redirect', ['follow', 'error', 'manual', 'x', null, undefined]),
    ...list('referrer', ['', 'about:client', 'http://a.test/ref', '/ref', 'http://', null, 5, undefined]),
    ...list('referrerPolicy', ['', 'no-referrer', 'origin', 'unsafe-url', 'x', null, undefined]),
    ...list('integrity', ['', 'sha256-x', null, 5, undefined]),
    ...list('keepalive', [true, false, 0, 'x', null, undefined]),
    ...list('window', [null, undefined, 'x', {}]),
    ...list('priority', ['high', 'x']),
    ...list('duplex', ['half', 'full', 'x', null, undefined]),
    ...list('signal', [null, undefined, 'x', {}]),
    ...list('headers', [null, undefined, 5, 'x'])
  ]),
  'an aborted signal': () => ({ signal: aborted }),
  'only-if-cached and same-origin': () => ({ cache: 'only-if-cached', mode: 'same-origin' }),
  headers: () => ({ headers: [['a', '1'], ['A', '2'], ['cookie', 'c=1'], ['host', 'b.test'], ['content-length', '5']] }),
  'light headers': () => ({ headers: new Headers({ a: '1' }) }),
  'a body with GET': () => ({ body: 'x' }),
  'a body with HEAD': () => ({ method: 'HEAD', body: 'x' }),
  'a null body with GET': () => ({ body: null }),
  'a body and a content type': () => ({ method: 'POST', body: 'x', headers: { 'content-type': 'a/b' } }),
  'a stream with half': () => ({ method: 'POST', body: streamOf('x'), duplex: 'half' }),
  'a native request': () => new Request('http://b.test/', { method: 'POST', body: 'init', headers: { b: '1' } }),
  'a bound request': () => new BoundRequest('http://b.test/', { method: 'POST', body: 'init', headers: { b: '1' } }),
  'a NextRequest': () => new NextRequest('http://b.test/', { method: 'POST', body: 'init', headers: { b: '1' } }),
  'a getter that throws': () => ({ get method (): string { throw new RangeError('x') } }),
  'inherited members': () => Object.create({ method: 'PUT' }) as unknown,
  'a function': () => Object.assign(() => {}, { method: 'PUT' }),
  'a text': () => 'x'
}

const BODIES: Record<string, () => unknown> = {
  text: () => 'wörd',
  'an empty text': () => '',
  bytes: () => new Uint8Array([1, 2]),
  'an ArrayBuffer': () => new Uint8Array([1, 2]).buffer,
  'a DataView': () => new DataView(new ArrayBuffer(3), 1),
  'a Blob': () => new Blob(['x'], { type: 'a/b' }),
  URLSearchParams: () => new URLSearchParams('a=1'),
  FormData: () => {
    const form = new FormData()
    form.append('a', '1')
    return form
  },
  'a number': () => 5,
  zero: () => 0,
  false: () => false,
  'an object': () => ({}),
  'an async iterable': () => (async function * () { yield new Uint8Array([1]) })(),
  'a locked stream': () => {
    const stream = streamOf('x')
    stream.getReader()
    return stream
  },
  'a stream of strings': () => new ReadableStream({ start (controller) { controller.enqueue('x') }, pull (controller) { controller.close() } }),
  null: () => null,
  undefined: () => undefined
}

const seen = async (make: () => Request): Promise<unknown> => await outcome(async () => {
  const request = make()
  return [describeRequest(request), await outcome(() => request.clone().text()), await outcome(() => request.text())]
})

const cases = (): Record<string, (Class: RequestClass) => unknown> => {
  const found: Record<string, (Class: RequestClass) => unknown> = {}
  for (const [inputName, input] of Object.entries(INPUTS)) for (const [initName, init] of Object.entries(INITS)) found[`${inputName}, ${initName}`] = (Class) => seen(() => new Class(input(), init()))
  for (const [name, body] of Object.entries(BODIES)) {
    for (const extra of [{}, { duplex: 'half' }, { headers: { 'content-type': 'own/type' } }]) found[`${name}, ${JSON.stringify(extra)}`] = (Class) => seen(() => new Class('http://a.test/', { method: 'POST', body: body(), ...extra }))
    for (const inputName of ['a native request', 'a bound request', 'a NextRequest', 'a used request']) found[`${name} over ${inputName}`] = (Class) => seen(() => new Class(INPUTS[inputName]!(), { method: 'PATCH', body: body(), duplex: 'half' }))
  }
  found['the order in which init is read'] = (Class) => {
    const log: string[] = []
    const init = new Proxy({}, {
      get (_target, key) {
        log.push(String(key))
        return undefined
      }
    })
    const request = new Class('http://a.test/', init)
    // Those of Next.js 13 and 14, which 16 no longer reads.
    return [log.filter((key) => key !== 'ip' && key !== 'geo'), request.method]
  }
  found['no arguments'] = (Class) => new Class()
  found['a signal that aborts later'] = (Class) => {
    const controller = new AbortController()
    const request = new Class('http://a.test/', { signal: controller.signal })
    const before = [request.signal.aborted, request.signal === controller.signal]
    controller.abort('why')
    return [before, request.signal.aborted, request.signal.reason, new Class(request).signal.aborted]
  }
  return found
}

t.test('the bound Request is made as the native one', async (t) => {
  t.same(await differences(cases(), BoundRequest as RequestClass, Request as RequestClass), [])
})

t.test('the bound Request takes received requests, as input and as init', async (t) => {
  const host = await startProbed(t, 'fastify')
  for (const [name, init] of Object.entries(INITS)) {
    for (const way of ['input', 'init']) {
      const [ours, native] = await host.probe({ method: 'POST', path: '/', headers: { 'x-a': '1' }, body: 'received' }, async (request) => {
        const twin = new Request(request.url, { method: 'POST', headers: request.headers, body: streamOf('received'), duplex: 'half' } as any)
        const make = (Class: any, from: Request): Request => way === 'input' ? new Class(from, init()) : new Class('http://other.test/', from)
        return [await seen(() => make(BoundRequest, request)), await seen(() => make(Request, twin))]
      })
      t.same(ours, native, `${name}, ${way}`)
    }
  }
})

const installed = fileURLToPath(new URL('../../.cache/next-16/node_modules/next', import.meta.url))
t.test('NextRequest is made as the real one', { skip: !existsSync(installed) && 'there is no .cache/next-16: npm install --ignore-scripts --no-save --prefix .cache/next-16 next@16' }, async (t) => {
  const { classes } = realClasses(installed)
  t.same(await differences(cases(), NextRequest as unknown as RequestClass, classes.NextRequest as RequestClass), [])
})

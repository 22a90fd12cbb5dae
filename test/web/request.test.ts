/**
 * Received requests behave as native ones do: every operation runs on a request that came through a server and on a
 * native twin made of the same data, and the outcomes are compared.
 */
import { after, NextRequest } from 'fastify-app-routes/server'
import express, { type Express } from 'express'
import fc from 'fast-check'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { inspect, isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { HostName, Sent, StartOptions } from '../hosts.ts'
import { within } from '../waiting.ts'
import { BoundRequest, boundFetch, outcome } from './native.ts'
import { startProbed, type ProbedHost } from './probe.ts'
import { pairs, play, STEPS, type Play } from './steps.ts'

const json = JSON.stringify

const BOM = Buffer.from([0xef, 0xbb, 0xbf])
const multipart = (...parts: string[]): string => parts.map((part) => `--b\r\n${part}\r\n`).join('') + '--b--\r\n'
const FORM = multipart(
  'content-disposition: form-data; name="text"\r\n\r\nwörd',
  'content-disposition: form-data; name="text"\r\n\r\nagain',
  'content-disposition: form-data; name="file"; filename="a b.bin"\r\ncontent-type: application/x-thing\r\n\r\n\u0001\u0002\r\n--c'
)

/** Content type and body. No body at all is sent with GET. */
const SAMPLES: Record<string, { method?: string, type?: string, body?: string | Buffer }> = {
  'GET without a body': { method: 'GET' },
  'an empty body': { body: '' },
  text: { type: 'text/plain', body: 'hello' },
  JSON: { type: 'application/json', body: '{"a":[1,"ü"]}' },
  'JSON null': { type: 'application/json', body: 'null' },
  'JSON after a byte order mark': { type: 'application/json', body: Buffer.concat([BOM, Buffer.from('{"a":1}')]) },
  'invalid UTF-8': { type: 'text/plain', body: Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x62, 0xe2, 0x82]) },
  'broken JSON': { type: 'application/json', body: '{"a":' },
  'a url-encoded form': { type: 'application/x-www-form-urlencoded', body: 'a=1&b=x+y&a=%C3%BC&c&=d' },
  'an empty url-encoded form': { type: 'application/x-www-form-urlencoded', body: '' },
  'a multipart form': { type: 'multipart/form-data; boundary=b', body: FORM },
  'a broken multipart form': { type: 'multipart/form-data; boundary=b', body: '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx' },
  'a multipart form without a boundary': { type: 'multipart/form-data', body: FORM },
  'a content type in capitals': { type: 'Text/HTML; Charset=UTF-8', body: '<p>' },
  'a malformed content type': { type: 'nonsense', body: 'x' },
  'no content type': { body: 'x' },
  'many bytes': { type: 'application/octet-stream', body: Buffer.alloc(300_000, 'abcdefghij') }
}

type Operation = (request: Request) => unknown
const OPERATIONS: Record<string, Operation> = {
  'clone(), both read': async (r) => {
    const clone = r.clone()
    return [r.bodyUsed, await Promise.all([r.text(), clone.text()]), r.bodyUsed, clone.bodyUsed]
  },
  'clone(), the clone read first': async (r) => {
    const clone = r.clone()
    return [await clone.text(), r.bodyUsed, await r.text()]
  },
  'clone() of a clone': async (r) => {
    const clone = r.clone().clone()
    return [clone.method, clone.url, [...clone.headers], await clone.text()]
  },
  'clone(), then formData() of both': async (r) => {
    const clone = r.clone()
    return [await outcome(() => r.formData()), await outcome(() => clone.formData())]
  },
  'clone() after text()': async (r) => {
    await r.text()
    return r.clone()
  },
  'clone() has headers of its own': (r) => {
    const clone = r.clone()
    clone.headers.set('x-new', '1')
    return [r.headers.has('x-new'), clone.headers.get('x-new')]
  },
  'new BoundRequest(request)': async (r) => {
    const copy = new BoundRequest(r)
    return [copy.method, copy.url, [...copy.headers], r.bodyUsed, await copy.text(), await outcome(() => r.text())]
  },
  'new BoundRequest(request) after text()': async (r) => {
    await r.text()
    return new BoundRequest(r)
  },
  'new BoundRequest(request, other method and body)': async (r) => {
    const copy = new BoundRequest(r, { method: 'PUT', body: 'other' })
    return [copy.method, copy.headers.get('content-type'), await copy.text(), await outcome(() => r.text())]
  },
  'new BoundRequest(request, other headers)': async (r) => {
    const copy = new BoundRequest(r, { headers: { 'x-only': '1' } })
    return [[...copy.headers], await copy.text()]
  },
  'new BoundRequest(url, request)': async (r) => {
    const copy = new BoundRequest('http://other.test/', r)
    return [copy.url, copy.method, [...copy.headers], await copy.text()]
  },
  'new NextRequest(request)': async (r) => {
    const copy = new NextRequest(r)
    return [copy.method, copy.url, copy.nextUrl.href, [...copy.headers], r.bodyUsed, await copy.text()]
  },
  'new NextRequest(request.url, request)': async (r) => {
    const copy = new NextRequest(r.url, r)
    return [copy.method, copy.url, [...copy.headers], await copy.text()]
  },
  'new Response(request.body)': async (r) => [await new Response(r.body).text(), r.bodyUsed],
  'members of every kind': (r) => ['method', 'url', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'duplex'].map((key) => [key, (r as any)[key]]),
  'every member that Request.prototype has': (r) => Reflect.ownKeys(Request.prototype).map((key) => [String(key), key in r, typeof (r as any)[key]]),
  'members taken from Request.prototype': async (r) => {
    const get = (key: string): unknown => Object.getOwnPropertyDescriptor(BoundRequest.prototype, key)!.get!.call(r)
    return [get('method'), get('url'), [...get('headers') as Headers], get('bodyUsed'), get('mode'), (get('signal') as AbortSignal).aborted, await BoundRequest.prototype.text.call(r)]
  },
  'assigning to members': (r) => ['method', 'url', 'headers', 'body', 'bodyUsed', 'signal', 'mode'].map((key) => {
    try {
      (r as any)[key] = 'x'
      return 'assigned'
    } catch (error) {
      return (error as Error).name
    }
  }),
  'properties of the own': (r) => {
    (r as any).user = { id: 1 }
    return [(r as any).user, Object.keys(r)]
  },
  'what it looks like': (r) => [String(r), Object.prototype.toString.call(r), json(r), Object.keys(r), r instanceof Request, inspect(r).startsWith('Request {'), typeof inspect(r, { depth: 0 }), typeof inspect(r, { showHidden: true }), inspect({ deep: { deeper: { deepest: r } } }).includes('[Request]')],
  'structuredClone()': (r) => { structuredClone(r) },
  'the signal': (r) => [new Set([r.signal, r.signal]).size, r.signal instanceof AbortSignal, r.signal.aborted, r.signal.reason],
  'headers are one object that can be changed': (r) => {
    r.headers.set('x-set', '1')
    r.headers.append('x-set', '2')
    r.headers.delete('content-type')
    return [new Set([r.headers, r.headers]).size, r.headers.get('x-set'), r.headers.has('content-type'), r.headers instanceof Headers]
  },
  'changed headers count for blob()': async (r) => {
    r.headers.set('content-type', 'application/changed')
    return await r.blob()
  },
  'changed headers are carried by copies': (r) => {
    r.headers.set('x-set', '1')
    return [r.clone().headers.get('x-set'), new BoundRequest(r).headers.get('x-set')]
  },
  'headers changed after a clone count for the next one': (r) => {
    const first = r.clone()
    r.headers.set('x-set', '1')
    r.headers.delete('content-type')
    const second = r.clone()
    return [[...first.headers], [...second.headers], [...new BoundRequest(r).headers]]
  },
  'headers changed after a clone count for blob()': async (r) => {
    r.clone()
    r.headers.set('content-type', 'text/late')
    return await r.blob()
  },
  'text() with a wrong receiver': async () => await Request.prototype.text.call({} as Request),
  'readers reject instead of throwing': async (r) => {
    await r.text()
    const again = r.text()
    return [again instanceof Promise, await outcome(() => again)]
  }
}

/** Without lone surrogates, which no UTF-8 can carry. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

function twin (request: Request, sample: Sent): Request {
  const init: RequestInit = { method: request.method, headers: request.headers }
  if (request.method !== 'GET') init.body = new Blob([sample.body ?? '']).stream()
  return new Request(request.url, { ...init, duplex: 'half' } as RequestInit)
}

function sentOf ({ method = 'POST', type, body }: typeof SAMPLES[string]): Sent {
  return { method, path: '/?a=1&b=%20#x', headers: { 'x-two': ['1', '2'], cookie: 'a=1; b=2', ...(type === undefined ? {} : { 'content-type': type }) }, ...(body === undefined ? {} : { body }) }
}

const keepRaw = (app: Express): void => { app.use(express.raw({ type: () => true, limit: '1mb' })) }
const VARIANTS: Array<{ title: string, name: HostName, options?: Omit<StartOptions, 'dir'> }> = [
  { title: 'Fastify', name: 'fastify' },
  { title: 'Fastify over HTTP/2', name: 'fastify http2' },
  { title: 'Express 5', name: 'express 5' },
  { title: 'Express 5 after express.raw()', name: 'express 5', options: { express: keepRaw } },
  { title: 'the classes of compat 13', name: 'node:http', options: { compat: 13 } }
]

const ALL = { ...OPERATIONS, ...STEPS }

/** What differs between a received request and its native twin after the steps. */
async function difference (host: ProbedHost, sent: Sent, todo: Play): Promise<unknown[]> {
  const [ours, native] = await host.probe(sent, async (request) => {
    const other = twin(request, sent)
    return [await play(request, todo, ALL), await play(other, todo, ALL)]
  })
  return isDeepStrictEqual(ours, native) ? [] : [{ todo, ours, native }]
}

for (const { title, name, options } of VARIANTS) {
  t.test(`a received request does what a native one does: ${title}`, async (t) => {
    const host = await startProbed(t, name, options)
    for (const [sampleName, sample] of Object.entries(SAMPLES)) {
      const found: unknown[] = []
      for (const step of Object.keys(ALL)) found.push(...await difference(host, sentOf(sample), { steps: [step], together: false, look: false }))
      t.same(found, [], sampleName)
    }
  })
}

t.test('any two things done to a received request, one after the other and at once', async (t) => {
  const host = await startProbed(t, 'node:http')
  const found: unknown[] = []
  for (const [index, steps] of pairs().entries()) {
    const together = index % 2 === 0
    found.push(...await difference(host, sentOf(SAMPLES.JSON!), { steps, together, look: !together }))
  }
  t.same(found, [])
})

t.test('whatever is done to a received request', async (t) => {
  const host = await startProbed(t, 'node:http')
  const todo = fc.record({ steps: fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 3, maxLength: 6 }), together: fc.boolean(), look: fc.boolean() })
  await fc.assert(fc.asyncProperty(fc.constantFrom('JSON', 'an empty body', 'GET without a body'), todo, async (name, todo) => {
    t.same(await difference(host, sentOf(SAMPLES[name]!), todo), [])
  }), { numRuns: 300 })
})

t.test('fetch() takes a received request', async (t) => {
  const echo = http.createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => { res.end(json({ method: req.method, type: req.headers['content-type'], cookie: req.headers.cookie, own: req.headers['x-own'], body: Buffer.concat(chunks).toString() })) })
  })
  await new Promise<void>((resolve) => { echo.listen(0, resolve) })
  t.teardown(() => new Promise((resolve) => { echo.close(resolve) }))
  const url = `http://localhost:${(echo.address() as AddressInfo).port}/`
  const host = await startProbed(t, 'fastify')
  const sent = { method: 'POST', path: '/', headers: { 'content-type': 'text/x', cookie: 'a=1' }, body: 'body' }
  const forward = async (request: Request, input: string | Request, init?: RequestInit): Promise<unknown> => {
    // What speaks of the connection is the client's own business.
    for (const key of ['host', 'connection', 'content-length']) request.headers.delete(key)
    const response = await boundFetch(input, init)
    return await response.json()
  }
  const expected = { method: 'POST', type: 'text/x', cookie: 'a=1', body: 'body' }
  t.same(await host.probe(sent, (r) => forward(r, new BoundRequest(url, r))), expected, 'new Request(url, request)')
  t.same(await host.probe(sent, (r) => forward(r, url, r)), expected, 'as init')
  t.same(await host.probe(sent, (r) => forward(r, url, { method: r.method, headers: r.headers, body: r.body, duplex: 'half' } as RequestInit)), expected, 'member by member')
  t.same(await host.probe({ ...sent, headers: { ...sent.headers, host: new URL(url).host } }, (r) => forward(r, r)), expected, 'the request itself')
})

t.test('exactly one byte order mark is dropped from text', async (t) => {
  // The Fetch standard's "UTF-8 decode"; Node.js 20 drops two.
  const host = await startProbed(t, 'fastify inject')
  t.equal(await host.probe({ method: 'POST', path: '/', body: Buffer.concat([BOM, BOM, Buffer.from('x')]) }, (r) => r.text()), '\ufeffx')
})

t.test('bytes() gives bytes of its own, also where Node.js has no such reader yet', async (t) => {
  const host = await startProbed(t, 'fastify')
  const read = await host.probe({ method: 'POST', path: '/', body: 'abc' }, async (r) => {
    const bytes = await (r as unknown as { bytes: () => Promise<Uint8Array> }).bytes()
    return [bytes.constructor === Uint8Array, bytes.byteOffset, bytes.buffer.byteLength, Buffer.from(bytes).toString()]
  })
  t.same(read, [true, 0, 3, 'abc'])
})

t.test('cookies and headers of a request are two views of one thing', async (t) => {
  const host = await startProbed(t, 'fastify')
  const sent = { path: '/', headers: { cookie: 'a=1; b=two%20words' } }
  t.same(await host.probe(sent, (r) => {
    const before = r.cookies.getAll()
    r.cookies.set('c', 'ü')
    r.cookies.delete('a')
    const header = r.headers.get('cookie')
    const cloned = r.clone().headers.get('cookie')
    const copied = new NextRequest(r).cookies.getAll()
    return { before, header, cloned, copied, same: new Set([r.cookies, r.cookies]).size === 1 }
  }), {
    before: [{ name: 'a', value: '1' }, { name: 'b', value: 'two words' }],
    header: 'b=two%20words; c=%C3%BC',
    cloned: 'b=two%20words; c=%C3%BC',
    copied: [{ name: 'b', value: 'two words' }, { name: 'c', value: 'ü' }],
    same: true
  })
  t.same(await host.probe(sent, (r) => {
    r.cookies.clear()
    return [r.cookies.size, r.headers.get('cookie')]
  }), [0, ''])
  t.same(await host.probe(sent, (r) => {
    r.headers.set('cookie', 'late=1')
    return r.cookies.getAll()
  }), [{ name: 'late', value: '1' }], 'headers changed before the cookies are first looked at')
})

t.test('a query comes through as the client sent it', async (t) => {
  const host = await startProbed(t, 'fastify inject')
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 5 }), async (pairs) => {
    const expected = pairs.map(([a, b]): [string, string] => [wellFormed(a), wellFormed(b)])
    const search = new URLSearchParams(expected).toString()
    const seen = await host.probe('/?' + search, (r) => [[...r.nextUrl.searchParams], [...new URL(r.url).searchParams]])
    t.strictSame(seen, [expected, expected])
  }), { numRuns: 60 })
})

t.test('JSON bodies come through', async (t) => {
  const host = await startProbed(t, 'fastify')
  await fc.assert(fc.asyncProperty(fc.jsonValue(), fc.boolean(), async (value, viaBody) => {
    const body = json(value)
    const seen = await host.probe({ method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body }, async (r) => {
      if (viaBody) void r.body
      return await r.json() as unknown
    })
    t.equal(json(seen), body)
  }), { numRuns: 60 })
})

t.test('header lists come through as a native Headers holds them', async (t) => {
  const host = await startProbed(t, 'fastify')
  const name = fc.stringMatching(/^x-[a-z0-9]{1,8}$/).filter((found) => found !== 'x-probe')
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
  await fc.assert(fc.asyncProperty(fc.dictionary(name, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), { maxKeys: 6 }), async (given) => {
    const headers = { ...given }
    const expected = new Headers()
    for (const [key, item] of Object.entries(given)) for (const one of [item].flat()) expected.append(key, one)
    const seen = await host.probe({ path: '/', headers }, (r) => [...r.headers])
    t.same(seen.filter(([key]) => key in given), [...expected].filter(([key]) => key in given))
  }), { numRuns: 60 })
})

t.test('cookies of any value come through', async (t) => {
  const host = await startProbed(t, 'fastify inject')
  await fc.assert(fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string({ unit: 'binary' }).map((text) => wellFormed(text)), { minKeys: 1, maxKeys: 4 }), async (given) => {
    const cookie = Object.entries(given).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ')
    const seen = await host.probe({ path: '/', headers: { cookie } }, (r) => r.cookies.getAll())
    t.strictSame(seen, Object.entries(given).map(([name, value]) => ({ name, value })))
  }), { numRuns: 60 })
})

t.test('over HTTP/2, an answer ends although its request was not read to the end', async (t) => {
  const host = await startProbed(t, 'fastify http2')
  const body = Buffer.alloc(500_000)
  let task: (() => void) | undefined
  const ran = new Promise<void>((resolve) => { task = resolve })
  const response = await host.answer({ method: 'POST', path: '/', body }, async (request) => {
    after(() => { task!() })
    const signal = request.signal
    return new Response(String([request.body!.locked, signal.aborted]))
  })
  t.equal(response.text, 'false,false')
  await within(15_000, ran, 'after() runs')
  await within(15_000, host.close(), 'the server is closed')
})

t.test('over HTTP/2, a client that leaves aborts the signal', async (t) => {
  const host = await startProbed(t, 'fastify http2')
  const client = http2.connect(host.url)
  t.teardown(() => { client.close() })
  const entered = new Promise<AbortSignal>((resolve) => {
    (globalThis as any)[Symbol.for('test.probes')].set('leaving', async (request: Request) => {
      resolve(request.signal)
      await once(request.signal, 'abort')
      return new Response()
    })
  })
  const stream = client.request({ ':path': '/', 'x-probe': 'leaving' })
  const signal = await entered
  t.equal(signal.aborted, false)
  const aborted = once(signal, 'abort')
  stream.close(http2.constants.NGHTTP2_CANCEL)
  await aborted
  t.equal(signal.reason.name, 'AbortError')
})

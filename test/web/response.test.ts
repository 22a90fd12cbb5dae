/** NextResponse, whose body is kept as it was given for as long as it can be, behaves as the native Response does. */
import { NextResponse } from 'fastify-app-routes/server'
import fc from 'fast-check'
import { inspect, isDeepStrictEqual } from 'node:util'
import t from 'tap'

type ResponseClass = new (body?: any, init?: any) => Response
type Outcome = { value: unknown } | { error: string }

async function outcome (act: () => unknown): Promise<Outcome> {
  try {
    return { value: await plain(await act()) }
  } catch (error) {
    return { error: error instanceof Error ? error.name : String(error) }
  }
}

async function plain (value: unknown): Promise<unknown> {
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('latin1')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  if (value instanceof Blob) return { type: value.type, text: await value.text() }
  if (value instanceof FormData) return [...value].map(([name, item]) => [name, String(item)])
  if (value instanceof Headers) return [...value]
  if (Array.isArray(value)) return await Promise.all(value.map(plain))
  return value
}

const look = (r: Response): unknown[] => [r.status, r.statusText, r.ok, r.type, r.url, r.redirected, [...r.headers].filter(([name]) => name !== 'x-boundary').map(withoutBoundary), r.body === null, r.bodyUsed]
// Every FormData gets a boundary of its own.
const withoutBoundary = ([name, value]: [string, string]): [string, string] => [name, value.replace(/boundary=.*/, 'boundary=')]

const bytes = new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x31, 0x7d])
const streamOf = (...chunks: unknown[]): ReadableStream => new ReadableStream({
  start (controller) {
    for (const chunk of chunks) controller.enqueue(chunk)
    controller.close()
  }
})

const BODIES: Record<string, () => unknown> = {
  nothing: () => undefined,
  null: () => null,
  'an empty string': () => '',
  text: () => 'hello',
  'text beyond ASCII': () => 'wörld 🎈',
  'a lone surrogate': () => 'a\ud800b',
  'text with a byte order mark': () => '\ufeff{"a":1}',
  'a Uint8Array': () => bytes,
  'a window of an array': () => new Uint8Array([1, 2, ...bytes, 3]).subarray(2, 9),
  'a Buffer': () => Buffer.from('{"b":2}'),
  'an empty array': () => new Uint8Array(),
  'a Uint16Array': () => new Uint16Array([0x6161, 0x6262, 0x6363]).subarray(1),
  'a Float64Array': () => new Float64Array([1.5]),
  'a DataView': () => new DataView(bytes.buffer, 1, 3),
  'an ArrayBuffer': () => bytes.buffer.slice(0),
  'a Blob': () => new Blob(['blob'], { type: 'text/x' }),
  'a Blob without a type': () => new Blob(['blob']),
  URLSearchParams: () => new URLSearchParams([['a', '1'], ['b', 'x y'], ['a', 'ü']]),
  FormData: () => {
    const form = new FormData()
    form.append('a', '1')
    return form
  },
  'a stream': () => streamOf(bytes.slice(0, 3), bytes.slice(3)),
  'an async iterable': () => (async function * () { yield bytes })(),
  'a number': () => 5,
  zero: () => 0,
  false: () => false,
  'an object': () => ({ a: 1 }),
  'a URL': () => new URL('http://a.test/'),
  'a String object': () => Object('boxed') as unknown,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('s'),
  'a function': () => function named () {},
  'a Date': () => new Date(0)
}

const INITS: Record<string, () => unknown> = {
  'no init': () => undefined,
  'an empty init': () => ({}),
  'all of it': () => ({ status: 201, statusText: 'Made', headers: { 'x-a': '1', 'Content-Type': 'text/own' } }),
  Headers: () => ({ headers: new Headers([['a', '1'], ['a', '2'], ['set-cookie', 'x=1'], ['set-cookie', 'y=2']]) }),
  'pairs of headers': () => ({ headers: [['a', '1'], ['A', '2'], ['set-cookie', 'x=1'], ['set-cookie', 'y=2']] }),
  'an empty content type': () => ({ headers: { 'content-type': '' } }),
  'a null body status': () => ({ status: 204 }),
  'status 205': () => ({ status: 205 }),
  'status 304': () => ({ status: 304 }),
  'status 599': () => ({ status: 599, statusText: 'Wow' }),
  'a status as a string': () => ({ status: '201' }),
  'a status with a fraction': () => ({ status: 201.7 }),
  'status null': () => ({ status: null }),
  'status undefined': () => ({ status: undefined, statusText: undefined, headers: undefined }),
  'a response as init': () => new Response('other', { status: 202, statusText: 'Other', headers: { 'x-other': '1' } })
}

const BAD_INITS: Record<string, () => unknown> = {
  'status 101': () => ({ status: 101 }),
  'status 199': () => ({ status: 199 }),
  'status 600': () => ({ status: 600 }),
  'status 0': () => ({ status: 0 }),
  'status NaN': () => ({ status: NaN }),
  'status -1': () => ({ status: -1 }),
  'status Infinity': () => ({ status: Infinity }),
  'status 65736 (200 in 16 bits)': () => ({ status: 65736 }),
  'status as an object': () => ({ status: {} }),
  'status as a symbol': () => ({ status: Symbol('s') }),
  'status as a bigint': () => ({ status: 200n }),
  'a line break in statusText': () => ({ statusText: 'a\r\nx: y' }),
  'a lone line feed in statusText': () => ({ statusText: 'a\n' }),
  'a zero byte in statusText': () => ({ statusText: 'a\0' }),
  'statusText beyond Latin-1': () => ({ statusText: '日本' }),
  'statusText of Latin-1': () => ({ statusText: 'Fïne' }),
  'statusText null': () => ({ statusText: null }),
  'statusText as a number': () => ({ statusText: 5 }),
  'statusText as a symbol': () => ({ statusText: Symbol('s') }),
  'a header name with a blank': () => ({ headers: { 'a b': '1' } }),
  'an empty header name': () => ({ headers: { '': '1' } }),
  'a header value with a line break': () => ({ headers: { a: '1\r\nb: 2' } }),
  'a header value beyond Latin-1': () => ({ headers: { a: '日本' } }),
  'a header value with blanks around': () => ({ headers: { a: ' \t1 ' } }),
  'headers as pairs of three': () => ({ headers: [['a', 'b', 'c']] }),
  'headers as a string': () => ({ headers: 'x' }),
  'headers null': () => ({ headers: null }),
  'headers as a Map': () => ({ headers: new Map([['a', '1']]) }),
  'an array as init': () => [],
  'a function as init': () => () => {},
  'a number as init': () => 5,
  'a string as init': () => 'x'
}

const READERS = ['text', 'json', 'arrayBuffer', 'blob', 'formData'] as const

const OPERATIONS: Record<string, (r: Response) => unknown> = {
  'what it says of itself': look,
  ...Object.fromEntries(READERS.map((name) => [name, (r: Response) => r[name]()])),
  'text() twice': async (r) => [await outcome(() => r.text()), r.bodyUsed, await outcome(() => r.text()), await outcome(() => r.clone())],
  'body, then text()': async (r) => [r.body === null, r.bodyUsed, await outcome(() => r.text()), r.body?.locked],
  'a locked body': async (r) => {
    r.body?.getReader()
    return [r.bodyUsed, await outcome(() => r.text()), await outcome(() => r.clone())]
  },
  'a cancelled body': async (r) => {
    await r.body?.cancel()
    return [r.bodyUsed, await outcome(() => r.text())]
  },
  'clone(), both read': async (r) => {
    const clone = r.clone()
    return [look(clone), await outcome(() => r.text()), await outcome(() => clone.text())]
  },
  'clone() after a change of headers': (r) => {
    r.headers.set('x-late', '1')
    r.headers.delete('content-type')
    const clone = r.clone()
    r.headers.set('x-late', '2')
    return [...clone.headers].map(withoutBoundary)
  },
  'blob() after a change of the content type': (r) => {
    r.headers.set('content-type', 'text/late')
    return r.blob()
  },
  'new Response(response.body, response)': async (r) => {
    const copy = new Response(r.body, r)
    return [copy.status, copy.statusText, [...copy.headers].map(withoutBoundary), await outcome(() => copy.text()), r.bodyUsed]
  },
  'new NextResponse(response.body, response)': async (r) => {
    const copy = new NextResponse(r.body, r)
    return [copy.status, copy.statusText, [...copy.headers].map(withoutBoundary), await outcome(() => copy.text()), r.bodyUsed]
  },
  'members of Response.prototype': async (r) => {
    const get = (key: string): unknown => Object.getOwnPropertyDescriptor(Response.prototype, key)!.get!.call(r)
    return [get('status'), get('statusText'), get('ok'), get('type'), get('bodyUsed'), await outcome(() => Response.prototype.text.call(r))]
  },
  'assigning to members': (r) => ['status', 'statusText', 'headers', 'body', 'ok'].map((key) => {
    try {
      (r as any)[key] = 'x'
      return 'assigned'
    } catch (error) {
      return (error as Error).name
    }
  }),
  'what it looks like': (r) => [String(r), Object.prototype.toString.call(r), JSON.stringify(r), Object.keys(r), r instanceof Response, inspect(r).startsWith('Response {'), inspect({ a: { b: { c: r } } }).includes('[Response]')],
  'structuredClone()': (r) => { structuredClone(r) }
}

/** Formats of multipart bodies differ in their boundary alone. */
const comparable = (found: unknown): unknown => JSON.parse(JSON.stringify(found, (_, value: unknown) => value === undefined ? '(undefined)' : typeof value === 'string' ? value.replace(/-+formdata-undici-\d+/g, 'boundary') : value)) as unknown

async function differences (t: any, cases: Record<string, (Class: ResponseClass) => unknown>): Promise<void> {
  const found: unknown[] = []
  for (const [name, run] of Object.entries(cases)) {
    const ours = comparable(await outcome(() => run(NextResponse as unknown as ResponseClass)))
    const native = comparable(await outcome(() => run(Response)))
    if (!isDeepStrictEqual(ours, native)) found.push({ name, ours, native })
  }
  t.same(found, [])
}

t.test('every kind of body behaves as in a native response', async (t) => {
  for (const [bodyName, body] of Object.entries(BODIES)) {
    await t.test(bodyName, async (t) => {
      await differences(t, Object.fromEntries(Object.entries(OPERATIONS).map(([name, operation]) => [name, (Class) => operation(new Class(body()))])))
    })
  }
})

t.test('every init behaves as with a native response, with and without a body', async (t) => {
  for (const [initName, init] of [...Object.entries(INITS), ...Object.entries(BAD_INITS)]) {
    await differences(t, Object.fromEntries([undefined, null, '', 'text', bytes].map((body) => [`${initName}, ${String(body)}`, (Class) => look(new Class(body, init()))])))
  }
})

t.test('a response is read once only', async (t) => {
  await differences(t, {
    'a used stream as body': async (Class) => {
      const stream = streamOf(bytes)
      await stream.getReader().read()
      return new Class(stream)
    },
    'a locked stream as body': (Class) => {
      const stream = streamOf(bytes)
      stream.getReader()
      return new Class(stream)
    },
    'a stream of strings': async (Class) => await new Class(streamOf('a')).text(),
    'a stream that fails': async (Class) => await new Class(new ReadableStream({ start (controller) { controller.error(new RangeError('x')) } })).text()
  })
})

t.test('json() behaves as Response.json()', async (t) => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const values: Record<string, unknown> = { object: { a: [1, null] }, null: null, undefined, symbol: Symbol('s'), function: () => {}, bigint: 1n, circular, string: 'ü', number: NaN, date: new Date(0), toJSON: { toJSON: () => undefined }, throws: { toJSON () { throw new RangeError('x') } } }
  const cases: Record<string, (Class: ResponseClass) => unknown> = {}
  for (const [name, value] of Object.entries(values)) {
    cases[name] = async (Class) => {
      const response = (Class as unknown as typeof Response).json(value)
      return [look(response), await response.text()]
    }
  }
  for (const [name, init] of [...Object.entries(INITS), ...Object.entries(BAD_INITS)]) {
    // The real NextResponse.json() is Response.json() handed to a constructor.
    cases[`init: ${name}`] = (Class) => look((Class as unknown as typeof Response).json({}, init() as ResponseInit))
  }
  await differences(t, cases)
})

t.test('redirect() and error() behave as the native ones where Next.js does not differ', async (t) => {
  await differences(t, {
    ...Object.fromEntries([301, 302, 303, 307, 308].map((status) => [`redirect, ${status}`, (Class: ResponseClass) => look((Class as unknown as typeof Response).redirect('http://a.test/ü b?q=ü#h', status as 307))])),
    ...Object.fromEntries([200, 300, 304, 0, NaN, 600].map((status) => [`redirect, ${status}`, (Class: ResponseClass) => look((Class as unknown as typeof Response).redirect('http://a.test/', status as 307))])),
    error: (Class) => {
      const error = (Class as unknown as typeof Response).error()
      return [look(error), error instanceof NextResponse]
    }
  })
})

t.test('what is changed after it was handed over does not change the response', async (t) => {
  const array = Buffer.from('before')
  const headers = new Headers({ a: '1' })
  const record = { a: '1' }
  const params = new URLSearchParams('a=1')
  const responses = [new NextResponse(array, { headers }), new NextResponse(params, { headers: record }), NextResponse.json(record)]
  array.write('after!')
  headers.set('a', '2')
  record.a = '2'
  params.set('a', '2')
  t.same(await Promise.all(responses.map((response) => response.text())), ['before', 'a=1', '{"a":"1"}'])
  t.same(responses.slice(0, 2).map((response) => response.headers.get('a')), ['1', '1'])
})

t.test('a response can be subclassed, and takes properties', async (t) => {
  class Own extends NextResponse {
    get twice (): number { return this.status * 2 }
  }
  const response = new Own('x', { status: 201 })
  t.equal(response.twice, 402)
  t.ok(response instanceof Own && response instanceof NextResponse && response instanceof Response)
  t.equal(response.constructor, Own)
  t.equal(await response.text(), 'x')
})

t.test('a native response is no NextResponse, and a clone is a plain Response, as in Next.js', async (t) => {
  t.notOk(new Response() instanceof NextResponse)
  const clone = NextResponse.json({}).clone()
  t.ok(clone instanceof Response)
  t.notOk(clone instanceof NextResponse)
})

t.test('header lists are taken as a native response takes them', async (t) => {
  const pair = fc.tuple(fc.oneof(fc.stringMatching(/^[A-Za-z-]{1,6}$/), fc.constant('Set-Cookie'), fc.string()), fc.oneof(fc.stringMatching(/^[ -~]{0,10}$/), fc.string({ unit: 'binary' })))
  await fc.assert(fc.asyncProperty(fc.array(pair, { maxLength: 6 }), async (headers) => {
    const of = (Class: ResponseClass): Promise<Outcome> => outcome(() => new Class('x', { headers }).headers)
    t.strictSame(await of(NextResponse as unknown as ResponseClass), await of(Response))
  }), { numRuns: 300 })
})

t.test('status and statusText are taken as a native response takes them', async (t) => {
  await fc.assert(fc.asyncProperty(fc.oneof(fc.integer({ min: 150, max: 650 }), fc.double(), fc.integer()), fc.string({ unit: 'binary' }), fc.constantFrom(null, 'x'), async (status, statusText, body) => {
    const of = (Class: ResponseClass): Promise<Outcome> => outcome(() => look(new Class(body, { status, statusText })))
    t.strictSame(await of(NextResponse as unknown as ResponseClass), await of(Response))
  }), { numRuns: 500 })
})

t.test('text of any kind is read back as a native response gives it', async (t) => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
    t.equal(await new NextResponse(text).text(), await new Response(text).text())
    t.same(Buffer.from(await new NextResponse(text).arrayBuffer()), Buffer.from(await new Response(text).arrayBuffer()))
  }), { numRuns: 100 })
})

t.test('JSON of any kind is written as Response.json() writes it', async (t) => {
  await fc.assert(fc.asyncProperty(fc.jsonValue(), async (value) => {
    t.equal(await NextResponse.json(value).text(), await Response.json(value).text())
  }), { numRuns: 100 })
})

/**
 * The light response, whose body is kept as it was given for as long as it can be, behaves as the native one does: as
 * `NextResponse`, and as what modules of the application get under the name `Response`.
 */
import { NextResponse } from 'fastify-app-routes/server'
import fc from 'fast-check'
import { openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { BoundResponse, differences as differ, outcome } from './native.ts'
import { pairs, play, STEPS, type Play } from './steps.ts'

type ResponseClass = new (body?: any, init?: any) => Response

const OURS = { NextResponse: NextResponse as unknown as ResponseClass, Response: BoundResponse as ResponseClass }

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

async function differences (t: any, cases: Record<string, (Class: ResponseClass) => unknown>): Promise<void> {
  for (const [name, Class] of Object.entries(OURS)) t.same(await differ(cases, Class, Response), [], name)
}

/** Node.js 24 and 26 end the process where the body of a native response of a form is given up while it is written. */
const givesUp = (step: string): boolean => /cancel|early|thrown|fails/.test(step)

t.test('every kind of body, with all that is done to one', async (t) => {
  for (const [bodyName, body] of Object.entries(BODIES)) {
    const steps = Object.entries(STEPS).filter(([name]) => bodyName !== 'FormData' || !givesUp(name))
    await differences(t, Object.fromEntries(steps.map(([name, step]) => [`${bodyName}: ${name}`, async (Class) => {
      const response = new Class(body())
      return [response, await outcome(() => step(response)), response]
    }])))
  }
})

t.test('any two things done to a response, one after the other and at once', async (t) => {
  const bodies: Record<string, () => unknown> = {
    null: () => null,
    text: () => '{"a":1}',
    bytes: () => bytes,
    'a stream': () => streamOf(bytes.slice(0, 3), bytes.slice(3)),
    'a stream that fails': () => new ReadableStream({ start (controller) { controller.enqueue(bytes) }, pull (controller) { controller.error(new RangeError('middle')) } })
  }
  for (const [bodyName, body] of Object.entries(bodies)) {
    const found: unknown[] = []
    for (const steps of pairs()) {
      for (const together of [false, true]) {
        const todo = { steps, together, look: !together }
        const [ours, native] = [await play(new BoundResponse(body() as any), todo), await play(new Response(body() as any), todo)]
        if (!isDeepStrictEqual(ours, native)) found.push({ todo, ours, native })
      }
    }
    t.same(found, [], bodyName)
  }
})

t.test('whatever is done to whatever response', async (t) => {
  const text = fc.string({ unit: 'binary' })
  const form = fc.array(fc.tuple(text, fc.oneof(text, fc.tuple(text, text, text)))).map((entries) => () => {
    const form = new FormData()
    for (const [name, value] of entries) {
      if (typeof value === 'string') form.append(name, value)
      // Node.js leaves an empty file name out; the standard does not.
      else form.append(name, new File([value[0]], 'f' + value[1], { type: value[2] }))
    }
    return form
  })
  const body = fc.oneof(
    fc.constant(() => null),
    text.map((text) => () => text),
    fc.uint8Array().map((array) => () => array.slice()),
    fc.uint8Array().map((array) => () => array.slice().buffer),
    fc.tuple(fc.uint8Array({ minLength: 4 }), fc.nat(2)).map(([array, start]) => () => array.slice().subarray(start, 3)),
    fc.array(fc.tuple(text, text)).map((pairs) => () => new URLSearchParams(pairs)),
    fc.tuple(text, text).map(([text, type]) => () => new Blob([text], { type })),
    fc.array(fc.uint8Array({ minLength: 1 })).map((chunks) => () => streamOf(...chunks.map((chunk) => chunk.slice()))),
    form
  )
  const type = fc.option(fc.constantFrom('', 'text/plain', 'application/json', 'application/x-www-form-urlencoded', 'TEXT/html; charset=x', 'a/b;c="d e"', 'multipart/form-data', 'multipart/form-data; boundary=b', 'nonsense', 'text/html, a/b'))
  const todo = fc.record({ steps: fc.array(fc.constantFrom(...Object.keys(STEPS)), { maxLength: 4 }), together: fc.boolean(), look: fc.boolean() })
  await fc.assert(fc.asyncProperty(body, type, todo, fc.constantFrom(...Object.values(OURS)), async (body, type, todo: Play, Class) => {
    if (body() instanceof FormData) todo = { ...todo, steps: todo.steps.filter((step) => !givesUp(step)) }
    const init = type === null ? undefined : { headers: { 'content-type': type } }
    t.same(await play(new Class(body(), init), todo), await play(new Response(body() as any, init), todo))
  }), { numRuns: 600 })
})

t.test('every init behaves as with a native response, with and without a body', async (t) => {
  for (const [initName, init] of [...Object.entries(INITS), ...Object.entries(BAD_INITS)]) {
    await differences(t, Object.fromEntries([undefined, null, '', 'text', bytes].map((body) => [`${initName}, ${String(body)}`, (Class) => new Class(body, init())])))
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
      return [response, await response.text()]
    }
  }
  for (const [name, init] of [...Object.entries(INITS), ...Object.entries(BAD_INITS)]) {
    // The real NextResponse.json() is Response.json() handed to a constructor.
    cases[`init: ${name}`] = (Class) => (Class as unknown as typeof Response).json({}, init() as ResponseInit)
  }
  await differences(t, cases)
})

t.test('redirect() and error() behave as the native ones where Next.js does not differ', async (t) => {
  const redirect = (...args: unknown[]) => (Class: ResponseClass) => (Class as any).redirect(...args) as Response
  await differences(t, Object.fromEntries([301, 302, 303, 307, 308].map((status) => [`redirect, ${status}`, redirect('http://a.test/ü b?q=ü#h', status)])))
  t.same(await differ({
    'redirect, nothing given': redirect(),
    'redirect, 302 by default': redirect('http://a.test/'),
    'redirect, status as a string': redirect('http://a.test/', '301'),
    'redirect, relative': redirect('/a'),
    'redirect, not a URL': redirect('http://'),
    'redirect, a URL object': redirect(new URL('http://a.test/')),
    'redirect, headers cannot be changed': (Class: any) => { Class.redirect('http://a.test/').headers.set('a', 'b') },
    ...Object.fromEntries([200, 300, 304, 0, NaN, 600, null, 65836].map((status) => [`redirect, ${String(status)}`, redirect('http://a.test/', status)])),
    'json, nothing given': (Class: any) => Class.json(),
    'error, headers cannot be changed': (Class: any) => { Class.error().headers.set('a', 'b') },
    'statics without their class': (Class: any) => {
      const { json, redirect, error } = Class
      return [json({}), redirect('http://a.test/'), error()]
    }
  }, BoundResponse, Response), [])
  await differences(t, {
    error: (Class) => {
      const error = (Class as unknown as typeof Response).error()
      return [error, error instanceof NextResponse]
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

t.test('a form whose response is given up ends nothing, and one whose file cannot be read is an error of its reader', async (t) => {
  const form = new FormData()
  form.append('text', 'x')
  form.append('file', new File(['y'], 'y'))
  await new NextResponse(form).body!.cancel()
  const path = t.testdir({ file: 'before' }) + '/file'
  form.append('changed', await openAsBlob(path), 'z')
  await writeFile(path, 'changed since')
  await t.rejects(new NextResponse(form).text(), { name: 'NotReadableError' })
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
    const of = (Class: ResponseClass) => outcome(() => new Class('x', { headers }).headers)
    t.strictSame(await of(NextResponse as unknown as ResponseClass), await of(Response))
  }), { numRuns: 300 })
})

t.test('status and statusText are taken as a native response takes them', async (t) => {
  await fc.assert(fc.asyncProperty(fc.oneof(fc.integer({ min: 150, max: 650 }), fc.double(), fc.integer()), fc.string({ unit: 'binary' }), fc.constantFrom(null, 'x'), async (status, statusText, body) => {
    const of = (Class: ResponseClass) => outcome(() => new Class(body, { status, statusText }))
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

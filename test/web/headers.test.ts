/**
 * The headers of light responses and of received requests behave as native ones do. What they are made of, what is done
 * to them and what comes of it is compared with a native response, or request, that was given the same.
 */
import { headers as nextHeaders } from 'fastify-app-routes/headers'
import { NextResponse } from 'fastify-app-routes/server'
import fc from 'fast-check'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import t from 'tap'
import { BoundRequest, boundFetch, BoundResponse, differences, outcome } from './native.ts'
import { startProbed } from './probe.ts'

type Make = (headers: any) => Headers

/** Each way to headers of ours, and the native one. */
const WAYS: Record<string, [ours: Make, native: Make]> = {
  'without a body': [(headers) => new BoundResponse(null, { headers }).headers, (headers) => new Response(null, { headers }).headers],
  'with a text': [(headers) => new BoundResponse('text', { headers }).headers, (headers) => new Response('text', { headers }).headers],
  'Response.json()': [(headers) => BoundResponse.json({}, { headers }).headers, (headers) => Response.json({}, { headers }).headers],
  NextResponse: [(headers) => new NextResponse('text', { headers }).headers, (headers) => new Response('text', { headers }).headers],
  'NextResponse.json()': [(headers) => NextResponse.json({}, { headers }).headers, (headers) => Response.json({}, { headers }).headers],
  'a stream as body': [(headers) => new BoundResponse(new ReadableStream(), { headers }).headers, (headers) => new Response(new ReadableStream(), { headers }).headers]
}

class Own extends Headers {}
class Listed { * [Symbol.iterator] () { yield ['x-a', '1']; yield ['x-b', '2'] } }

const INITS: Record<string, () => unknown> = {
  nothing: () => undefined,
  'an object': () => ({ 'x-a': '1', 'X-B': '2', 'Content-Type': 'text/own' }),
  'an empty object': () => ({}),
  'names that differ in case alone': () => ({ 'X-A': '1', 'x-a': '2', 'x-A': '3' }),
  'several Set-Cookie in an object': () => ({ 'Set-Cookie': 'a=1', 'set-cookie': 'b=2' }),
  'several Cookie in an object': () => ({ Cookie: 'a=1', cookie: 'b=2' }),
  'numbers and others as values': () => ({ number: 1, null: null, undefined, true: true, bigint: 1n, array: [1, 2], object: { toString: () => 'own' }, date: new Date(0).getTime() }),
  'a symbol as value': () => ({ a: Symbol('s') }),
  'an object that cannot be a string': () => ({ a: Object.create(null) as unknown }),
  'a value whose toString throws': () => ({ a: { toString () { throw new RangeError('x') } } }),
  'a symbol as name': () => ({ [Symbol('s')]: '1', a: '1' }),
  'a getter': () => ({ get a () { return '1' } }),
  'a getter that throws': () => ({ get a (): string { throw new RangeError('x') } }),
  'inherited properties': () => Object.create({ inherited: '1' }, { own: { value: '2', enumerable: true } }) as unknown,
  'no prototype': () => Object.assign(Object.create(null) as object, { a: '1' }),
  'an object of a class': () => new (class { a = '1' })(),
  'names of Object.prototype': () => ({ toString: '1', constructor: '2', hasOwnProperty: '3' }),
  'integer-like names': () => ({ b: '1', 2: 'two', 1: 'one' }),
  'an empty name': () => ({ '': '1' }),
  'a name with a blank': () => ({ 'a b': '1' }),
  'a name with a colon': () => ({ ':path': '/' }),
  'a name beyond ASCII': () => ({ 'x-ü': '1' }),
  'the Kelvin sign, which is k in lower case': () => Object.fromEntries([['\u212a', '1']]),
  'all characters that a name may have': () => ({ "!#$%&'*+-.^_`|~09azAZ": '1' }),
  'values with blanks around': () => ({ a: ' \t1 ', b: '\r\n2\r\n', c: ' ', d: '' }),
  'blanks of other kinds around': () => ({ a: '\u00a01\u00a0', b: '\f1' }),
  'a line break in a value': () => ({ a: '1\r\nb: 2' }),
  'a zero byte in a value': () => ({ a: '1\0' }),
  'a control character in a value': () => ({ a: '1\u0001\u007f2' }),
  'a value beyond Latin-1': () => ({ a: '日' }),
  'a value of Latin-1': () => ({ a: 'ÿü' }),
  pairs: () => [['X-A', '1'], ['x-a', '2'], ['set-cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['set-cookie', 'a=1']],
  'several cookies': () => [['cookie', 'a=1'], ['Cookie', 'b=2']],
  'no pairs': () => [],
  'a pair of one': () => [['a']],
  'a pair of three': () => [['a', '1', '2']],
  'a text as pair': () => ['ab'],
  'texts of three': () => ['abc'],
  'a Set as pair': () => [new Set(['a', '1'])],
  'null as pair': () => [null],
  'a hole as pair': () => new Array(1),
  'numbers in pairs': () => [['a', 1], [2, 'b']],
  'a symbol in pairs': () => [['a', Symbol('s')]],
  'a Map': () => new Map([['x-a', '1'], ['X-A', '2']]),
  'a generator': () => (function * () { yield ['x-a', '1']; yield new Set(['x-b', '2']) })(),
  'a generator that throws': () => (function * () { yield ['x-a', '1']; throw new RangeError('x') })(),
  'an iterable object': () => new Listed(),
  'an object whose iterator is no function': () => ({ [Symbol.iterator]: 1 }),
  'an object whose iterator is null': () => ({ [Symbol.iterator]: null, a: '1' }),
  'an object whose iterator is undefined': () => ({ [Symbol.iterator]: undefined, a: '1' }),
  URLSearchParams: () => new URLSearchParams([['x-a', '1'], ['x-a', '2']]),
  FormData: () => {
    const form = new FormData()
    form.append('x-a', '1')
    return form
  },
  'native headers': () => new Headers([['X-A', '1'], ['x-a', '2'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2']]),
  'light headers': () => new BoundResponse('', { headers: { 'X-A': '1', 'set-cookie': 'a=1' } }).headers,
  'light headers that were looked at': () => {
    const { headers } = new BoundResponse('', { headers: { 'X-A': '1', 'set-cookie': 'a=1' } })
    return [...headers].length > 0 && headers
  },
  'headers of a subclass': () => new Own({ a: '1' }),
  'headers with an iterator of their own': () => Object.defineProperty(new Headers({ a: '1' }), Symbol.iterator, { value: () => [['b', '2']].values() }),
  'a text': () => 'ab',
  'a String object': () => Object('ab') as unknown,
  'a number': () => 5,
  'a symbol': () => Symbol('s'),
  true: () => true,
  null: () => null,
  'a function': () => Object.assign(() => {}, { a: '1' }),
  'a class': () => class { static a = '1' },
  'a Date': () => new Date(0),
  'an array buffer': () => new ArrayBuffer(2),
  'a proxy': () => new Proxy({ a: '1', 'X-B': '2' }, {}),
  'a proxy that hides a key': () => new Proxy({ a: '1', b: '2' }, { ownKeys: () => ['b'] }),
  'a proxy that throws': () => new Proxy({ a: '1' }, { ownKeys () { throw new RangeError('x') } }),
  'a proxy that gives other values': () => new Proxy({ a: '1' }, { get: (_target, key) => typeof key === 'symbol' ? undefined : 'other' }),
  'a proxy around headers': () => new Proxy(new Headers({ a: '1' }), {})
}

/** Every one of these as name, and as value. */
const ARGUMENTS: Record<string, unknown> = {
  'x-a': 'x-a',
  'X-New': 'X-New',
  'content-type': 'content-type',
  'set-cookie': 'Set-Cookie',
  cookie: 'Cookie',
  'content-length': 'content-length',
  'an empty text': '',
  blanks: ' \t ',
  'blanks around': ' x-a ',
  'a line break': 'a\r\nb',
  'a line break at the end': 'a\r\n',
  'a zero byte': '\0',
  'a delete character': 'a\u007fb',
  'Latin-1': 'ü',
  'beyond Latin-1': '日',
  'a lone surrogate': '\ud800',
  constructor: 'constructor',
  'the name __proto__': '__proto__',
  undefined,
  null: null,
  'a number': 5,
  'a bigint': 5n,
  true: true,
  'a symbol': Symbol('s'),
  'an object': {},
  'an object of a text': { toString: () => 'x-a' },
  'an object that throws': { toString () { throw new RangeError('x') } },
  'an object without a text': Object.create(null),
  'a list': ['x-a'],
  'a String object': Object('x-a')
}

const START = (): [string, string][] => [['X-A', '1'], ['x-a', '2'], ['X-Other', 'o'], ['set-cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['cookie', 'c=1']]

/** As many as can be kept without native headers, and all of them. */
const STARTS: Record<string, () => unknown> = {
  light: () => Object.fromEntries(START()),
  native: START
}

/** Native headers print names as they were first given, in that order; ours in lower case. */
const printed = (value: unknown, options?: object): string[] => inspect(value, options).toLowerCase().split(/,?\n/).sort()

const listOf = (headers: Headers): unknown => [[...headers], headers.getSetCookie()]

/** Compares what each case gives on headers of ours and on native ones. */
async function compare (t: any, cases: Record<string, (headers: Headers, make: Make) => unknown>, ways = Object.keys(WAYS)): Promise<void> {
  for (const way of ways) {
    const [ours, native] = WAYS[way]!
    for (const [start, init] of Object.entries(STARTS)) {
      const runs = Object.entries(cases).map(([name, run]) => [name, async (make: Make) => {
        const headers = make(init())
        return [await outcome(() => run(headers, make)), listOf(headers)]
      }] as const)
      t.same(await differences(Object.fromEntries(runs), ours, native), [], `${way}, ${start}`)
    }
  }
}

t.test('every kind of init gives what it gives a native response', async (t) => {
  for (const [way, [ours, native]] of Object.entries(WAYS)) {
    const cases = Object.entries(INITS).map(([name, init]) => [name, (make: Make) => listOf(make(init()))] as const)
    t.same(await differences(Object.fromEntries(cases), ours, native), [], way)
  }
})

t.test('an init is looked at in the order, and as often, as by a native response', async (t) => {
  const spied = (log: string[], init: object): object => new Proxy(init, {
    ownKeys (target) {
      log.push('ownKeys')
      return Reflect.ownKeys(target)
    },
    getOwnPropertyDescriptor (target, key) {
      log.push(`descriptor ${String(key)}`)
      return Reflect.getOwnPropertyDescriptor(target, key)
    },
    get (target, key) {
      log.push(`get ${String(key)}`)
      return Reflect.get(target, key) as unknown
    }
  })
  const ordered = (log: string[]): object => ({ get b () { log.push('b'); return { toString: () => String(log.push('b as text')) } }, get a () { log.push('a'); return '1' } })
  for (const [way, [ours, native]] of Object.entries(WAYS)) {
    t.same(await differences({
      'a proxy': (make: Make) => {
        const log: string[] = []
        return [listOf(make(spied(log, { a: '1', 'X-B': '2' }))), log]
      },
      getters: (make: Make) => {
        const log: string[] = []
        return [listOf(make(ordered(log))), log]
      }
    }, ours, native), [], way)
  }
})

t.test('every method takes and refuses what a native one does', async (t) => {
  const calls: Array<[method: string, args: unknown[], title: string]> = []
  for (const method of ['get', 'has', 'delete', 'set', 'append', 'getSetCookie', 'forEach', 'entries', 'keys', 'values']) {
    calls.push([method, [], ''])
    for (const [name, argument] of Object.entries(ARGUMENTS)) calls.push([method, [argument], name])
  }
  for (const method of ['set', 'append', 'get', 'has', 'delete']) {
    for (const [name, argument] of Object.entries(ARGUMENTS)) {
      for (const [other, value] of Object.entries(ARGUMENTS)) calls.push([method, [argument, value], `${name}, ${other}`])
      calls.push([method, [argument, 'value', 'more'], `${name}, and more`])
    }
  }
  await compare(t, Object.fromEntries(calls.map(([method, args, title]) => [`${method}(${title})`, (headers: any) => {
    const given = headers[method](...args)
    return typeof given?.next === 'function' ? [...given] : given
  }])), ['without a body', 'NextResponse'])
})

t.test('iterating is sorted, live, and shaped as the native way', async (t) => {
  const names = ['entries', 'keys', 'values', Symbol.iterator] as const
  const iterate = (headers: Headers, name: typeof names[number]): Iterator<unknown> & Iterable<unknown> => (headers as any)[name]()
  await compare(t, {
    ...Object.fromEntries(names.map((name) => [`${String(name)}()`, (headers: Headers) => [...iterate(headers, name)]])),
    ...Object.fromEntries(names.map((name) => [`${String(name)}() changed meanwhile`, (headers: Headers) => {
      const seen: unknown[] = []
      let count = 0
      for (const item of iterate(headers, name)) {
        seen.push(item)
        if (count++ === 0) {
          headers.append('a-first', '1')
          headers.append('z-last', '1')
          headers.delete('cookie')
        }
        if (count > 20) break
      }
      return seen
    }])),
    'an iterator of its own': (headers) => {
      const iterator = iterate(headers, 'entries') as any
      const prototype = Object.getPrototypeOf(iterator)
      return [iterator[Symbol.iterator]() === iterator, String(iterator), Object.prototype.toString.call(iterator), Object.keys(prototype), prototype[Symbol.toStringTag], prototype.next.name, prototype.next.length, Object.getPrototypeOf(Object.getPrototypeOf(iterator)) === Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), prototype === Object.getPrototypeOf(new Headers().keys()), inspect(iterator)]
    },
    'an iterator at its end': (headers) => {
      const iterator = iterate(headers, 'keys')
      const first = iterator.next()
      for (let step = first; step.done !== true; step = iterator.next());
      headers.set('zz', '1')
      return [first, iterator.next(), iterator.next()]
    },
    'next() of another object': (headers) => (Object.getPrototypeOf(headers.entries()) as any).next.call({}),
    'a pair is changed': (headers) => {
      for (const pair of headers) pair[1] = 'changed'
      return [...headers]
    },
    'Symbol.iterator is entries': (headers) => headers[Symbol.iterator] === headers.entries,
    'forEach: arguments': (headers) => {
      const seen: unknown[] = []
      headers.forEach((...args: any[]) => { seen.push([args[0], args[1], args[2] === headers, args.length]) })
      return seen
    },
    'forEach: this': (headers) => {
      const seen: unknown[] = []
      const self = { self: true }
      headers.forEach(function (this: unknown) { seen.push(this === self) }, self)
      headers.forEach(function (this: unknown) { seen.push(this === undefined || this === globalThis) })
      return seen
    },
    'forEach: changed meanwhile': (headers) => {
      const seen: unknown[] = []
      headers.forEach((value, name) => {
        seen.push([name, value])
        if (seen.length === 1) headers.set('zz', 'new')
        headers.delete('x-other')
      })
      return seen
    },
    'forEach: throws': (headers) => { headers.forEach(() => { throw new RangeError('x') }) },
    'forEach: an object': (headers) => { headers.forEach({ handleEvent () {} } as never) }
  })
})

t.test('headers look like native ones', async (t) => {
  const native = new Headers()
  await compare(t, {
    'instanceof and constructor': (headers) => [headers instanceof Headers, headers.constructor === Headers, new (headers.constructor as typeof Headers)({ a: '1' }).get('a')],
    'as text': (headers) => [String(headers), Object.prototype.toString.call(headers), headers[Symbol.toStringTag as never]],
    JSON: (headers) => [JSON.stringify(headers), JSON.stringify({ headers }), JSON.stringify([...headers]), JSON.stringify(Object.fromEntries(headers))],
    'own properties': (headers) => [Object.keys(headers), Object.entries(headers), Object.getOwnPropertyNames(headers), { ...headers }, Object.assign({}, headers)],
    'enumerated properties': (headers) => {
      const keys = []
      for (const key in headers) keys.push(key)
      return keys.sort()
    },
    // Node.js keeps more behind symbols of its own.
    'every member': (headers) => Reflect.ownKeys(Headers.prototype).filter((key) => typeof key === 'string' || key.description!.startsWith('Symbol.')).map((key) => {
      const member = (headers as any)[key]
      return [String(key), key in headers, typeof member, member?.name, member?.length]
    }),
    'inspect()': (headers) => [{}, { depth: 0 }, { depth: -1 }, { depth: null }, { compact: false }, { sorted: true }, { showHidden: false }].map((options) => printed(headers, options)),
    'inspect() inside': (headers) => [printed({ a: { b: headers } }), printed([headers]), printed({ a: { b: { c: { d: headers } } } })],
    'inspect() after changes': (headers) => {
      headers.set('X-A', 'changed')
      headers.append('X-New', '1')
      headers.delete('cookie')
      return printed(headers)
    },
    'properties of the own': (headers) => {
      (headers as any).own = 1
      return [(headers as any).own, Object.keys(headers)]
    },
    'structuredClone()': (headers) => { structuredClone(headers) },
    'assigning to members': (headers) => {
      (headers as any).get = () => 'own'
      return headers.get('x-a')
    },
    'compared with others': (headers) => [Object.is(headers, headers), headers === native]
  })
})

t.test('headers go wherever native ones go', async (t) => {
  const native = { Request, Response }
  await compare(t, {
    'new Headers()': (headers) => [...new Headers(headers)],
    'new Headers() of a subclass': (headers) => [...new Own(headers)],
    'new Request()': (headers) => [...new Request('http://a.test', { headers }).headers],
    'new Request(), bound': (headers) => [...new BoundRequest('http://a.test', { headers }).headers],
    'new Response()': (headers) => listOf(new native.Response('x', { headers }).headers),
    'another response': (headers, make) => {
      const copy = make(headers)
      copy.set('x-a', 'copy')
      copy.delete('set-cookie')
      return [listOf(copy), listOf(headers)]
    },
    'a response as init of another': (headers) => listOf(new BoundResponse('x', new BoundResponse('y', { headers })).headers),
    'spread into an init': (headers) => listOf(new BoundResponse('x', { headers: { ...Object.fromEntries(headers), 'x-more': '1' } }).headers),
    'new Map()': (headers) => [...new Map(headers)],
    'new URLSearchParams()': (headers) => String(new URLSearchParams(headers as never)),
    'Array.from()': (headers) => Array.from(headers as Iterable<unknown>)
  })
})

t.test('fetch() sends them', async (t) => {
  const echo = http.createServer((req, res) => { res.end(JSON.stringify(req.rawHeaders.flatMap((name, index, all) => index % 2 === 0 ? [[name.toLowerCase(), all[index + 1]]] : []))) })
  await new Promise<void>((resolve) => { echo.listen(0, resolve) })
  t.teardown(() => new Promise((resolve) => { echo.close(resolve) }))
  const url = `http://localhost:${(echo.address() as AddressInfo).port}/`
  for (const start of Object.values(STARTS)) {
    const sent = async (headers: Headers, send = fetch): Promise<unknown> => (await (await send(url, { headers })).json() as unknown[]).sort()
    const expected = await sent(new Response(null, { headers: start() as never }).headers)
    t.same(await sent(new BoundResponse(null, { headers: start() as never }).headers), expected)
    t.same(await sent(new BoundResponse(null, { headers: start() as never }).headers, boundFetch), expected)
  }
})

type Act = readonly [method: 'append' | 'set' | 'delete' | 'get' | 'has' | 'getSetCookie' | 'look', name: string, value: string]

const names = fc.oneof(fc.constantFrom('a', 'A', 'b', 'content-type', 'Content-Type', 'set-cookie', 'Set-Cookie', 'cookie', 'Cookie', 'vary', 'x-probe'), fc.stringMatching(/^[A-Za-z-]{1,4}$/), fc.string({ maxLength: 3 }))
const values = fc.oneof(fc.constantFrom('', ' ', '1', 'a=1', ' padded\t', 'a, b'), fc.stringMatching(/^[ -~]{0,8}$/), fc.string({ unit: 'binary', maxLength: 4 }))
const acts = fc.array(fc.tuple(fc.constantFrom<Act[0]>('append', 'append', 'set', 'delete', 'get', 'has', 'getSetCookie', 'look'), names, values), { maxLength: 12 })

/** What comes of each act, and the state after it, told only by what does not turn ours into native headers. */
async function perform (headers: Headers, todo: Act[]): Promise<unknown> {
  const seen: unknown[] = []
  for (const [method, name, value] of todo) {
    seen.push(await outcome(() => method === 'look' ? [...headers] : (headers as any)[method](name, value) as unknown))
    seen.push(['a', 'b', 'content-type', 'set-cookie', 'cookie'].map((key) => headers.get(key)), headers.getSetCookie())
  }
  return [seen, listOf(headers)]
}

t.test('any sequence of changes leaves the headers of a response as it leaves native ones', async (t) => {
  const init = fc.oneof(fc.constant(undefined), fc.dictionary(names, values, { maxKeys: 4 }), fc.array(fc.tuple(names, values), { maxLength: 4 }))
  await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.values(WAYS)), init, acts, async ([ours, native], init, todo) => {
    const run = (make: Make): Promise<unknown> => outcome(() => perform(make(init), todo))
    t.strictSame(await run(ours), await run(native))
  }), { numRuns: 1500 })
})

t.test('any sequence of changes leaves the headers of a received request as it leaves native ones', async (t) => {
  const host = await startProbed(t, 'node:http')
  const sent = { path: '/', headers: { 'X-A': ['1', '2'], cookie: 'a=1; b=2', vary: 'x', 'content-type': 'text/x' } }
  const present = await host.probe(sent, (request) => [...request.headers.keys()])
  await fc.assert(fc.asyncProperty(acts, async (todo) => {
    const [ours, native] = await host.probe(sent, async (request) => {
      // Copied by get() alone, so that ours stay light.
      const twin = new Headers(present.map((name) => [name, request.headers.get(name)!]))
      return [await perform(request.headers, todo), await perform(twin, todo)]
    })
    t.strictSame(ours, native)
  }), { numRuns: 200 })
})

t.test('headers() reads as the headers of the request do', async (t) => {
  const host = await startProbed(t, 'node:http')
  const sent = { path: '/', headers: { 'X-A': ['1', '2'], cookie: 'a=1; b=2', 'content-type': 'text/x' } }
  const [ours, native] = await host.probe(sent, async (request) => {
    const found = await nextHeaders()
    const twin = new Headers(request.clone().headers)
    const reads = async (headers: Headers): Promise<unknown> => {
      const seen: unknown[] = []
      for (const [method, args] of [...['get', 'has'].flatMap((method) => Object.values(ARGUMENTS).map((argument) => [method, [argument]] as const)), ['get', []], ['has', []], ['getSetCookie', []]] as const) {
        seen.push([method, args, await outcome(() => (headers as any)[method](...args) as unknown)])
      }
      const visited: unknown[] = []
      headers.forEach((value, name) => { visited.push([name, value]) })
      return [seen, visited, [...headers], [...headers.keys()], [...headers.values()], [...headers.entries()], headers instanceof Headers]
    }
    return [await reads(found), await reads(twin)]
  })
  t.same(ours, native)
})

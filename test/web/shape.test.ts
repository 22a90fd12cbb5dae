/** The classes that modules of an application get look like the native ones: members, flags, names, `instanceof`, errors. */
import { NextRequest, NextResponse } from 'fastify-app-routes/server'
import { inspect, isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { boundFetch, BoundRequest, BoundResponse, outcome } from './native.ts'
import { startProbed } from './probe.ts'

const CLASSES = [['Response', BoundResponse, Response], ['Request', BoundRequest, Request]] as const
/** From Node.js 24 on, native classes keep their state in private fields. */
const STATE_IS_PRIVATE = Object.getOwnPropertySymbols(new Response()).length === 0

const shapeOf = (object: object): Record<string, unknown> => Object.fromEntries(Reflect.ownKeys(object).map((key) => {
  const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(object, key)!
  const shown = [value, get, set].map((part) => typeof part === 'function' && key !== 'constructor' ? [part.name, part.length, Object.hasOwn(part, 'prototype')] : typeof part === 'string' ? part : typeof part)
  return [String(key), [flags, ...shown]]
}))

/** What ours have and the native ones do not: a difference that goes away is no exception any more. */
const EXTRA: Record<string, string[]> = {
  'Response, static': ['Symbol(Symbol.hasInstance)'],
  'Request, static': STATE_IS_PRIVATE ? ['Symbol(Symbol.hasInstance)'] : [],
  'Response, prototype': STATE_IS_PRIVATE ? [] : ['Symbol(state)', 'Symbol(headers)'],
  'Request, prototype': []
}

t.test('every static and every member is there, with the flags, the name and the length of the native one', async (t) => {
  for (const [name, ours, native] of CLASSES) {
    for (const [kind, left, right] of [['static', ours, native], ['prototype', ours.prototype, native.prototype]] as const) {
      const [shape, expected] = [shapeOf(left), shapeOf(right)]
      for (const extra of EXTRA[`${name}, ${kind}`]!) {
        t.ok(extra in shape && !(extra in expected), `${name}, ${kind}: ${extra} is an exception`)
        delete shape[extra]
      }
      t.same(shape, expected, `${name}, ${kind}`)
    }
    t.equal(Object.getPrototypeOf(ours), Function.prototype)
    t.equal(inspect(ours, { sorted: true }), inspect(native, { sorted: true }))
  }
  t.same([boundFetch.name, boundFetch.length], [fetch.name, fetch.length])
})

t.test('objects enumerate, print and describe themselves as native ones', async (t: any) => {
  const enumerated = (object: object): string[] => {
    const keys = []
    for (const key in object) keys.push(key)
    return keys.sort()
  }
  const looks = (object: object): unknown[] => [enumerated(object), Object.keys(object), String(object), JSON.stringify(object), ...[{}, { depth: 0 }, { depth: null }, { colors: true }, { compact: false, breakLength: 40 }, { sorted: true }].map((options) => inspect(object, options)), inspect({ a: { b: object } })]
  for (const body of [null, 'text']) {
    const native = looks(new Response(body, { status: 201, headers: { a: 'b' } }))
    t.same(looks(new BoundResponse(body, { status: 201, headers: { a: 'b' } })), native)
    const next = looks(new NextResponse(body, { status: 201, headers: { a: 'b' } }))
    t.same(next.slice(1), native.slice(1))
  }
  t.same(looks(new BoundRequest('http://a.test')), looks(new Request('http://a.test')))
  const host = await startProbed(t, 'fastify')
  const [received, twin] = await host.probe({ path: '/x/a?b' }, (request) => [looks(request), looks(new Request(request.url, { headers: request.headers }))] as const)
  // The native twin was made of a sorted list.
  const ordered = (seen: unknown[]): unknown[] => seen.slice(1).map((text) => typeof text === 'string' ? text.split('\n').map((line) => line.replace(/,$/, '')).sort() : text)
  t.same(ordered(received), ordered(twin))
  t.same((twin[0] as string[]).filter((key) => !(received[0] as string[]).includes(key)), [], 'every member of a native request is enumerated')
})

t.test('instanceof works in both directions, and for subclasses', async (t) => {
  class OwnResponse extends BoundResponse {}
  class OwnRequest extends BoundRequest {}
  const [native, nativeRequest] = [new Response(), new Request('http://a.test')]
  t.ok(native instanceof BoundResponse && new BoundResponse() instanceof Response)
  t.ok(nativeRequest instanceof BoundRequest && new BoundRequest('http://a.test') instanceof Request)
  const [own, ownRequest] = [new OwnResponse('x'), new OwnRequest('http://a.test')]
  t.ok(own instanceof OwnResponse && own instanceof BoundResponse && own instanceof Response)
  t.ok(ownRequest instanceof OwnRequest && ownRequest instanceof BoundRequest && ownRequest instanceof Request)
  t.notOk(native instanceof OwnResponse || nativeRequest instanceof OwnRequest || new BoundResponse() instanceof OwnResponse)
  t.equal(own.constructor, OwnResponse)
  t.equal(await own.text(), 'x')
  t.same([new BoundResponse().constructor === BoundResponse, new BoundRequest('http://a.test').constructor === BoundRequest], [true, true])
})

t.test('members taken from the prototype work on native objects too, and refuse all others as native ones do', async (t) => {
  const receivers: Record<string, (which: string) => unknown> = {
    'a native object': (which) => which === 'Response' ? new Response('{}') : new Request('http://a.test', { method: 'POST', body: '{}' }),
    'the prototype': (which) => which === 'Response' ? Response.prototype : Request.prototype,
    'an object': () => ({}),
    undefined: () => undefined
  }
  for (const [name, ours, native] of CLASSES) {
    for (const [receiver, make] of Object.entries(receivers)) {
      for (const key of Object.keys(native.prototype)) {
        const run = (prototype: object): unknown => {
          const { get, value } = Object.getOwnPropertyDescriptor(prototype, key)!
          const result = Reflect.apply(get ?? value ?? (() => {}), make(name), []) as unknown
          return [result instanceof Promise, result]
        }
        const settled = async (prototype: object): Promise<unknown> => await outcome(async () => {
          const [isPromise, result] = run(prototype) as [boolean, unknown]
          return [isPromise, await outcome(() => result)]
        })
        const [left, right] = [await settled(ours.prototype), await settled(native.prototype)] as any[]
        // The words for a wrong receiver are the engine's in one case and Node.js's in the other.
        for (const side of [left, right]) {
          const { error } = 'value' in side ? side.value[1] : side
          for (const words of ['message', 'code']) delete error?.[words]
        }
        if (!isDeepStrictEqual(left, right)) t.same({ name, receiver, key, left }, { name, receiver, key, left: right })
      }
    }
  }
  t.pass('all compared')
})

t.test('the constructor of a received request takes a URL', async (t) => {
  const host = await startProbed(t, 'fastify')
  const [same, url] = await host.probe({ path: '/' }, (request) => {
    const Class = request.constructor as typeof NextRequest
    return [Class === NextRequest, new Class('http://a.test/b', request).url]
  })
  t.ok(same)
  t.equal(url, 'http://a.test/b')
})

t.test('native code cannot look into ours where it keeps its state in private fields: the native classes of packages', async (t) => {
  const host = await startProbed(t, 'fastify')
  const sent = { method: 'POST', path: '/', body: 'x' }
  const copied = await host.probe(sent, (request) => outcome(() => new Request(request).method))
  const read = await host.probe(sent, (request) => outcome(() => Request.prototype.text.call(request)))
  const response = await outcome(() => Response.prototype.text.call(new BoundResponse('x')))
  t.same([copied, read, response].map((found) => 'error' in found), STATE_IS_PRIVATE ? [true, true, true] : [false, false, false])
})

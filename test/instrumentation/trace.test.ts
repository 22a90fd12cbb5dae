/** The spans of OpenTelemetry, compared with those that real Next.js 16.4 was seen to make. */
import { context, metrics, propagation, SpanStatusCode, trace, type Span } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { onEveryHost, start, type HostName, type RunningHost } from '../hosts.ts'

const exporter = new InMemorySpanExporter()

/** As an SDK does it, after the routes have been loaded or before. */
function setUp (): void {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator({
    inject () {},
    extract (from, carrier, getter) {
      const [, traceId, spanId] = /^00-(\w+)-(\w+)-01$/.exec(String(getter.get(carrier, 'traceparent'))) ?? []
      return traceId === undefined ? from : trace.setSpanContext(from, { traceId, spanId: spanId!, traceFlags: 1, isRemote: true })
    },
    fields: () => ['traceparent']
  })
}

function tearDown (): void {
  for (const api of [trace, context, propagation, metrics]) api.disable()
  exporter.reset()
}

const TRACER = "import { trace } from '@opentelemetry/api'\nconst tracer = trace.getTracer('own')\n"
const dir = t.testdir({
  api: { '[id]': { 'route.js': TRACER + "export const GET = async () => { await null; return tracer.startActiveSpan('own', (span) => { span.end(); return new Response('ok') }) }\nexport const POST = () => { throw new TypeError('boom') }\nexport const PUT = async () => { throw 'text' }" } },
  nothing: { 'route.js': 'export const GET = () => {}' },
  redirects: { 'route.js': "import { redirect } from 'next/navigation'\nexport const GET = () => redirect('/x')" },
  status: { 'route.js': "export const GET = () => new Response('x', { status: 503 })" },
  breaks: { 'route.js': "export const GET = () => new Response(new ReadableStream({ start (c) { c.enqueue(new Uint8Array(5)) }, async pull (c) { await new Promise((resolve) => setTimeout(resolve, 20)); c.error(new Error('broken')) } }))" },
  large: { 'route.js': 'export const config = { bodyLimit: 5 }\nexport const POST = async (request) => new Response(await request.text())' }
})

/** The spans that are there once a number of them has ended. */
async function spansOf (count: number): Promise<ReadableSpan[]> {
  for (let tries = 0; tries < 500 && exporter.getFinishedSpans().length < count; tries++) await new Promise((resolve) => setImmediate(resolve))
  const spans = exporter.getFinishedSpans()
  exporter.reset()
  return spans
}

const named = (spans: ReadableSpan[], type: string): ReadableSpan => spans.find(({ attributes, name }) => attributes['next.span_type'] === type || name === type)!
const REQUEST = 'BaseServer.handleRequest'
const HANDLER = 'AppRouteRouteHandlers.runHandler'
const START = 'NextNodeServer.startResponse'

t.test('a request has the spans, names and attributes of Next.js', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    setUp()
    t.teardown(tearDown)
    await host.send('/api/7?x=1')
    const spans = await spansOf(4)
    const [request, handler, begin, own] = [REQUEST, HANDLER, START, 'own'].map((type) => named(spans, type)) as [ReadableSpan, ReadableSpan, ReadableSpan, ReadableSpan]
    t.equal(spans.length, 4)
    t.same([request.name, request.kind, request.parentSpanContext], ['GET /api/[id]', 1, undefined])
    t.same(request.attributes, {
      'next.span_category': 'nextjs',
      'next.span_name': 'GET /api/[id]',
      'next.span_type': REQUEST,
      'http.method': 'GET',
      'http.target': '/api/7?x=1',
      'http.route': '/api/[id]',
      'http.status_code': 200,
      'next.route': '/api/[id]',
      'next.rsc': false
    })
    t.same(request.status, { code: SpanStatusCode.UNSET })
    t.same([handler.name, handler.kind, handler.parentSpanContext?.spanId], ['executing api route (app) /api/[id]', 0, request.spanContext().spanId])
    t.same(handler.attributes, { 'next.span_category': 'nextjs', 'next.span_name': handler.name, 'next.span_type': HANDLER, 'next.route': '/api/[id]' })
    t.same([begin.name, begin.parentSpanContext?.spanId], ['start response', request.spanContext().spanId])
    t.equal(own.parentSpanContext?.spanId, handler.spanContext().spanId, 'spans of the handler are in its span')
    t.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1)
  })
})

t.test('errors are on the span of the handler, and 5xx on that of the request', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    setUp()
    t.teardown(tearDown)
    const of = async (method: string, path: string, count = 2): Promise<ReadableSpan[]> => {
      await host.send({ method, path, ...(method === 'GET' ? {} : { body: 'a body' }) }).catch(() => {})
      return await spansOf(count)
    }
    let spans = await of('POST', '/api/7')
    t.same([named(spans, HANDLER).status, named(spans, HANDLER).attributes['error.type'], named(spans, HANDLER).events.map(({ name, attributes }) => [name, attributes?.['exception.message']])], [{ code: SpanStatusCode.ERROR, message: 'boom' }, 'TypeError', [['exception', 'boom']]])
    t.match([named(spans, REQUEST).status.code, named(spans, REQUEST).attributes], [SpanStatusCode.ERROR, { 'http.status_code': 500, 'error.type': '500' }])
    spans = await of('PUT', '/api/7')
    t.same([named(spans, HANDLER).status.code, named(spans, HANDLER).events[0]?.attributes], [SpanStatusCode.ERROR, { 'exception.message': 'text' }])
    spans = await of('GET', '/nothing')
    t.match(named(spans, HANDLER).status.message, /^No response is returned from route handler/)
    spans = await of('GET', '/redirects')
    t.same([named(spans, HANDLER).status.code, named(spans, REQUEST).status.code, named(spans, REQUEST).attributes['http.status_code']], [SpanStatusCode.UNSET, SpanStatusCode.UNSET, 307])
    spans = await of('GET', '/status', 3)
    t.match([named(spans, REQUEST).status.code, named(spans, REQUEST).attributes['error.type']], [SpanStatusCode.ERROR, '503'])
    spans = await of('POST', '/large', 1)
    t.same(named(spans, REQUEST).attributes['http.status_code'], 413)
    spans = await of('HEAD', '/api/7', 3)
    t.same([named(spans, REQUEST).name, named(spans, START)], ['HEAD /api/[id]', undefined])
  })
  onEveryHost(t, { dir }, async (t, host) => {
    setUp()
    t.teardown(tearDown)
    await host.send('/breaks').catch(() => {})
    t.match(named(await spansOf(3), REQUEST), { status: { code: SpanStatusCode.ERROR, message: 'broken' }, attributes: { 'error.type': 'Error', 'http.status_code': 200 } })
  }, ['fastify', 'express 5', 'node:http'])
})

t.test('the trace of the client goes on, unless the host has a span of its own, which learns the route at the start', async (t) => {
  setUp()
  t.teardown(tearDown)
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  const remote = await start('fastify', { dir, prefix: '/mounted' })
  await remote.send({ path: '/mounted/api/7', headers })
  const request = named(await spansOf(4), REQUEST)
  t.same([request.spanContext().traceId, request.parentSpanContext?.spanId], ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'])
  t.match(request, { name: 'GET /mounted/api/[id]', attributes: { 'http.route': '/mounted/api/[id]', 'next.route': '/api/[id]' } })
  await remote.close()

  for (const name of ['fastify', 'express 5'] as HostName[]) {
    let outer!: Span & { attributes?: Record<string, unknown> }
    const wrap = (next: () => void): void => {
      outer = trace.getTracer('host').startSpan('host') as typeof outer
      context.with(trace.setSpan(context.active(), outer), next)
    }
    const host: RunningHost = await start(name, {
      dir,
      prefix: '/v1',
      fastify: (server) => { server.addHook('onRequest', (_request, _reply, done) => { wrap(done) }) },
      express: (app) => { app.use((_req, _res, next) => { wrap(next) }) }
    })
    await host.send({ path: '/v1/api/7', headers })
    const spans = await spansOf(4)
    t.equal(named(spans, REQUEST).parentSpanContext?.spanId, outer.spanContext().spanId, name)
    t.equal(outer.attributes?.['http.route'], '/v1/api/[id]', 'while it has not ended')
    await host.close()
  }
})

t.test('without a provider nothing is traced; one that comes late is used', async (t) => {
  const host = await start('fastify', { dir })
  t.teardown(() => host.close())
  t.equal((await host.send('/api/7')).text, 'ok')
  // The handler's own tracer has been given a provider before.
  t.same(exporter.getFinishedSpans().map(({ name }) => name), ['own'])
  exporter.reset()
  setUp()
  t.teardown(tearDown)
  await host.send('/api/7')
  t.equal((await spansOf(4)).length, 4)
})

t.test('a client that leaves ends the spans', async (t) => {
  setUp()
  t.teardown(tearDown)
  const waiting = t.testdir({ 'route.js': 'export const GET = (request) => new Promise((resolve) => { globalThis.traceEntered?.(); request.signal.onabort = () => { resolve(new Response()) } })' })
  const host = await start('fastify', { dir: waiting })
  t.teardown(() => host.close())
  const entered = new Promise<void>((resolve) => { (globalThis as any).traceEntered = resolve })
  const controller = new AbortController()
  const answer = fetch(host.url, { signal: controller.signal }).catch(() => {})
  await entered
  controller.abort()
  await answer
  const request = named(await spansOf(2), REQUEST)
  t.equal(request.attributes['http.status_code'], undefined)
})

t.test("Node.js's own HTTP instrumentation has the route in its span, and in its name", async (t) => {
  const project = t.testdir({ app: { api: { '[id]': { 'route.js': "export const GET = () => new Response('ok')" } } } })
  writeFileSync(path.join(project, 'server.mjs'), `
    import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
    import { context } from '@opentelemetry/api'
    import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
    import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
    import { once } from 'node:events'
    import { createRequire } from 'node:module'
    const exporter = new InMemorySpanExporter()
    const instrumentation = new HttpInstrumentation({ disableOutgoingRequestInstrumentation: true })
    instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
    instrumentation.enable()
    const { trace } = await import('@opentelemetry/api')
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const http = createRequire(import.meta.url)('node:http')
    const { appRoutes } = await import('fastify-app-routes/express')
    const middleware = appRoutes('./app')
    await middleware.ready()
    const server = http.createServer(middleware).listen(0)
    await once(server, 'listening')
    await (await fetch('http://localhost:' + server.address().port + '/api/7')).text()
    while (exporter.getFinishedSpans().length < 4) await new Promise(setImmediate)
    const spans = exporter.getFinishedSpans()
    const outer = spans.find((span) => span.instrumentationScope.name.endsWith('instrumentation-http'))
    const request = spans.find((span) => span.attributes['next.span_type'] === 'BaseServer.handleRequest')
    console.log(JSON.stringify([outer.name, outer.attributes['http.route'], request.parentSpanContext.spanId === outer.spanContext().spanId]))
    process.exit()
  `)
  const output = execFileSync(process.execPath, ['--no-warnings', 'server.mjs'], { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  t.same(JSON.parse(output), ['GET /api/[id]', '/api/[id]', true])
})

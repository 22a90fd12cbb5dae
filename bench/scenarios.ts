import { measureBoot } from './measure/boot.ts'
import { measureBound } from './measure/bound.ts'
import { measureEvents } from './measure/events.ts'
import { measureFlight } from './measure/flight.ts'
import { measureInvalidation } from './measure/invalidation.ts'
import { measureLatency } from './measure/latency.ts'
import { oneByOne, type Measure, type MeasureAll, type Metric } from './measure/measure.ts'
import { measureRequestsInTurn } from './measure/requests.ts'
import { measureStream } from './measure/stream.ts'

export interface Sent {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string | Buffer
}

/** What every contestant must answer. Header values are compared without regard to case; an endless body need only begin so. */
export interface Expected { status: number, body: string, headers?: Record<string, string>, isEndless?: boolean }

/** One row of the table. */
export interface Scenario {
  name: string
  title: string
  request: Sent
  expect: Expected
  measure: MeasureAll
  /** What --smoke does, where it does not compare one answer. */
  smoke?: Measure
  /** What the targets are about. */
  metrics: Metric[]
  /** Whom the ratios are of. */
  subject: 'app-routes' | 'app-routes-express' | 'app-routes-proxy-unmatched' | 'app-routes-proxy-next' | 'app-routes-redis' | 'app-routes-redis-near'
  rivals: string[]
  /** What the ratio to a rival must reach. */
  targets: Record<string, number>
  /** What the figures themselves must keep to, in every round. They have lines of their own then, those of all metrics. */
  limits?: Partial<Record<Metric, number>>
  /** How much farther it may be on Node.js 20. */
  slackOn20?: number
  /** Left out of --quick, unless it is named. */
  isLong?: boolean
  /** Measured in one round only, since it takes long. */
  isOnce?: boolean
}

const EVERYBODY = ['fastify', 'node-http', 'hono', 'h3', 'remix', 'whatwg-node', 'express']
const SOME = ['fastify', 'hono', 'h3']

/** What rows of requests per second share. */
const perSecond = { measure: measureRequestsInTurn, metrics: ['throughput'], subject: 'app-routes', slackOn20: 0.05 } satisfies Partial<Scenario>

/** What rows share that have no rival, but limits. */
const limited = { subject: 'app-routes', rivals: [], targets: {} } satisfies Partial<Scenario>

const invalidation = {
  request: { path: '/tagged?id=0' },
  expect: { status: 200, body: '{"id":0,"made":1}' },
  measure: oneByOne(measureInvalidation([1000, 100_000, 1_000_000])),
  smoke: measureInvalidation([10, 20, 30]),
  metrics: ['invalidation1k', 'invalidation100k', 'invalidation1m', 'invalidationGrowth'],
  limits: { invalidation1k: 5, invalidation100k: 5, invalidation1m: 5, invalidationGrowth: 2 }
} satisfies Partial<Scenario>

const flight = {
  request: { path: '/flight' },
  expect: { status: 200, body: '{"hello":"world"}' },
  metrics: ['runs'],
  limits: { runs: 1 }
} satisfies Partial<Scenario>

const STATIC = { request: { path: '/static' }, expect: { status: 200, body: '{"hello":"world","made":1}' } }

const HELLO = { request: { path: '/json' }, expect: { status: 200, body: '{"hello":"world"}' } }

const ITEMS = Array.from({ length: 12 }, (_, i) => ({ id: i, name: `item ${i}`, tags: ['red', 'blue'], price: 1990 + i, isOpen: i % 2 === 0 }))
const ONE_KIB = JSON.stringify({ items: ITEMS, note: 'x'.repeat(105) })

const BOUNDARY = 'a-line-that-is-nowhere-in-the-file'
const FORM = [
  `--${BOUNDARY}`, 'content-disposition: form-data; name="title"', '', 'Report',
  `--${BOUNDARY}`, 'content-disposition: form-data; name="file"; filename="report.bin"', 'content-type: application/octet-stream', '', 'x'.repeat(64 * 1024),
  `--${BOUNDARY}--`, ''
].join('\r\n')

export const SCENARIOS: Scenario[] = [
  {
    ...perSecond,
    ...HELLO,
    name: 'json',
    title: '`Response.json()`',
    rivals: [...EVERYBODY, 'next'],
    targets: { fastify: 0.95, hono: 1, next: 30 }
  },
  {
    ...perSecond,
    name: 'next-response',
    title: '`NextResponse.json()`, two headers, a cookie set',
    request: { path: '/next-response' },
    expect: {
      status: 200,
      body: '{"id":7,"name":"Ada"}',
      headers: { 'cache-control': 'no-store', 'x-version': '3', 'set-cookie': 'session=abc123; Path=/; HttpOnly; SameSite=Lax' }
    },
    rivals: [...SOME, 'next'],
    targets: { fastify: 0.9, hono: 1, next: 30 }
  },
  {
    ...perSecond,
    name: 'params',
    title: '`[slug]`, `nextUrl.searchParams`, a request header',
    request: { path: '/items/blue-shirt?page=2', headers: { 'x-tenant': 'acme' } },
    expect: { status: 200, body: '{"slug":"blue-shirt","page":"2","tenant":"acme"}' },
    rivals: [...SOME, 'next'],
    targets: { fastify: 0.92, hono: 1, next: 30 }
  },
  {
    ...perSecond,
    name: 'session',
    title: '`await cookies()`, `await headers()`',
    request: { path: '/session', headers: { cookie: 'theme=dark; session=abc123', 'x-tenant': 'acme' } },
    expect: { status: 200, body: '{"session":"abc123","tenant":"acme"}' },
    rivals: SOME,
    targets: { fastify: 0.9 }
  },
  {
    ...perSecond,
    name: 'echo',
    title: 'POST, `request.json()` of 1 KiB echoed',
    request: { method: 'POST', path: '/echo', headers: { 'content-type': 'application/json' }, body: ONE_KIB },
    expect: { status: 200, body: ONE_KIB },
    rivals: EVERYBODY,
    targets: { fastify: 0.92, hono: 1 }
  },
  {
    ...perSecond,
    name: 'upload',
    title: 'POST, `formData()` with a file of 64 KiB',
    request: { method: 'POST', path: '/upload', headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }, body: FORM },
    expect: { status: 200, body: '{"title":"Report","name":"report.bin","size":65536}' },
    rivals: SOME,
    targets: { fastify: 0.9, hono: 1 }
  },
  {
    name: 'stream',
    title: '1 GiB streamed in chunks of 64 KiB',
    request: { path: '/stream?chunks=2' },
    expect: { status: 200, body: 'x'.repeat(128 * 1024), headers: { 'content-type': 'application/octet-stream' } },
    measure: oneByOne(measureStream),
    metrics: ['bandwidth'],
    subject: 'app-routes',
    rivals: SOME,
    targets: { fastify: 0.9, hono: 1 },
    slackOn20: 0.05
  },
  {
    name: 'events',
    title: 'server-sent events, 1,000 clients, one each 100 ms',
    request: { path: '/events' },
    expect: { status: 200, body: 'id: 0\ndata: {"hello":"world"}\n\n', headers: { 'content-type': 'text/event-stream' }, isEndless: true },
    measure: oneByOne(measureEvents),
    metrics: ['eventCpu'],
    subject: 'app-routes',
    rivals: SOME,
    targets: { fastify: 1.1, hono: 1 },
    slackOn20: 0.05
  },
  {
    ...perSecond,
    ...HELLO,
    name: 'express',
    title: '`Response.json()` in Express 5',
    subject: 'app-routes-express',
    rivals: ['express'],
    targets: { express: 1 }
  },
  {
    ...perSecond,
    ...HELLO,
    name: 'proxy-unmatched',
    title: '`Response.json()`, a `proxy.ts` whose matcher does not match',
    subject: 'app-routes-proxy-unmatched',
    rivals: ['fastify'],
    targets: { fastify: 0.95 }
  },
  {
    ...perSecond,
    ...HELLO,
    name: 'proxy-next',
    title: '`Response.json()`, `NextResponse.next()` by a `proxy.ts`',
    subject: 'app-routes-proxy-next',
    rivals: ['fastify-hook'],
    targets: { 'fastify-hook': 0.8 }
  },
  {
    ...HELLO,
    name: 'latency',
    title: '`Response.json()` at half load',
    measure: oneByOne(measureLatency),
    metrics: ['p99'],
    subject: 'app-routes',
    rivals: ['fastify', 'hono'],
    targets: { fastify: 1.1 }
  },
  {
    ...perSecond,
    ...STATIC,
    name: 'static',
    title: 'static route, kept in memory',
    rivals: ['fastify', 'next'],
    targets: { fastify: 1, next: 30 }
  },
  {
    ...perSecond,
    ...STATIC,
    name: 'redis',
    title: 'static route, kept in Redis',
    subject: 'app-routes-redis',
    rivals: ['fastify-redis'],
    targets: { 'fastify-redis': 0.8 }
  },
  {
    ...perSecond,
    ...STATIC,
    name: 'redis-near',
    title: 'static route, kept in Redis, with a near cache',
    subject: 'app-routes-redis-near',
    rivals: ['fastify-redis'],
    targets: {}
  },
  {
    ...limited,
    ...invalidation,
    name: 'invalidate',
    title: '`revalidateTag()`, kept in memory'
  },
  {
    ...limited,
    ...invalidation,
    name: 'invalidate-redis',
    title: '`revalidateTag()`, kept in Redis',
    subject: 'app-routes-redis',
    isOnce: true
  },
  {
    ...limited,
    name: 'bound',
    title: '1,000,000 keys of a static route, with a cache of 50 MiB',
    request: { path: '/keys/7' },
    expect: { status: 200, body: '{"id":"7"}' },
    measure: oneByOne(measureBound(1_000_000)),
    metrics: ['kept', 'heapGrowth', 'rssGrowth'],
    limits: { kept: 50 },
    isOnce: true
  },
  {
    ...limited,
    ...flight,
    name: 'flight',
    title: '1,000 requests at once for what has expired',
    measure: oneByOne(measureFlight(1))
  },
  {
    ...limited,
    ...flight,
    name: 'flight-redis',
    title: '1,000 requests at once for what has expired, 4 processes, kept in Redis',
    measure: oneByOne(measureFlight(4)),
    subject: 'app-routes-redis'
  },
  ...[1000, 10_000].map((files): Scenario => ({
    name: `boot-${files}`,
    title: `start with ${files.toLocaleString('en')} route files`,
    request: { path: '/section-9/item-9/value' },
    expect: { status: 200, body: '{"item":9}' },
    measure: oneByOne(measureBoot(files)),
    smoke: measureBoot(20),
    metrics: ['startUp', 'routeMemory'],
    subject: 'app-routes',
    rivals: ['fastify'],
    targets: { fastify: 1.3 },
    slackOn20: 0.2,
    isLong: files > 1000
  }))
]

import { measureRequests } from './measure/requests.ts'
import type { Measure } from './measure/measure.ts'

export interface Sent {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string | Buffer
}

/** One row of the table. */
export interface Scenario {
  name: string
  title: string
  request: Sent
  /** The answer that every contestant must give. Header values are compared without regard to case. */
  expect: { status: number, body: string, headers?: Record<string, string> }
  measure: Measure
  /** Whom the ratios are of. */
  subject: 'app-routes' | 'app-routes-express'
  rivals: string[]
  /** What the ratio to a rival must reach, on Node.js 24. */
  targets: Record<string, number>
}

const WEB_RIVALS = ['hono', 'h3', 'remix', 'whatwg-node']

export const SCENARIOS: Scenario[] = [
  {
    name: 'json',
    title: '`Response.json()`',
    request: { path: '/json' },
    expect: { status: 200, body: '{"hello":"world"}' },
    measure: measureRequests,
    subject: 'app-routes',
    rivals: ['fastify', 'node-http', ...WEB_RIVALS, 'express'],
    targets: { fastify: 0.95, hono: 1 }
  },
  {
    name: 'next-response',
    title: '`NextResponse.json()`, two headers, a cookie set',
    request: { path: '/next-response' },
    expect: {
      status: 200,
      body: '{"id":7,"name":"Ada"}',
      headers: { 'cache-control': 'no-store', 'x-version': '3', 'set-cookie': 'session=abc123; Path=/; HttpOnly; SameSite=Lax' }
    },
    measure: measureRequests,
    subject: 'app-routes',
    rivals: ['fastify', ...WEB_RIVALS],
    targets: { fastify: 0.9, hono: 1 }
  },
  {
    name: 'params',
    title: '`[slug]`, `nextUrl.searchParams`, a request header',
    request: { path: '/items/blue-shirt?page=2', headers: { 'x-tenant': 'acme' } },
    expect: { status: 200, body: '{"slug":"blue-shirt","page":"2","tenant":"acme"}' },
    measure: measureRequests,
    subject: 'app-routes',
    rivals: ['fastify', ...WEB_RIVALS],
    targets: { fastify: 0.92, hono: 1 }
  },
  {
    name: 'session',
    title: '`await cookies()` and `await headers()` read',
    request: { path: '/session', headers: { cookie: 'theme=dark; session=abc123', 'x-tenant': 'acme' } },
    expect: { status: 200, body: '{"session":"abc123","tenant":"acme"}' },
    measure: measureRequests,
    subject: 'app-routes',
    rivals: ['fastify'],
    targets: { fastify: 0.9 }
  },
  {
    name: 'express',
    title: '`Response.json()` in Express 5',
    request: { path: '/json' },
    expect: { status: 200, body: '{"hello":"world"}' },
    measure: measureRequests,
    subject: 'app-routes-express',
    rivals: ['express'],
    targets: { express: 1 }
  }
]

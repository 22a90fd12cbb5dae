/** Next.js's classes behave as those of the real Next.js, which `record.ts` has recorded. */
import { NextRequest, NextResponse, userAgent, userAgentFromString } from 'fastify-app-routes/server'
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { NextURL } from '../../lib/next/next-url.ts'
import { observe, type Kind } from './observe.ts'

interface Recorded { kind: Kind, given: any, expected: unknown }

const [, ...lines] = readFileSync(new URL('recorded.jsonl', import.meta.url), 'utf8').trim().split('\n')
const recorded = lines.map((line) => JSON.parse(line) as Recorded)
const classes = { NextURL, NextRequest, NextResponse, userAgentFromString }

const TITLES: Record<Kind, string> = {
  url: 'NextURL takes apart, changes and writes URLs',
  requestCookies: 'cookies of a request are read and changed',
  responseCookies: 'cookies of a response are read and written',
  request: 'new NextRequest() takes what Next.js takes',
  response: 'NextResponse has what Next.js gives it',
  agent: 'userAgentFromString() knows the same browsers and bots'
}

for (const [kind, title] of Object.entries(TITLES)) {
  t.test(`${title}, as the real Next.js does`, async (t) => {
    const cases = recorded.filter((entry) => entry.kind === kind)
    t.not(cases.length, 0)
    const differences = cases
      .map(({ given, expected }) => ({ given, expected, found: observe(kind as Kind, classes, given) }))
      .filter(({ expected, found }) => !isDeepStrictEqual(found, expected))
    t.same(differences.slice(0, 3), [])
  })
}

t.test('userAgent() takes anything with headers', async (t) => {
  t.same(userAgent({ headers: new Headers() }), userAgentFromString(undefined))
  t.equal(userAgent(new NextRequest('http://a.test', { headers: { 'user-agent': 'curl/8' } })).ua, 'curl/8')
  t.throws(() => userAgent(undefined as any), TypeError)
})

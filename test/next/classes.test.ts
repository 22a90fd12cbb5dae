/** Next.js's classes behave as those of the real Next.js, which `record.ts` has recorded. */
import { NextRequest, userAgent, userAgentFromString } from 'fastify-app-routes/server'
import fc from 'fast-check'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { ANY } from './inputs.ts'
import { observe, type Kind } from './observe.ts'
import { ours, realClasses } from './real.ts'

interface Recorded { kind: Kind, given: any, expected: unknown }

const [, ...lines] = readFileSync(new URL('recorded.jsonl', import.meta.url), 'utf8').trim().split('\n')
const recorded = lines.map((line) => JSON.parse(line) as Recorded)

const TITLES: Record<Kind, string> = {
  url: 'NextURL takes apart, changes and writes URLs',
  requestCookies: 'cookies of a request are read and changed',
  responseCookies: 'cookies of a response are read and written',
  request: 'new NextRequest() takes what Next.js takes',
  response: 'NextResponse has what Next.js gives it',
  agent: 'userAgentFromString() knows the same browsers and bots',
  headers: 'headers() are read, and refuse to be changed',
  jar: 'cookies() are read and changed, and the changes go out',
  thrown: 'redirect() and notFound() throw what unstable_rethrow() lets through'
}

for (const [kind, title] of Object.entries(TITLES)) {
  t.test(`${title}, as the real Next.js does`, async (t) => {
    const cases = recorded.filter((entry) => entry.kind === kind)
    t.not(cases.length, 0)
    const differences = cases
      .map(({ given, expected }) => ({ given, expected, found: observe(kind as Kind, ours, given) }))
      .filter(({ expected, found }) => !isDeepStrictEqual(found, expected))
    t.same(differences.slice(0, 3), [])
  })
}

/** `.ci/run` installs it: as a development dependency its optional packages would break installing from the lock file. */
const installed = fileURLToPath(new URL('../../.cache/next-16/node_modules/next', import.meta.url))

t.test('the same of any input, beside an installed Next.js', { skip: !existsSync(installed) && 'there is no .cache/next-16: npm install --ignore-scripts --no-save --prefix .cache/next-16 next@16' }, async (t) => {
  const { classes } = realClasses(installed)
  for (const [kind, title] of Object.entries(TITLES) as Array<[Kind, string]>) {
    t.test(title, async (t) => {
      fc.assert(fc.property(ANY[kind], (any) => {
        const given = JSON.parse(JSON.stringify(any)) as unknown
        const [found, expected] = [observe(kind, ours, given), observe(kind, classes, given)]
        if (!isDeepStrictEqual(found, expected)) throw new Error(`here:    ${JSON.stringify(found)}\nNext.js: ${JSON.stringify(expected)}`)
      }), { seed: 16, numRuns: 300 })
    })
  }
})

t.test('userAgent() takes anything with headers', async (t) => {
  t.same(userAgent({ headers: new Headers() }), userAgentFromString(undefined))
  t.equal(userAgent(new NextRequest('http://a.test', { headers: { 'user-agent': 'curl/8' } })).ua, 'curl/8')
  t.throws(() => userAgent(undefined as any), TypeError)
})

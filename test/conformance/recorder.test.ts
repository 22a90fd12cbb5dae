import t from 'tap'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { record } from './record.ts'
import { exportsOf, installed } from './recorder/next.ts'
import { casesFor, disagreements, normalise, readExports, Recordings, writeExports, type Case, type Recording } from './recorder/recording.ts'

const NOW = Date.parse('2026-11-21T08:00:00Z')

const kase = (id: string, versions?: number[]): Case => ({
  id, feature: 'methods', ...(versions === undefined ? {} : { versions }), steps: [{ path: '/', expect: { status: true, body: 'exact', headers: ['set-cookie'] } }]
})
const recording = (version: string, cases: Recording['cases']): Recording => ({ version, node: process.version, cases })

t.test('what differs at every run is taken out of an answer', async (t) => {
  const answer = {
    status: 200,
    headers: { date: 'Sat, 21 Nov 2026 08:00:00 GMT', 'set-cookie': ['a=1; Expires=Sun, 22 Nov 2026 08:00:00 GMT; Path=/', 'b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'] },
    body: 'hello'
  }
  t.strictSame(normalise(answer, NOW), {
    status: 200,
    headers: { date: '{{date}}', 'set-cookie': ['a=1; Expires={{date}}; Path=/', 'b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'] },
    body: 'hello'
  })
  t.equal(answer.headers.date, 'Sat, 21 Nov 2026 08:00:00 GMT', 'the answer itself is left alone')
})

t.test('dates that a route names stay', async (t) => {
  const headers = { 'set-cookie': 'a=1; Expires=Fri, 01 Jan 2049 00:00:00 GMT', 'last-modified': 'Sat, 21 Nov 2026 08:00:00 GMT' }
  t.strictSame(normalise({ status: 200, headers }, NOW), { status: 200, headers })
})

t.test("pages of Next.js's own lose the names of their chunks", async (t) => {
  const page = normalise({ status: 404, headers: { etag: '"x"' }, body: '<!DOCTYPE html><html>_next/static/chunks/0abc.js</html>' })
  t.strictSame(page, { status: 404, headers: { etag: '{{etag}}' }, body: '<!DOCTYPE html>{{page}}' })
})

t.test('an answer that never came is recorded as it is', async (t) => {
  t.strictSame(normalise({ error: 'ECONNRESET' }), { error: 'ECONNRESET' })
})

t.test('a case is put to the majors that it names', async (t) => {
  const cases = [kase('all'), kase('old', [13, 14]), kase('new', [16])]
  const ids = (major: number) => casesFor(cases, major).map((c) => c.id)
  t.strictSame(ids(14), ['all', 'old'])
  t.strictSame(ids(15), ['all'])
  t.strictSame(ids(16), ['all', 'new'])
  t.strictSame(ids(17), ['all', 'new'], 'a major that no case names yet is asked what the newest is')
})

t.test('recordings are written and found by suite and version', async (t) => {
  const dir = t.testdir({ expected: { modern: {}, classic: {} } })
  const recordings = new Recordings(dir)
  for (const version of ['16.4.6', '15.5.29', '16.10.0']) recordings.write('modern', recording(version, {}))
  recordings.write('classic', recording('14.2.35', { b: [{ status: 200 }], a: [{ status: 404 }] }))

  t.strictSame(recordings.versions('modern'), ['15.5.29', '16.4.6', '16.10.0'])
  t.equal(readFileSync(path.join(dir, 'expected/classic/14.2.35.json'), 'utf8').at(-1), '\n')
  t.strictSame(Object.keys(recordings.read('classic', '14.2.35').cases), ['b', 'a'], 'in the order of the cases')
  t.equal(recordings.write('fresh', recording('17.0.0', {})), path.join(dir, 'expected/fresh/17.0.0.json'), 'a suite need not have been recorded before')
})

t.test('a recording is held against that of its version, else against the nearest older one', async (t) => {
  const recordings = new Recordings(t.testdir({ expected: {} }))
  for (const version of ['15.5.29', '16.4.6']) recordings.write('modern', recording(version, {}))
  t.equal(recordings.nearest('modern', '16.4.6'), '16.4.6')
  t.equal(recordings.nearest('modern', '17.0.0'), '16.4.6')
  t.equal(recordings.nearest('modern', '16.0.0'), '15.5.29')
  t.equal(recordings.nearest('modern', '14.2.35'), undefined)
  t.equal(recordings.nearest('unknown', '16.4.6'), undefined)
})

t.test('without a suite named, the suites that the major has are recorded', async (t) => {
  const recordings = new Recordings(t.testdir({ expected: {} }))
  for (const version of ['15.5.29', '16.4.6']) recordings.write('modern', recording(version, {}))
  recordings.write('classic', recording('14.2.35', {}))
  recordings.write('proxy', recording('16.4.6', {}))
  t.strictSame(recordings.suitesOf(14), ['classic'])
  t.strictSame(recordings.suitesOf(15), ['modern'])
  t.strictSame(recordings.suitesOf(17), ['modern', 'proxy'], 'a new major has those of the newest one')
})

t.test('recordings disagree where the cases compare them', async (t) => {
  const cases = [kase('a'), kase('b'), kase('only-new')]
  const before = recording('1.0.0', { a: [{ status: 200, body: 'x', headers: { server: 'one' } }], b: [{ status: 200, body: 'x' }] })
  const after = recording('1.0.0', { a: [{ status: 200, body: 'x', headers: { server: 'two' } }], b: [{ status: 404, body: 'x' }], 'only-new': [{ status: 200 }] })
  t.match(disagreements(cases, before, after), [{ id: 'b', feature: 'methods', differences: ['step 0 GET /: status: expected 200, got 404'] }])
  t.equal(disagreements(cases, before, after).length, 1)
})

t.test('export names are kept by version, oldest first', async (t) => {
  const corpus = t.testdir()
  t.strictSame(readExports(corpus), {})
  for (const version of ['16.4.6', '9.0.0', '15.5.29']) writeExports(corpus, version, { 'next/og': [] })
  writeExports(corpus, '16.4.6', { 'next/og': ['ImageResponse'] })
  t.strictSame(Object.keys(readExports(corpus)), ['9.0.0', '15.5.29', '16.4.6'])
  t.strictSame(readExports(corpus)['16.4.6'], { 'next/og': ['ImageResponse'] })
})

const next = installed(path.resolve(import.meta.dirname, '../../.cache/next-16'))

t.test('real Next.js is built, started, asked and stopped', {
  skip: next === undefined ? 'no Next.js in .cache/next-16' : false, timeout: 110_000
}, async (t) => {
  const corpus = t.testdir({
    'app-tiny': {
      hello: { 'route.ts': "import { headers } from 'next/headers'\nexport async function GET(request: Request) { return Response.json({ url: request.url, host: (await headers()).get('host') }) }" },
      static: { 'route.ts': 'export const dynamic = "force-static"\nexport const GET = async () => Response.json(await (await fetch(process.env.ORIGIN_URL + "/echo")).json())' },
      stop: { 'route.ts': "import { forbidden } from 'next/navigation'\nexport const dynamic = 'force-dynamic'\nexport function GET() { forbidden() }" }
    },
    'cases-tiny.json': JSON.stringify([
      { id: 'hello', feature: 'request', steps: [{ path: '/hello' }] },
      { id: 'static', feature: 'static-isr', steps: [{ path: '/static' }] },
      { id: 'switched-on', feature: 'navigation', steps: [{ path: '/stop' }] },
      { id: 'nothing', feature: 'routing', steps: [{ path: '/nothing' }] }
    ])
  })
  const { recording } = await record(next!, corpus, 'tiny')
  t.match(recording, {
    version: next!.version,
    cases: {
      hello: [{ status: 200, body: '{"url":"http://{{host}}/hello","host":"{{host}}"}', headers: { date: '{{date}}' } }],
      static: [{ status: 200, body: /"url":"\/echo"/, headers: { 'x-nextjs-cache': 'HIT' } }],
      'switched-on': [{ status: 403 }],
      nothing: [{ status: 404, body: '<!DOCTYPE html>{{page}}' }]
    }
  })
  t.match(await exportsOf(next!), { 'next/headers': ['cookies', 'draftMode', 'headers'], 'next/og': ['ImageResponse'] })
  t.equal(existsSync(path.join(corpus, 'expected')), false, 'nothing is written into the corpus')
})

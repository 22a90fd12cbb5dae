/** Bytes of headers that are not in ASCII. Those of route handlers are Next.js 16.4.6's own, those of old handlers Node.js's. */
import t from 'tap'
import { onEveryHost, type HostName } from '../hosts.ts'

const HTTP1: HostName[] = ['fastify', 'express 4', 'express 5', 'node:http']

const KINDS = `
  const bytes = (text) => new TextEncoder().encode(text)
  const stream = () => new ReadableStream({ start (c) { c.enqueue(bytes('x')); c.close() } })
  const late = async function * () { yield bytes('a'); await new Promise((resolve) => setTimeout(resolve, 20)); yield bytes('b') }
  const silent = async function * () { await new Promise((resolve) => setTimeout(resolve, 20)); yield bytes('b') }
  const kinds = { text: () => 'text', empty: () => '', bytes: () => bytes('A'), none: () => null, big: () => 'x'.repeat(100_000), stream, late: () => ReadableStream.from(late()), silent: () => ReadableStream.from(silent()) }
`
const header = (name: string): string => `{ '${name}': 'attachment; filename="ü.txt"' }`
const inUtf8 = 'attachment; filename="\u00c3\u00bc.txt"'
const inLatin1 = 'attachment; filename="\u00fc.txt"'

t.test('of a route handler: UTF-8 in front of a body, latin1 without', async (t) => {
  const route = (name: string): string => `${KINDS}\nexport const GET = async (request, { params }) => new Response(kinds[(await params).kind](), { headers: ${header(name)} })\n`
  const dir = t.testdir({
    'content-disposition': { '[kind]': { 'route.mjs': route('content-disposition') } },
    'x-own': { '[kind]': { 'route.mjs': route('x-own') } },
    kept: { 'route.mjs': `export const dynamic = 'force-static'\nexport const GET = () => new Response(new Uint8Array([65]), { headers: ${header('x-own')} })\n` },
    fails: { 'route.mjs': `export const GET = () => new Response(new ReadableStream({ start (c) { c.error(new Error('x')) } }), { headers: ${header('x-own')} })\n` }
  })
  onEveryHost(t, { dir }, async (t, { send }) => {
    for (const name of ['content-disposition', 'x-own']) {
      const sent = async (kind: string, method = 'GET'): Promise<unknown> => (await send({ path: `/${name}/${kind}`, method })).headers[name]
      for (const kind of ['text', 'bytes', 'big', 'stream', 'late', 'silent']) t.equal(await sent(kind), inUtf8, `${name}, ${kind}`)
      for (const kind of ['empty', 'none']) t.equal(await sent(kind), inLatin1, `${name}, ${kind}`)
      for (const kind of ['text', 'bytes', 'stream', 'none']) t.equal(await sent(kind, 'HEAD'), inLatin1, `${name}, HEAD of ${kind}`)
    }
    for (const state of ['first', 'kept']) t.match(await send('/kept'), { text: 'A', headers: { 'x-own': inUtf8 } }, state)
    t.match(await send('/fails'), { status: 500, headers: { 'x-own': undefined } })
  }, HTTP1)
})

t.test('of an old handler: as Node.js sends them', async (t) => {
  const dir = t.testdir({
    '[kind]': {
      'route.mjs': `
        import { fromNodeHandler } from 'fastify-app-routes/legacy'
        const kinds = {
          text: (res) => { res.end('text') },
          bytes: (res) => { res.end(Buffer.from('bytes')) },
          none: (res) => { res.end() },
          json: (res) => { res.json({ a: 1 }) },
          flushed: (res) => { res.flushHeaders(); res.end(Buffer.from('bytes')) },
          named: (res) => { res.setHeader('content-disposition', 'attachment; filename="ü.txt"'); res.end('text') }
        }
        export const GET = fromNodeHandler((req, res) => { res.setHeader('x-own', 'attachment; filename="ü.txt"'); kinds[req.params.kind](res) })
      `
    }
  })
  onEveryHost(t, { dir }, async (t, { send }) => {
    for (const kind of ['text', 'flushed']) t.equal((await send(`/${kind}`)).headers['x-own'], inUtf8, kind)
    for (const kind of ['bytes', 'none', 'json']) t.equal((await send(`/${kind}`)).headers['x-own'], inLatin1, kind)
    t.match(await send('/named'), { status: 200, text: 'text', headers: { 'content-disposition': 'attachment; filename="?.txt"' } }, 'Node.js itself sends U+FFFD')
  }, HTTP1)
})

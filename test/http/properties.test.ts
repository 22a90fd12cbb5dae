/** Whatever is sent through a socket arrives as the native classes read it. Seeds are fixed; a failure prints its own. */
import fc from 'fast-check'
import { NextRequest } from 'fastify-app-routes/server'
import t from 'tap'
import { appDir, bus, tick } from '../fastify/server.ts'
import { onEveryHost, type HostName } from '../hosts.ts'
import { head, Wire, type Answer } from './wire.ts'

const HOSTS: HostName[] = ['fastify', 'express 4', 'express 5']
const hex = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as Uint8Array).toString('hex')

/** What a reader method gives, as JSON holds it; of errors the kind. */
async function read (request: Request, how: string): Promise<unknown> {
  try {
    switch (how) {
      case 'text': return await request.text()
      case 'json': return { json: await request.json() }
      case 'arrayBuffer': return hex(await request.arrayBuffer())
      case 'stream': {
        const chunks: Uint8Array[] = []
        for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk)
        return hex(Buffer.concat(chunks))
      }
      case 'clone': return [await request.clone().text(), hex(await request.arrayBuffer())]
      case 'blob': {
        const blob = await request.blob()
        return [blob.type, hex(await blob.arrayBuffer())]
      }
      default: {
        const entries: unknown[] = []
        for (const [name, value] of await request.formData()) entries.push([name, typeof value === 'string' ? value : [value.name, value.type, hex(await value.arrayBuffer())]])
        return entries
      }
    }
  } catch (error) {
    return { error: (error as Error).name }
  }
}
bus.read = read

const dir = appDir(t, {
  '/read/[how]': 'export const POST = async (request: Request, { params }: any) => Response.json([await bus.read(request, (await params).how)])\nexport const DELETE = POST',
  '/show/[[...path]]': `import type { NextRequest } from 'next/server'
    import { cookies, headers } from 'next/headers'
    const list = (url: any) => ['href', 'origin', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'].map((key) => url[key])
    export const GET = async (request: NextRequest, { params }: any) => Response.json({
      url: request.url,
      nextUrl: list(request.nextUrl),
      query: [...request.nextUrl.searchParams],
      headers: [...request.headers],
      readonly: [...await headers()],
      cookies: request.cookies.getAll(),
      jar: (await cookies()).getAll().map(({ name, value }) => ({ name, value })),
      path: (await params).path ?? []
    })`,
  '/cookies': "import { cookies } from 'next/headers'\nexport const GET = async () => { const jar = await cookies(); for (const [name, value, options] of bus.jar) jar.set(name, value, options); return new Response() }"
})

const same = (found: unknown, expected: unknown): boolean => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`here:   ${a}\nnative: ${b}`)
  return true
}

const parse = ({ body }: Answer): any => JSON.parse(Buffer.from(body, 'latin1').toString())

const text = fc.string({ unit: 'binary', maxLength: 40 }) // whole characters, of any plane
const visible = fc.stringMatching(/^[!-~]{1,8}$/)
/** Bytes and the content type that they come with, matching or not. */
const typed: fc.Arbitrary<{ bytes: Uint8Array, type: string | undefined }> = fc.oneof(
  fc.record({ bytes: fc.uint8Array({ maxLength: 200 }), type: fc.constantFrom(undefined, 'application/octet-stream', 'text/plain', 'multipart/form-data; boundary=b', 'multipart/form-data', 'application/x-www-form-urlencoded', 'nonsense', '', 'application/json; charset=latin1', 'TEXT/Html;Charset=UTF-16') }),
  // One byte order mark at most: native requests of Node.js 20 drop two.
  fc.record({ bytes: fc.tuple(fc.constantFrom('', '\ufeff'), text.filter((value) => !value.startsWith('\ufeff'))).map((parts) => Buffer.from(parts.join(''))), type: fc.constantFrom('text/plain', 'text/plain; charset=utf-16le', undefined) }),
  fc.record({ bytes: fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))), type: fc.constantFrom('application/json', 'application/vnd.x+json', 'text/plain') }),
  fc.record({ bytes: fc.array(fc.tuple(text, text)).map((pairs) => Buffer.from(new URLSearchParams(pairs.map(([a, b]): [string, string] => [a, b])).toString())), type: fc.constantFrom('application/x-www-form-urlencoded', 'application/x-www-form-urlencoded;charset=UTF-8') }),
  fc.record({ bytes: text.map((value) => Buffer.from(value)), type: fc.constant('application/x-www-form-urlencoded') }),
  fc.array(fc.tuple(visible, fc.oneof(text, fc.record({ bytes: fc.uint8Array({ maxLength: 30 }), name: visible, type: fc.constantFrom('', 'image/png', 'text/plain') })), fc.boolean()), { minLength: 1, maxLength: 4 }).map((fields) => {
    const parts = fields.map(([name, value]) => {
      const quoted = name.replaceAll('"', '%22')
      if (typeof value === 'string') return Buffer.from(`--B\r\nContent-Disposition: form-data; name="${quoted}"\r\n\r\n${value.replaceAll('--B', '')}\r\n`)
      return Buffer.concat([Buffer.from(`--B\r\nContent-Disposition: form-data; name="${quoted}"; filename="${value.name.replaceAll('"', '%22')}"\r\n${value.type === '' ? '' : `Content-Type: ${value.type}\r\n`}\r\n`), value.bytes, Buffer.from('\r\n')])
    })
    return { bytes: Buffer.concat([...parts, Buffer.from('--B--\r\n')]), type: 'multipart/form-data; boundary=B' }
  })
)
const body = fc.record({ typed, how: fc.constantFrom('text', 'json', 'arrayBuffer', 'blob', 'formData', 'stream', 'clone'), method: fc.constantFrom('POST', 'DELETE'), chunked: fc.boolean(), cuts: fc.array(fc.nat(200), { maxLength: 5 }) })

/** Cuts bytes at the given places; no piece is empty. */
function pieces (bytes: Uint8Array, cuts: number[]): string[] {
  const at = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, index) => Buffer.from(bytes.slice(at[index], end)).toString('latin1'))
}

t.test('bodies of any bytes, pieces and type are read as a native request reads them', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const wire = await Wire.open(host.url)
    t.teardown(() => { wire.destroy() })
    await fc.assert(fc.asyncProperty(body, async ({ typed: { bytes, type }, how, method, chunked, cuts }) => {
      const headers = type === undefined ? [] : [`content-type: ${type}`]
      wire.send(head(`${method} /read/${how} HTTP/1.1`, ...headers, chunked ? 'transfer-encoding: chunked' : `content-length: ${bytes.length}`))
      for (const piece of pieces(bytes, cuts)) {
        await tick()
        wire.send(chunked ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece)
      }
      if (chunked) wire.send('0\r\n\r\n')
      const native = new Request('http://a.test', { method, headers: type === undefined ? {} : { 'content-type': type }, body: new Blob([new Uint8Array(bytes)]).stream(), duplex: 'half' } as RequestInit)
      return same(parse(await wire.next()), [await read(native, how)])
    }), { seed: 1, numRuns: 400 })
    t.same(host.errors, [])
  }, HOSTS)
})

const pathPart = fc.oneof(fc.constantFrom('a', '%2F', '%C3%BC', '%25', '+', 'a b'.replace(' ', '%20'), ';', '@', ':', "'", '~', '%5B', '|', '^', '[', '&=', '!$(),*', '...', '%3F', '%23'), text.filter((value) => value !== '').map((value) => encodeURIComponent(value)))
  // These are resolved before any route is looked for.
  .filter((part) => !/^(?:\.|%2e){1,2}$/i.test(part) && !/%5c/i.test(part))
const query = fc.oneof(fc.constant(''), fc.stringMatching(/^\?[!-"$-~]{0,20}$/), fc.array(fc.tuple(text, text), { maxLength: 4 }).map((pairs) => '?' + new URLSearchParams(pairs.map(([a, b]): [string, string] => [a, b])).toString()))
const own = new Set(['host', 'connection', 'cookie'])
const headerList = fc.array(fc.tuple(fc.stringMatching(/^x-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,8}$/), fc.stringMatching(/^(?:[!-~\xa1-\xff](?:[\t -~\xa0-\xff]{0,10}[!-~\xa1-\xff])?)?$/)), { maxLength: 5 })
  .map((list) => list.filter(([name]) => !/^x-(?:forwarded|real)/i.test(name)))
const cookieHeader = fc.oneof(fc.constant(undefined), fc.array(fc.oneof(fc.tuple(visible, text).map(([name, value]) => `${name.replace(/[;=]/g, '')}=${encodeURIComponent(value)}`), fc.stringMatching(/^[!-~]{0,8}$/), fc.constantFrom('a=1', 'a=2', '=x', 'q="1"', 'b=%zz')), { maxLength: 5 }).map((parts) => parts.join('; ').trim()))

t.test('any path, query, header list and cookies are parsed as the native classes parse them', async (t) => {
  onEveryHost(t, { dir }, async (t, host) => {
    const wire = await Wire.open(host.url)
    t.teardown(() => { wire.destroy() })
    await fc.assert(fc.asyncProperty(fc.array(pathPart, { maxLength: 4 }), query, headerList, cookieHeader, async (parts, search, list, cookie) => {
      const target = '/' + ['show', ...parts].join('/') + search
      wire.send(head(`GET ${target} HTTP/1.1`, ...list.map(([name, value]) => `${name}: ${value}`), ...cookie === undefined ? [] : [`cookie: ${cookie}`]))
      const found = parse(await wire.next())
      const native = new URL(target, 'http://a.test')
      const headers = new Headers(list)
      const request = new NextRequest(native.href, { headers: cookie === undefined ? {} : { cookie } })
      const cookies = request.cookies.getAll()
      const mine = (entries: Array<[string, string]>): unknown => entries.filter(([name]) => !own.has(name) && !name.startsWith('x-forwarded'))
      same([found.url, found.query, found.path], [native.href, [...native.searchParams], parts.map(decodeURIComponent)])
      // NextURL writes its own href, without an empty query.
      same(found.nextUrl, [native.origin + native.pathname + native.search, ...['origin', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'].map((key) => native[key as 'origin'])])
      same([mine(found.headers), mine(found.readonly)], [[...headers], [...headers]])
      return same([found.cookies, found.jar], [cookies, cookies])
    }), { seed: 2, numRuns: 400 })
    t.same(host.errors, [])
  }, HOSTS)
})

t.test('any jar goes out by Set-Cookie and comes back by Cookie', async (t) => {
  const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/)
  const options = fc.record({ path: fc.constantFrom('/', '/show'), httpOnly: fc.boolean(), secure: fc.boolean(), sameSite: fc.constantFrom('lax' as const, 'strict' as const, true as const), maxAge: fc.nat(1000) }, { requiredKeys: [] })
  const jar = fc.uniqueArray(fc.tuple(name, text.map((value) => value), options), { maxLength: 6, selector: ([key]) => key })
  onEveryHost(t, { dir }, async (t, host) => {
    const wire = await Wire.open(host.url)
    t.teardown(() => { wire.destroy() })
    await fc.assert(fc.asyncProperty(jar, async (set) => {
      bus.jar = set
      wire.send(head('GET /cookies HTTP/1.1'))
      const lines = (await wire.next()).headers.filter(([key]) => key === 'set-cookie').map(([, value]) => value)
      same(lines.length, set.length)
      const pairs = lines.map((line) => line.split(';', 1)[0]!)
      wire.send(head('GET /show HTTP/1.1', ...pairs.length === 0 ? [] : [`cookie: ${pairs.join('; ')}`]))
      const found = parse(await wire.next())
      const expected = set.map(([key, value]) => ({ name: key, value }))
      return same([found.cookies, found.jar], [expected, expected])
    }), { seed: 3, numRuns: 300 })
  }, HOSTS)
})

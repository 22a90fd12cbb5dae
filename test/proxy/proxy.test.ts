/** What a proxy.ts may do with a request, on every host. */
import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { HOSTS, onEveryHost, start, type HostName, type RunningHost, type StartOptions } from '../hosts.ts'

/** What proxies tell tests, and wait for. */
const bus: EventEmitter & Record<string, any> = new EventEmitter() as never
;(globalThis as any).proxyBus = bus

const ECHO = `
import { cookies, headers } from 'next/headers'
async function echo (request, { params }) {
  const list = await headers()
  return Response.json({
    url: request.url.replace(/^https?:\\/\\/[^/]+/, ''), path: request.nextUrl.pathname, query: [...request.nextUrl.searchParams], params: await params, method: request.method,
    headers: Object.fromEntries(list), cookies: (await cookies()).getAll().map(({ name, value }) => name + '=' + value),
    body: request.body === null ? null : await request.text()
  }, { headers: { 'x-both': 'handler', 'set-cookie': 'handler=1', vary: 'x-handler', 'cache-control': 'no-store' } })
}
export { echo as GET, echo as POST, echo as PUT }
`

interface Project { dir: string }

/** A project with an echoing catch-all, and a proxy beside its app directory. */
function project (t: any, proxy: string, files: Record<string, any> = {}): Project {
  const root = t.testdir({ 'proxy.js': proxy, app: { '[...rest]': { 'route.js': ECHO }, static: { 'route.js': 'export const GET = () => new Response("static")' }, ...files } })
  return { dir: path.join(root, 'app') }
}

const SOCKETS = HOSTS.filter((name) => name !== 'fastify inject')

/** Another server, and what it got. */
async function listenWith (t: any, listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function textOf (req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

t.test('headers', async (t) => {
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export function proxy (request) {
    const { pathname } = request.nextUrl
    if (pathname === '/answer') {
      const response = NextResponse.next({ headers: { 'x-answer': '1', 'x-both': 'proxy', vary: 'x-proxy', 'cache-control': 'max-age=5' } })
      response.headers.append('set-cookie', 'raw=1')
      response.cookies.set('own', 'a b')
      return response
    }
    if (pathname === '/request') {
      const headers = new Headers(request.headers)
      headers.set('x-added', 'by proxy')
      headers.set('x-replaced', 'new')
      headers.delete('x-removed')
      return NextResponse.next({ request: { headers } })
    }
    if (pathname === '/cookie') {
      request.cookies.set('added', 'yes')
      request.cookies.delete('gone')
      return NextResponse.next({ request })
    }
    if (pathname === '/none') return NextResponse.next({ request: { headers: new Headers() } })
    if (pathname === '/mutated') request.headers.set('x-lost', '1')
  }`)
  onEveryHost(t, options, async (t, host) => {
    const answer = await host.send({ path: '/answer', headers: { cookie: 'client=1' } })
    t.equal(answer.headers['x-answer'], '1')
    t.equal(answer.headers['x-both'], 'proxy', "the proxy's value wins")
    t.equal(answer.headers['cache-control'], 'max-age=5')
    t.equal(answer.headers.vary, 'x-proxy, x-handler')
    t.strictSame(answer.headers['set-cookie'], ['raw=1', 'own=a%20b; Path=/', 'handler=1'])
    t.strictSame(answer.json().cookies, ['client=1'], "the handler's cookies() are the client's own")
    t.match(answer.json().headers, { 'x-answer': '1', 'x-middleware-set-cookie': 'raw=1,own=a%20b; Path=/' }, 'as in Next.js, the handler sees what was set for the answer')
    t.notOk(Object.keys(answer.headers).some((name) => name.startsWith('x-middleware')), 'nothing of the protocol gets out')

    const request = (await host.send({ path: '/request', headers: { 'x-replaced': 'old', 'x-removed': 'bye', 'x-kept': 'k' } })).json().headers
    t.match(request, { 'x-added': 'by proxy', 'x-replaced': 'new', 'x-kept': 'k' })
    t.notHas(request, { 'x-removed': /./ })

    t.match((await host.send({ path: '/none', headers: { 'x-kept': 'k' } })).json().headers, { 'x-kept': 'k' }, 'as in Next.js, no headers at all change nothing')
    t.strictSame((await host.send({ path: '/cookie', headers: { cookie: 'a=1; gone=2' } })).json().cookies, ['a=1', 'added=yes'])
    t.notHas((await host.send('/mutated')).json().headers, { 'x-lost': '1' }, 'what is only set on the request of the proxy stays there')
    t.notHas((await host.send({ path: '/x', headers: { 'x-middleware-set-cookie': 'forged=1' } })).json().headers, { 'x-middleware-set-cookie': /./ }, 'nobody but a proxy tells of its cookies')
  })
})

t.test('rewrites to other routes of the directory', async (t) => {
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export default function (request) {
    const { pathname } = request.nextUrl
    if (pathname === '/self') return NextResponse.rewrite(request.nextUrl)
    if (pathname === '/to/static') return NextResponse.rewrite(new URL('/static', request.url))
    if (pathname === '/nowhere') return NextResponse.rewrite(new URL('/static/not/there', request.url))
    if (pathname === '/odd') return NextResponse.rewrite(new URL('/a//b/./c/../d', request.url))
    if (pathname === '/relative') return new Response(null, { headers: { 'x-middleware-rewrite': '/static' } })
    if (!pathname.startsWith('/from/')) return
    const headers = new Headers(request.headers)
    headers.set('x-added', 'on the way')
    return NextResponse.rewrite(new URL('/to' + pathname.slice(5) + '?own=1', request.url), { headers: { 'x-rewritten': 'yes' }, request: { headers } })
  }`, { only: { here: { 'route.js': ECHO } } })
  onEveryHost(t, options, async (t, host) => {
    const { headers, json } = await host.send('/from/a%20b/c?q=1')
    t.match(json(), { url: '/from/a%20b/c?q=1', path: '/from/a%20b/c', query: [['q', '1']], params: { rest: ['to', 'a b', 'c'] }, headers: { 'x-added': 'on the way' } }, 'the handler sees what was asked for, and the parameters of the target')
    t.match(headers, { 'x-rewritten': 'yes', 'x-middleware-rewrite': '/to/a%20b/c?own=1' })
    t.match((await host.send({ method: 'POST', path: '/from/x', body: 'payload' })).json(), { method: 'POST', body: 'payload' })
    t.equal((await host.send('/to/static')).text, 'static', 'from a dynamic route to a static one')
    t.match((await host.send('/self?a=1')).json(), { params: { rest: ['self'] }, query: [['a', '1']] })
    t.match((await host.send('/odd')).json(), { path: '/odd', params: { rest: ['a', 'b', 'd'] } }, 'the target is read as the router reads it')
    t.match(await host.send({ method: 'DELETE', path: '/from/x' }), { status: 405, headers: { 'x-rewritten': 'yes', allow: /GET/ } }, "the target's verbs count")
    t.equal((await host.send('/relative')).status, 500, 'as in Next.js, a relative target is an error')
  })
})

t.test('rewrites from paths that have no route file', async (t) => {
  const root = t.testdir({
    'proxy.js': `
    import { NextResponse } from 'next/server'
    export const proxy = (request) => NextResponse.rewrite(new URL(request.nextUrl.pathname.replace(/^\\/en/, ''), request.url))
    export const config = { matcher: '/en/:path*' }`,
    app: { hello: { 'route.js': 'export const GET = (request) => new Response("hello from " + request.nextUrl.pathname)' } }
  })
  // Without proxyScope, Express leaves such paths to what stands behind.
  onEveryHost(t, { dir: path.join(root, 'app'), proxyScope: 'host' }, async (t, host) => {
    t.equal((await host.send('/en/hello')).text, 'hello from /en/hello')
    t.equal((await host.send('/en/nothing')).status, 404)
    t.match(await host.send('/en/hello/'), { status: 308, headers: { location: '/en/hello' } }, 'a slash at the end is redirected first')
  })
  for (const name of ['fastify', 'fastify inject', 'fastify http2'] as const) {
    const host = await start(name, { dir: path.join(root, 'app') })
    t.equal((await host.send('/en/hello')).text, 'hello from /en/hello', `${name}: nothing of the server matches such a path, so it is ours`)
    await host.close()
  }
})

t.test('answers and redirects', async (t) => {
  const options = project(t, `
  import { NextResponse, userAgent } from 'next/server'
  export async function proxy (request, event) {
    switch (request.nextUrl.pathname) {
      case '/text': return new Response('no', { status: 401, headers: { 'www-authenticate': 'Basic' } })
      case '/json': return NextResponse.json({ q: request.nextUrl.searchParams.get('q'), bot: userAgent(request).isBot, page: event.sourcePage }, { status: 418 })
      case '/bytes': return new Response(new Uint8Array([1, 2, 255]))
      case '/stream': return new Response(new ReadableStream({ start (c) { c.enqueue(new TextEncoder().encode('one ')); c.enqueue(new TextEncoder().encode('two')); c.close() } }), { headers: { 'content-type': 'text/plain' } })
      case '/empty': return new Response(null, { status: 204 })
      case '/redirect': return NextResponse.redirect(new URL('/a%20b?x=1#f', request.url))
      case '/slashes': { const url = request.nextUrl.clone(); url.pathname = '//evil.example/x'; return NextResponse.redirect(url) }
      case '/away': return NextResponse.redirect('https://example.com/away', 308)
      case '/cookie': { const response = NextResponse.redirect(new URL('/c', request.url), 303); response.cookies.set('r', '1'); return response }
      case '/created': return new Response('made', { status: 201, headers: { location: '/made/1' } })
      case '/relative': return new Response(null, { status: 307, headers: { location: '/x' } })
    }
  }`)
  onEveryHost(t, options, async (t, host) => {
    t.match(await host.send('/text'), { status: 401, text: 'no', headers: { 'www-authenticate': 'Basic', 'content-type': 'text/plain;charset=UTF-8' } })
    t.strictSame((await host.send({ path: '/json?q=%C3%BC', headers: { 'user-agent': 'Googlebot' } })).json(), { q: 'ü', bot: true, page: '/proxy' })
    t.strictSame([...(await host.send('/bytes')).body], [1, 2, 255])
    t.match(await host.send('/stream'), { status: 200, text: 'one two', headers: { 'content-type': 'text/plain' } })
    t.match(await host.send('/empty'), { status: 204, text: '' })
    t.match(await host.send({ method: 'HEAD', path: '/text' }), { status: 401, text: '' })
    t.match(await host.send('/redirect'), { status: 307, text: '/a%20b?x=1#f', headers: { location: '/a%20b?x=1#f' } }, 'within the origin a location is relative, and the body says it')
    t.match((await host.send('/slashes')).headers.location, /^http:\/\/[^/]+\/\/evil\.example\/x$/, 'a path that begins with two slashes is no host')
    t.match(await host.send('/away'), { status: 308, headers: { location: 'https://example.com/away', refresh: '0;url=https://example.com/away' } })
    t.match(await host.send('/cookie'), { status: 303, headers: { location: '/c', 'set-cookie': /^r=1; Path=\/$/ } })
    t.match(await host.send('/created'), { status: 201, text: 'made', headers: { location: '/made/1' } })
    t.equal((await host.send('/relative')).status, 500, 'as in Next.js, a relative redirect is an error')
  })
})

t.test('what fails never lets a request pass', async (t) => {
  const options = project(t, `
  import { redirect } from 'next/navigation'
  export function proxy (request, event) {
    event.passThroughOnException()
    switch (request.nextUrl.pathname) {
      case '/throws': throw new Error('secret detail')
      case '/rejects': return Promise.reject(new Error('secret detail'))
      case '/odd': throw 'a string'
      case '/string': return 'x'
      case '/object': return Promise.resolve({ status: 200 })
      case '/redirects': redirect('/static')
      case '/used': { const response = new Response('x'); return response.text().then(() => response) }
      case '/error': return Response.error()
      case '/respond': event.respondWith(); return
      case '/request': return void event.request
    }
  }`)
  onEveryHost(t, options, async (t, host) => {
    for (const target of ['/throws', '/rejects', '/odd', '/string', '/object', '/redirects', '/used', '/error', '/respond', '/request']) {
      host.errors.length = 0
      const { status, text } = await host.send(target)
      t.equal(status, 500, target)
      t.notMatch(text, /secret/, 'nothing of the error gets to the client')
      t.equal(host.errors.length, 1, `${target} is told once`)
      if (host.fastify !== undefined) t.match(host.errors[0].msg, /^the proxy failed: GET \/\w+ \(\.\.\/proxy\.js\)$/)
    }
    t.match(JSON.stringify((await host.send('/ok')).json()), /"rest":\["ok"\]/)
  })
  const fastify = await start('fastify', options)
  t.match(await fastify.send('/throws'), { status: 500, text: 'Internal Server Error', headers: { 'content-type': 'text/plain' } }, "Next.js's words")
  await fastify.close()
})

t.test('bodies', async (t) => {
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export async function proxy (request) {
    const { pathname } = request.nextUrl
    if (pathname === '/read') return NextResponse.next({ headers: { 'x-length': String((await request.text()).length) } })
    if (pathname === '/clone') return NextResponse.next({ headers: { 'x-json': JSON.stringify(await request.clone().json()) } })
    if (pathname === '/rewrite') { const text = await request.text(); return NextResponse.rewrite(new URL('/target', request.url), { headers: { 'x-length': String(text.length) } }) }
    if (pathname === '/part') {
      const reader = request.body.getReader()
      const { value } = await reader.read()
      return NextResponse.next({ headers: { 'x-first': String(value.length > 0) } })
    }
    if (pathname === '/touch') return NextResponse.next({ headers: { 'x-body': String(request.body !== null) } })
    if (pathname === '/form') return NextResponse.next({ headers: { 'x-name': (await request.formData()).get('name') } })
    if (pathname === '/answer') return new Response('got ' + (await request.text()).length)
    if (pathname === '/limit') { try { await request.text() } catch (error) { return NextResponse.next({ headers: { 'x-error': error.name } }) } }
    if (pathname === '/too-much') await request.text()
  }`)
  const large = 'x'.repeat(300_000)
  onEveryHost(t, { ...options, bodyLimit: 500_000 }, async (t, host) => {
    const post = (path: string, body: string, headers: Record<string, string> = {}) => host.send({ method: 'POST', path, body, headers })
    for (const body of ['', 'small', large]) {
      t.match((await post('/read', body)).headers, { 'x-length': String(body.length) })
      t.ok((await post('/read', body)).json().body === body, `${body.length} bytes are there for the handler`)
      const rewritten = (await post('/rewrite', body)).json()
      t.ok(rewritten.body === body && rewritten.params.rest[0] === 'target', `${body.length} bytes are there for another route`)
    }
    t.match(await post('/clone', '{"a":1}', { 'content-type': 'application/json' }), { headers: { 'x-json': '{"a":1}' } })
    t.equal((await post('/clone', '{"a":1}')).json().body, '{"a":1}')
    t.equal((await post('/form', 'name=Ada', { 'content-type': 'application/x-www-form-urlencoded' })).json().body, 'name=Ada')
    t.match(await post('/part', large), { headers: { 'x-first': 'true' } })
    t.ok((await post('/part', large)).json().body === large, 'a part that was read is put back')
    t.ok((await post('/touch', large)).json().body === large)
    t.equal((await host.send('/touch')).headers['x-body'], 'false', 'GET has none')
    t.equal((await post('/answer', large)).text, 'got 300000')
    const tooLarge = 'x'.repeat(600_000)
    t.equal((await post('/too-much', tooLarge)).status, 413, 'the limit holds in the proxy')
    t.equal((await post('/limit', tooLarge)).status, 413, 'and in the handler behind it')
  })
})

t.test('an upload that the proxy does not read is not read for it', async (t) => {
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export const proxy = (request) => { request.headers.get('x'); return NextResponse.next() }`, {
    upload: { 'route.js': 'export async function POST (request) { const reader = request.body.getReader(); await reader.read(); globalThis.proxyBus.emit("first"); await globalThis.proxyBus.go; reader.cancel(); return new Response("enough") }' }
  })
  for (const name of ['fastify', 'express 5'] as HostName[]) {
    const host = await start(name, { ...options, bodyLimit: 1e9 })
    let go!: () => void
    bus.go = new Promise<void>((resolve) => { go = resolve })
    const first = once(bus, 'first')
    let sent = 0
    const request = http.request(`${host.url}/upload`, { method: 'POST', agent: false })
    const answered = once(request, 'response')
    const chunk = Buffer.alloc(64 * 1024)
    let blocked = false
    while (!blocked && sent < 64 * 1024 * 1024) {
      blocked = !request.write(chunk)
      sent += chunk.length
      if (blocked) blocked = await Promise.race([once(request, 'drain').then(() => false), first.then(() => true)])
    }
    await first
    t.ok(sent < 64 * 1024 * 1024, `${name}: ${sent} bytes were sent before the handler has read its first chunk`)
    go()
    const [response] = await answered as [IncomingMessage]
    response.resume()
    t.equal(response.statusCode, 200)
    request.destroy()
    await host.close()
  }
})

t.test('functions for requests, waitUntil() and after()', async (t) => {
  const options = project(t, `
  import { cookies, headers, draftMode } from 'next/headers'
  import { NextResponse, after } from 'next/server'
  export async function proxy (request, event) {
    const { pathname } = request.nextUrl
    if (pathname === '/functions') {
      const jar = await cookies()
      jar.set('from-jar', '1')
      return NextResponse.next({ headers: { 'x-agent': (await headers()).get('user-agent'), 'x-client': jar.get('client')?.value ?? '', 'x-draft': String((await draftMode()).isEnabled) } })
    }
    if (pathname === '/jar-alone') (await cookies()).set('from-jar', '1')
    if (pathname === '/late') {
      event.waitUntil(globalThis.proxyBus.late.then(() => { globalThis.proxyBus.emit('done') }))
      after(() => { globalThis.proxyBus.emit('after') })
    }
    if (pathname === '/fails') event.waitUntil(Promise.reject(new Error('too late')))
  }`)
  onEveryHost(t, options, async (t, host) => {
    const { headers } = await host.send({ path: '/functions', headers: { 'user-agent': 'a test', cookie: 'client=7' } })
    t.match(headers, { 'x-agent': 'a test', 'x-client': '7', 'x-draft': 'false', 'set-cookie': ['from-jar=1; Path=/', 'handler=1'] })
    t.strictSame((await host.send('/jar-alone')).headers['set-cookie'], ['from-jar=1; Path=/', 'handler=1'])

    let finish!: () => void
    bus.late = new Promise<void>((resolve) => { finish = resolve })
    const after = once(bus, 'after')
    t.equal((await host.send('/late')).status, 200, 'the answer does not wait')
    await after
    let closed = false
    const closing = host.close().then(() => { closed = true })
    await new Promise((resolve) => { setImmediate(resolve) })
    t.notOk(closed, 'but close() does')
    finish()
    await closing
  })
  for (const name of ['fastify', 'express 5'] as HostName[]) {
    const host = await start(name, options)
    const { error } = console
    const told: unknown[] = []
    console.error = (...args: unknown[]) => { told.push(args) }
    t.teardown(() => { console.error = error })
    t.equal((await host.send('/fails')).status, 200)
    await new Promise((resolve) => { setImmediate(resolve) })
    console.error = error
    t.match(JSON.stringify([host.errors, told.map(String)]), /waitUntil\(\) failed/, `${name}: a promise that fails is told`)
    await host.close()
  }
})

t.test('rewrites to other servers', async (t) => {
  const origin = await listenWith(t, (req, res) => {
    void textOf(req).then((body) => {
      if (req.url!.startsWith('/slow')) {
        res.write('first ')
        bus.once('second', () => { res.end('second') })
        return
      }
      res.setHeader('x-origin', 'yes')
      res.setHeader('set-cookie', 'origin=1')
      res.end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body }))
    })
  })
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export async function proxy (request) {
    const { pathname, search } = request.nextUrl
    const headers = new Headers(request.headers)
    headers.set('x-added', '1')
    headers.delete('x-private')
    if (pathname === '/ext/read') await request.text()
    if (pathname === '/refused') return NextResponse.rewrite('http://127.0.0.1:1/x')
    if (pathname === '/scheme') return NextResponse.rewrite(request.nextUrl.searchParams.get('to').replace('ORIGIN', '${origin}'))
    if (!pathname.startsWith('/ext')) return
    const response = NextResponse.rewrite(new URL(pathname.slice(4) + '?from=proxy', '${origin}'), { request: { headers }, headers: { 'x-proxy': 'yes' } })
    response.cookies.set('proxy', '1')
    return response
  }`)
  onEveryHost(t, options, async (t, host) => {
    const { status, headers, json } = await host.send({ method: 'POST', path: '/ext/a/b?q=1', body: 'payload', headers: { 'x-private': 'p' } })
    t.equal(status, 200)
    t.match(json(), { method: 'POST', url: '/a/b?from=proxy', body: 'payload', headers: { 'x-added': '1', host: origin.slice(7), 'x-forwarded-proto': 'http' } })
    t.notHas(json().headers, { 'x-private': 'p' })
    t.notHas(json().headers, { 'x-middleware-set-cookie': /./ }, "what is the client's business stays here")
    t.match(headers, { 'x-origin': 'yes', 'x-proxy': 'yes' })
    t.strictSame(headers['set-cookie'], ['proxy=1; Path=/', 'origin=1'])
    t.notHas(headers, { 'x-middleware-rewrite': /./ }, 'where a server behind this one is, is nobody\'s business')
    t.equal((await host.send({ method: 'POST', path: '/ext/read', body: 'read before' })).json().body, 'read before')
    t.equal((await host.send('/refused')).status, 502)
    for (const to of ['ftp://example.com/x', 'file:///etc/passwd', 'data:text/plain,hi', 'javascript:alert(1)', 'mailto:a@b', 'ws://127.0.0.1/x', 'about:blank', 'blob:ORIGIN/x']) {
      host.errors.length = 0
      const { status, text } = await host.send(`/scheme?to=${encodeURIComponent(to)}`)
      t.equal(status, 500, to)
      if (host.fastify === undefined) t.match(host.errors[0], { name: 'TypeError', message: `"${to.slice(0, to.indexOf(':') + 1)}"` })
      else {
        t.equal(text, 'Internal Server Error')
        t.match(host.errors, [{ msg: 'the proxy failed: GET /scheme (../proxy.js)', err: { message: `NextResponse.rewrite() of the proxy leads to a URL of "${to.slice(0, to.indexOf(':') + 1)}", where only "http:" and "https:" can be` } }])
      }
    }
  })
  for (const name of SOCKETS.filter((name) => name !== 'fastify http2')) {
    const host = await start(name, options)
    const request = http.get(`${host.url}/ext/slow`, { agent: false })
    const [response] = await once(request, 'response') as [IncomingMessage]
    const pieces: string[] = []
    for await (const chunk of response.setEncoding('utf8')) {
      pieces.push(chunk as string)
      // The rest is not sent before the first piece is here.
      if (pieces.length === 1) bus.emit('second')
    }
    t.strictSame(pieces, ['first ', 'second'], `${name}: pieces come as they are sent`)
    await host.close()
  }
})

t.test('a matcher names the paths that a proxy is for', async (t) => {
  const cases: Array<[matcher: unknown, sees: string[], passes: string[]]> = [
    [undefined, ['/', '/a', '/static'], []],
    ['/about', ['/about', '/about.json'], ['/about/team', '/About', '/x/about', '/aboutx']],
    ['/about/:path', ['/about/a', '/about/a%2Fb'], ['/about', '/about/a/c']],
    ['/about/:path*', ['/about', '/about/a/b'], ['/aboutx']],
    ['/about/:path+', ['/about/a/b'], ['/about']],
    ['/about/:a/:b?', ['/about/1', '/about/1/2'], ['/about', '/about/1/2/3']],
    ['/about/(.*)', ['/about/a/b'], ['/about']],
    ['/n/(\\d{2,3})', ['/n/12', '/n/123'], ['/n/1', '/n/1234', '/n/ab']],
    ['/((?!api|_next/static|favicon.ico).*)', ['/a', '/x/api'], ['/api', '/api/x', '/favicon.ico']],
    [['/a', '/b/:x'], ['/a', '/b/1'], ['/b', '/c']],
    ['/', ['/'], ['/a']],
    ['/über/:x', ['/%C3%BCber/1', '/%c3%bcber/a%2Fb'], ['/uber/1']],
    [{ source: '/h', has: [{ type: 'header', key: 'X-Guard' }] }, ['/h'], []],
    [[{ source: '/q', has: [{ type: 'query', key: 'level', value: '([5-9])' }], missing: [{ type: 'cookie', key: 'skip' }] }], ['/q?level=7'], ['/q?level=3', '/q?level=55', '/q', '/q?level=']],
    [[{ source: '/host', has: [{ type: 'host', value: '(?<sub>.*)\\.example' }] }], [], ['/host']],
    [[{ source: '/l', locale: false }], ['/l'], ['/m']]
  ]
  for (const [index, [matcher, sees, passes]] of cases.entries()) {
    // A name of its own for the folder: modules are loaded once.
    await t.test(`${index}: ${JSON.stringify(matcher) ?? 'none'}`, async (t) => {
      const options = project(t, `export default () => new Response('seen')\nexport const config = ${JSON.stringify({ matcher })}`, { 'route.js': ECHO })
      for (const name of ['fastify inject', 'express 5'] as HostName[]) {
        const host = await start(name, options)
        for (const target of sees) t.equal((await host.send({ path: target, headers: { 'x-guard': '1' } })).text, 'seen', `${name} ${target}`)
        for (const target of passes) t.not((await host.send({ path: target, headers: { cookie: 'a=1' } })).text, 'seen', `${name} ${target}`)
        await host.close()
      }
    })
  }
  const options = project(t, "export const proxy = () => new Response('seen')\nexport const config = { matcher: [{ source: '/x', has: [{ type: 'host', value: '(?<sub>.*)\\\\.example' }], missing: [{ type: 'cookie', key: 'skip', value: 'yes' }] }] }")
  onEveryHost(t, options, async (t, host) => {
    const at = (headers: Record<string, string>) => host.send({ path: '/x', headers: host.name === 'fastify http2' ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name === 'host' ? ':authority' : name, value])) : headers })
    t.equal((await at({ host: 'shop.example:8080' })).text, 'seen')
    t.not((await at({ host: 'shop.test' })).text, 'seen')
    t.not((await at({ host: 'shop.example', cookie: 'skip=no; skip=yes' })).text, 'seen', 'of two cookies the last one counts, as for request.cookies')
    t.equal((await at({ host: 'shop.example', cookie: 'skip=yes; skip=no' })).text, 'seen')
  })
})

t.test('a proxy of an earlier major', async (t) => {
  const root = t.testdir({
    src: {
      'middleware.ts': `
      import { NextResponse } from 'next/server'
      import type { NextRequest, NextFetchEvent } from 'next/server'
      export function middleware (request: NextRequest, event: NextFetchEvent) {
        return NextResponse.json({ ip: request.ip, geo: request.geo, page: event.sourcePage })
      }
      export const config = { matcher: '/seen', runtime: 'experimental-edge' }`,
      app: { seen: { 'route.js': ECHO } }
    }
  })
  for (const compat of [13, 14, 15] as const) {
    const host = await start('fastify', { dir: path.join(root, 'src/app'), compat })
    t.match((await host.send('/seen')).json(), { page: '/middleware', ...(compat < 15 ? { ip: /127\.0\.0\.1|::1/, geo: {} } : {}) })
    await host.close()
  }
})

t.test('a client that leaves while the proxy thinks', async (t) => {
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export async function proxy (request) {
    if (request.nextUrl.pathname !== '/slow') return
    globalThis.proxyBus.emit('begun', request.signal)
    await new Promise((resolve) => { request.signal.addEventListener('abort', resolve) })
    globalThis.proxyBus.emit('aborted')
    return NextResponse.next()
  }`)
  for (const name of ['fastify', 'express 4', 'node:http'] as HostName[]) {
    const host: RunningHost = await start(name, options)
    const request = http.get(`${host.url}/slow`, { agent: false })
    request.on('error', () => {})
    await once(bus, 'begun')
    const aborted = once(bus, 'aborted')
    request.destroy()
    await aborted
    t.equal((await host.send('/ok')).status, 200, `${name} goes on`)
    t.strictSame(host.errors, [])
    await host.close()
  }
})

t.test('where a proxy is looked for', async (t) => {
  const says = (text: string): string => `export default () => new Response(${JSON.stringify(text)})`
  const app = { x: { 'route.js': ECHO } }
  const layouts: Array<[files: Record<string, any>, dir: string, answer: string | undefined, options?: Record<string, unknown>, warning?: RegExp]> = [
    [{ 'proxy.js': says('beside'), app }, 'app', 'beside'],
    [{ 'proxy.ts': 'export const proxy = (): Response => new Response("typed")', app }, 'app', 'typed'],
    [{ 'middleware.mjs': says('middleware'), app }, 'app', 'middleware'],
    [{ 'middleware.cjs': 'module.exports = () => new Response("cjs")', app }, 'app', 'cjs'],
    [{ src: { 'proxy.js': says('in src'), app } }, 'src/app', 'in src'],
    [{ 'proxy.js': says('above src'), src: { app } }, 'src/app', 'above src'],
    [{ 'proxy.js': says('above src'), src: { 'proxy.js': says('in src'), app } }, 'src/app', 'in src', {}, /^\.\.\/\.\.\/proxy\.js is not run: \.\.\/proxy\.js is the proxy of this directory/],
    [{ 'proxy.js': says('above lib'), lib: { app } }, 'lib/app', undefined],
    [{ app: { ...app, 'proxy.js': says('inside') } }, 'app', undefined, {}, /^proxy\.js is not run: the proxy of a directory is beside it/],
    [{ 'proxy.js': says('beside'), app }, 'app', undefined, { proxy: false }],
    [{ 'proxy.js': says('beside'), 'guard.js': says('named'), app }, 'app', 'named', { proxy: 'guard.js' }],
    [{ 'guard.js': 'export const middleware = () => new Response("named export")', app }, 'app', 'named export', { proxy: 'guard.js' }],
    [{ 'proxy.js': says('proxy'), 'middleware.js': says('middleware'), app }, 'app', 'middleware', { compat: 15 }, /^\.\.\/proxy\.js is not run/],
    [{ 'proxy.test.js': says('a test'), 'proxies.js': says('others'), app }, 'app', undefined]
  ]
  for (const [index, [files, dir, answer, options = {}, warning]] of layouts.entries()) {
    await t.test(`${index}: ${Object.keys(files).join(', ')}`, async (t) => {
      const root = t.testdir(files)
      const lines: any[] = []
      const proxy = typeof options.proxy === 'string' ? pathToFileURL(path.join(root, options.proxy)) : options.proxy as false | undefined
      const host = await start('fastify inject', { dir: path.join(root, dir), ...options, proxy, fastifyOptions: { logger: { level: 'warn', stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } } } })
      const { text, json } = await host.send('/x')
      if (answer === undefined) t.equal(json().path, '/x')
      else t.equal(text, answer)
      t.equal(lines.length, warning === undefined ? 0 : 1)
      if (warning !== undefined) t.match(lines[0].msg, warning)
      await host.close()
    })
  }
})

t.test('which requests the proxy sees', async (t) => {
  const options = project(t, 'export const proxy = (request) => request.nextUrl.pathname.endsWith("/open") ? undefined : new Response("proxy", { headers: { "x-saw": request.nextUrl.pathname } })')
  const app = path.join(t.testdir({ app: { x: { 'route.js': ECHO } }, 'proxy.js': 'export const proxy = (request) => request.nextUrl.pathname.endsWith("/open") ? undefined : new Response("proxy", { headers: { "x-saw": request.nextUrl.pathname } })' }), 'app')
  const own: Partial<StartOptions> = {
    fastify (server) {
      server.get('/host/:id', () => 'host')
      void server.register((child, _options, done) => { child.get('/child/:id', () => 'host'); done() })
    },
    expressAfter (app) { app.get(['/host/:id', '/child/:id'], (_req, res) => { res.send('host') }) }
  }
  const HOSTS_WITH_ROUTES: HostName[] = HOSTS.filter((name) => name !== 'node:http')
  onEveryHost(t, { dir: app, ...own }, async (t, host) => {
    t.equal((await host.send('/x')).text, 'proxy')
    t.equal((await host.send('/host/1')).text, 'host', "the host's own routes are not touched")
    t.equal((await host.send('/child/1')).text, 'host')
    // In Fastify nothing else is for such a path; in Express nobody can know.
    t.match(await host.send('/nobody'), host.fastify === undefined ? { status: 404 } : { text: 'proxy' })
  }, HOSTS_WITH_ROUTES)
  onEveryHost(t, { dir: app, proxyScope: 'host', ...own }, async (t, host) => {
    for (const target of ['/x', '/host/1', '/child/1', '/nobody']) t.match(await host.send(target), { text: 'proxy', headers: { 'x-saw': target } })
    t.equal((await host.send('/host/open')).text, 'host')
    t.equal((await host.send('/nobody/open')).status, 404)
  }, HOSTS_WITH_ROUTES)
  onEveryHost(t, { ...options, prefix: '/api', ...own }, async (t, host) => {
    t.match(await host.send('/api/x'), { text: 'proxy', headers: { 'x-saw': '/api/x' } }, 'it sees the whole path')
    t.equal((await host.send('/host/1')).text, 'host')
    t.equal((await host.send('/elsewhere')).status, 404, 'and nothing beside the prefix')
  }, HOSTS_WITH_ROUTES)
})

t.test('in Fastify: hooks, and what other plugins rely on', async (t) => {
  const log: string[] = []
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export function proxy (request) {
    globalThis.proxyBus.emit('ran', 'proxy ' + request.nextUrl.pathname)
    if (request.nextUrl.pathname === '/guarded/from') return NextResponse.rewrite(new URL('/guarded', request.url), { headers: { 'x-proxy': 'yes' } })
    if (request.nextUrl.pathname === '/answer') return new Response('proxy')
  }`, { guarded: { 'route.js': ECHO, 'fastify.js': 'export default async (fastify) => { fastify.addHook("onRequest", async (request) => { globalThis.proxyBus.emit("ran", "folder " + request.url) }) }' } })
  const run = (line: string): void => { log.push(line) }
  bus.on('ran', run)
  t.teardown(() => { bus.off('ran', run) })
  for (const name of ['fastify', 'fastify inject', 'fastify http2'] as const) {
    const host = await start(name, {
      ...options,
      fastify (server) {
        server.addHook('onRequest', async (request) => { run(`server ${request.url}`) })
        server.addHook('onSend', async (request, reply) => { void reply.header('x-sent', request.url) })
        server.addHook('onResponse', async (request) => { run(`response ${request.url}`) })
      }
    })
    log.length = 0
    t.match((await host.send('/guarded')).headers, { 'x-sent': '/guarded' })
    t.strictSame(log.slice(0, 3), ['server /guarded', 'proxy /guarded', 'folder /guarded'], `${name}: behind the hooks of the server, in front of those of folders`)
    log.length = 0
    t.match(await host.send('/answer'), { text: 'proxy', headers: { 'x-sent': '/answer' } }, 'onSend sees its answers')
    log.length = 0
    t.match((await host.send('/guarded/from')).headers, { 'x-sent': '/guarded', 'x-proxy': 'yes' })
    t.strictSame(log.filter((line) => !line.startsWith('response')), ['server /guarded/from', 'proxy /guarded/from', 'server /guarded', 'folder /guarded'], 'a rewrite passes the hooks of what it leads to')
    t.match(host.fastify!.printRoutes(), /guarded/)
    t.notOk(host.fastify!.printRoutes().includes('from'), 'it is no route')
    await host.close()
  }
})

t.test('old handlers see the headers that a proxy has set for the request', async (t) => {
  const options = project(t, `
  import { NextResponse } from 'next/server'
  export function proxy (request) {
    const headers = new Headers(request.headers)
    headers.set('x-user', 'ada')
    headers.delete('x-secret')
    return NextResponse.next({ request: { headers } })
  }`, {
    legacy: {
      'route.js': `
  import { fromNodeHandler } from 'fastify-app-routes/legacy'
  export const GET = fromNodeHandler((req, res) => { res.end(JSON.stringify([req.headers['x-user'], req.headers['x-secret'] ?? null])) })`
    }
  })
  onEveryHost(t, { ...options, fallback: (req: IncomingMessage, res: http.ServerResponse) => { res.end(JSON.stringify([req.headers['x-user'], req.headers['x-secret'] ?? null])) } }, async (t, host) => {
    for (const target of ['/legacy', '/']) t.strictSame((await host.send({ path: target, headers: { 'x-secret': '1' } })).json(), ['ada', null], target)
  })
})

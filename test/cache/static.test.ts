/** Routes that answer once for all who ask, on every host. */
import Fastify from 'fastify'
import express from 'express'
import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { HOSTS, sendHttp1 } from '../hosts.ts'
import { until } from './redis-server.ts'
import { handle, route, seen, serve, state } from './serve.ts'

const COUNT = 'let made = 0\n'

for (const name of HOSTS) {
  t.test(name, async (t) => {
    t.test('is run once, and knows nothing of who asks', async (t) => {
      const host = await serve(t, name, {
        fixed: route(`${COUNT}import { cookies, headers } from 'next/headers'
          export const dynamic = 'force-static'
          export const GET = async (request) => Response.json({
            made: ++made, method: request.method, search: request.nextUrl.search, path: request.nextUrl.pathname, host: request.nextUrl.host.includes('evil'),
            own: [...request.headers].length, headers: [...await headers()].length, cookies: (await cookies()).getAll().length, jar: request.cookies.getAll().length
          }, { status: 203, headers: { 'x-own': 'a', vary: 'x' } })`)
      })
      const first = await host.send({ path: '/fixed?a=1', headers: { cookie: 'a=1', host: 'evil.example', 'x-forwarded-host': 'evil.example' } })
      t.match(first.json(), { made: 1, method: 'GET', search: '', path: '/fixed', host: false, own: 0, headers: 0, cookies: 0, jar: 0 })
      t.equal(state(first), 'MISS')
      for (const path of ['/fixed', '/fixed?b=2']) {
        const next = await host.send({ path, headers: { 'x-a': 'b' } })
        t.match(next, { status: 203, text: first.text, headers: { 'x-nextjs-cache': 'HIT', 'x-own': 'a', vary: 'x', 'content-type': 'application/json', 'cache-control': 's-maxage=31536000' } })
      }
      const head = await host.send({ path: '/fixed', method: 'HEAD' })
      t.match(head, { status: 203, text: '', headers: { 'x-nextjs-cache': 'HIT', 'x-own': 'a' } })
      t.equal((await host.send({ path: '/fixed', method: 'POST' })).status, 405)
    })

    t.test('bodies of all kinds, errors and redirects are kept as they are', async (t) => {
      const host = await serve(t, name, {
        bytes: route('export const dynamic = "force-static"\nexport const GET = () => new Response(Uint8Array.from({ length: 256 }, (_, index) => index))'),
        stream: route('export const dynamic = "force-static"\nexport const GET = () => new Response(ReadableStream.from(["a", "ü", "c"]).pipeThrough(new TextEncoderStream()))'),
        empty: route('export const dynamic = "force-static"\nexport const GET = () => new Response(null, { status: 204 })'),
        gone: route('import { notFound } from "next/navigation"\nexport const dynamic = "force-static"\nexport const GET = () => notFound()'),
        moved: route('import { redirect } from "next/navigation"\nexport const dynamic = "force-static"\nexport const GET = () => redirect("/bytes")')
      })
      for (const path of ['/bytes', '/stream', '/empty', '/gone', '/moved']) {
        const [first, second] = [await host.send(path), await host.send(path)]
        t.equal(state(second), 'HIT', path)
        t.same([second.status, second.body, second.headers.location, second.headers['content-type']], [first.status, first.body, first.headers.location, first.headers['content-type']], path)
      }
      t.same((await host.send('/bytes')).body, Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index)))
      t.equal((await host.send('/stream')).text, 'aüc')
      t.match(await host.send('/moved'), { status: 307, headers: { location: '/bytes' } })
    })

    t.test('many at once: one makes it, the others wait for that; later all get the stale one', async (t) => {
      const host = await serve(t, name, { timed: route(`${COUNT}export const revalidate = 1\nexport const GET = async () => { await new Promise((r) => setTimeout(r, 300)); return new Response(String(++made)) }`) })
      const all = async (): Promise<string[]> => (await Promise.all(Array.from({ length: 20 }, () => host.send('/timed')))).map(seen)
      t.same([...new Set(await all())], ['MISS 1'])
      await sleep(850)
      t.same([...new Set(await all())], ['STALE 1'])
      await until(async () => seen(await host.send('/timed')) === 'HIT 2')
    })

    t.test('whoever asks after something was invalidated does not get what was begun before', async (t) => {
      const host = await serve(t, name, { slow: route(`${COUNT}export const dynamic = 'force-static'\nexport const GET = async () => { const own = ++made; await new Promise((r) => setTimeout(r, 100)); return new Response(String(own)) }`) })
      const first = host.send('/slow')
      await until(() => handle(host).counts.miss === 1)
      await handle(host).revalidatePath('/slow')
      t.equal(seen(await host.send('/slow')), 'MISS 2')
      t.equal(seen(await first), 'MISS 1')
      t.equal(seen(await host.send('/slow')), 'HIT 2')
    })

    t.test('what fails is made for the next who asks; what cannot be made anew stays', async (t) => {
      const host = await serve(t, name, {
        first: route(`${COUNT}export const revalidate = 60\nexport const GET = () => { if (++made < 3) throw new Error('not yet'); return new Response(String(made)) }`),
        later: route(`${COUNT}export const revalidate = 1\nexport const GET = () => { if (++made === 2) throw new Error('not now'); return new Response(String(made)) }`)
      })
      for (const status of [500, 500, 200, 200]) t.equal((await host.send('/first')).status, status)
      t.equal(host.errors.length, 2)
      t.equal(seen(await host.send('/first')), 'HIT 3')
      t.equal(seen(await host.send('/later')), 'MISS 1')
      await sleep(1010)
      t.equal(seen(await host.send('/later')), 'STALE 1')
      await until(() => handle(host).counts.error === 1)
      const stale = await host.send('/later')
      t.match(stale, { status: 200, text: '1', headers: { 'cache-control': 's-maxage=3, stale-while-revalidate=31535997' } })
      t.equal(handle(host).counts.regeneration, 1, 'is left alone for three seconds')
    })

    t.test('whoever looks at the request answers that one', async (t) => {
      const looks = {
        header: 'request.headers.get("x-a")',
        headers: '(await (await import("next/headers")).headers()).get("x-a")',
        cookie: '(await (await import("next/headers")).cookies()).get("a")?.value',
        jar: 'request.cookies.get("a")?.value',
        search: 'request.nextUrl.searchParams.get("a")',
        url: 'new URL(request.url).searchParams.get("a")',
        host: 'request.nextUrl.host',
        origin: 'request.nextUrl.origin',
        native: 'new Request(request).headers.get("x-a")',
        copied: 'request.clone().headers.get("x-a")',
        own: `(await import("fastify-app-routes${name.startsWith('fastify') ? '' : '/express'}")).hostRequest().${name.startsWith('fastify') ? 'request' : 'req'}.headers["x-a"]`
      }
      const host = await serve(t, name, Object.fromEntries(Object.entries(looks).map(([key, look]) => [key, route(`export const revalidate = 60\nexport const GET = async (request) => new Response(String(${look}))`)])))
      for (const key of Object.keys(looks)) {
        for (const value of ['1', '2']) {
          const received = await host.send({ path: `/${key}?a=${value}`, headers: { 'x-a': value, cookie: `a=${value}`, host: `host${value}:80` } })
          t.equal(received.text.replace(/\D/g, '').slice(0, 1), value, `${key}: ${received.text}`)
          t.equal(state(received), undefined)
        }
      }
    })

    t.test('13 and 14: a GET that asks nothing is static by default', async (t) => {
      const files = {
        plain: route(`${COUNT}export const GET = () => new Response(String(++made))`),
        mixed: route(`${COUNT}export const GET = () => new Response(String(++made))\nexport const POST = () => new Response()`),
        dynamic: route(`${COUNT}export const dynamic = "force-dynamic"\nexport const GET = () => new Response(String(++made))`),
        zero: route(`${COUNT}export const revalidate = 0\nexport const GET = () => new Response(String(++made))`),
        fresh: route(`${COUNT}import { unstable_noStore } from "next/cache"\nexport const GET = () => { unstable_noStore(); return new Response(String(++made)) }`),
        look: route(`${COUNT}export const GET = (request) => new Response(request.nextUrl.search + ++made)`),
        '[id]': route(`${COUNT}export const GET = () => new Response(String(++made))`)
      }
      for (const compat of [13, 14] as const) {
        const host = await serve(t, name, files, { compat })
        const made = async (path: string): Promise<boolean> => {
          const first = await host.send(path)
          return (await host.send(path)).text === first.text
        }
        t.equal(await made('/plain'), true, 'static')
        t.notOk((await host.send('/plain')).headers['cache-control'])
        for (const path of ['/mixed', '/dynamic', '/zero', '/fresh', '/look?a', '/other']) t.equal(await made(path), false, `${compat} ${path}`)
      }
      const host = await serve(t, name, files)
      t.not((await host.send('/plain')).text, (await host.send('/plain')).text, '16: not')
    })

    t.test('parameters: each path is kept for itself, and where only the named ones are served, others are not', async (t) => {
      const files = {
        open: { '[id]': route(`${COUNT}export const generateStaticParams = () => [{ id: 'a b' }, { id: 'ü' }]\nexport const GET = async (_, { params }) => new Response((await params).id + ++made)`) },
        closed: { '[...path]': route('export const dynamicParams = false\nexport const generateStaticParams = async () => [{ path: ["a", "b"] }, { wrong: 1 }, null]\nexport const GET = async (_, { params }) => new Response((await params).path.join())') }
      }
      const host = await serve(t, name, files, { cache: { prerender: 'startup' } })
      t.equal(seen(await host.send('/open/a%20b')), 'HIT a b1')
      t.equal(seen(await host.send('/open/%C3%BC')), 'HIT ü2')
      t.equal(seen(await host.send('/open/%c3%bc')), 'HIT ü2', 'however it is spelled')
      t.equal(seen(await host.send('/open/c')), 'MISS c3')
      t.equal(seen(await host.send('/open/c')), 'HIT c3')
      t.equal(seen(await host.send('/closed/a/b')), 'HIT a,b')
      for (const path of ['/closed/a', '/closed/a%2Fb', '/closed/a/b/c']) t.equal((await host.send(path)).status, 404, path)
      t.equal((await host.send('/open/%ff')).status, 400)
    })

    t.test('cookies, endless streams and large bodies are for their own request alone', async (t) => {
      const host = await serve(t, name, {
        cookie: route(`${COUNT}export const dynamic = "force-static"\nexport const GET = () => new Response(String(++made), { headers: { 'set-cookie': 'session=' + made } })`),
        jar: route(`${COUNT}import { cookies } from 'next/headers'\nexport const dynamic = "force-static"\nexport const GET = async () => { (await cookies()).set('session', String(++made)); return new Response(String(made)) }`),
        large: route(`${COUNT}export const dynamic = "force-static"\nexport const GET = () => new Response(new Response(Buffer.alloc(11 * 1024 * 1024, ++made)).body)`)
      })
      for (const path of ['/cookie', '/jar']) {
        for (const made of ['1', '2', '3']) t.match(await host.send(path), { text: made, headers: { 'set-cookie': RegExp(`session=${made}`) } }, path)
      }
      for (const made of [1, 2]) {
        const { body } = await host.send('/large')
        t.same([body.length, body[0], body.at(-1)], [11 * 1024 * 1024, made, made])
      }
    })

    t.test('what is invalidated is made anew: from a handler, and from the host', async (t) => {
      const host = await serve(t, name, {
        posts: {
          '[id]': route(`${COUNT}import { unstable_cache } from 'next/cache'
          export const dynamic = 'force-static'
          const post = unstable_cache(async (id) => id + ++made, ['posts'], { tags: ['posts'] })
          export const GET = async (_, { params }) => new Response(await post((await params).id))`)
        },
        drop: route(`import { revalidatePath, revalidateTag } from 'next/cache'
          export const POST = async (request) => {
            const [name, ...args] = await request.json()
            ;({ revalidatePath, revalidateTag })[name](...args)
            return new Response()
          }`)
      })
      const drop = async (...call: unknown[]): Promise<void> => { t.equal((await host.send({ path: '/drop', method: 'POST', body: JSON.stringify(call) })).status, 200) }
      t.equal(seen(await host.send('/posts/a')), 'MISS a1')
      t.equal(seen(await host.send('/posts/b')), 'MISS b2')
      await drop('revalidateTag', 'posts', { expire: 0 })
      t.equal(seen(await host.send('/posts/a')), 'MISS a3')
      await drop('revalidatePath', '/posts/a')
      t.equal(seen(await host.send('/posts/a')), 'MISS a4')
      t.equal(seen(await host.send('/posts/b')), 'MISS b5')
      t.equal(seen(await host.send('/posts/b')), 'HIT b5')
      await drop('revalidatePath', '/posts/[id]', 'page')
      t.equal(seen(await host.send('/posts/a')), 'MISS a6')
      await drop('revalidateTag', 'posts', 'max')
      t.equal(seen(await host.send('/posts/a')), 'STALE a6')
      await until(async () => seen(await host.send('/posts/a')) === 'HIT a7')
      await handle(host).revalidateTag('posts')
      t.equal(seen(await host.send('/posts/a')), 'MISS a8')
      await handle(host).revalidatePath('/posts/a')
      t.equal(seen(await host.send('/posts/a')), 'MISS a9')
      t.equal(seen(await host.send('/posts/b')), 'MISS b10')
      await handle(host).revalidateTag('another')
      t.equal(seen(await host.send('/posts/b')), 'HIT b10')
      await t.rejects(handle(host).revalidateTag('posts', 'no-such-profile'), { message: /Invalid profile/ })
    })

    t.test('draft mode goes past what is kept', async (t) => {
      const host = await serve(t, name, {
        post: route(`${COUNT}import { draftMode } from 'next/headers'\nexport const dynamic = 'force-static'\nexport const GET = async () => new Response((await draftMode()).isEnabled + ' ' + ++made)`),
        draft: route('import { draftMode } from "next/headers"\nexport const GET = async () => { (await draftMode()).enable(); return new Response() }')
      })
      const cookie = String((await host.send('/draft')).headers['set-cookie']).split(';')[0]!
      t.equal(seen(await host.send('/post')), 'MISS false 1')
      const draft = await host.send({ path: '/post', headers: { cookie } })
      t.match(draft, { text: 'true 2', headers: { 'cache-control': /private, no-cache/ } })
      t.equal(seen(await host.send({ path: '/post', headers: { cookie: '__prerender_bypass=guessed' } })), 'HIT false 1')
    })

    t.test('etag: 304 for who has it already', async (t) => {
      const host = await serve(t, name, {
        plain: route('export const dynamic = "force-static"\nexport const GET = () => Response.json({ a: 1 }, { headers: { "x-own": "a" } })'),
        own: route('export const dynamic = "force-static"\nexport const GET = () => new Response("a", { headers: { etag: \'W/"own"\' } })'),
        error: route('export const dynamic = "force-static"\nexport const GET = () => new Response("a", { status: 404 })')
      }, { cache: { etag: true } })
      const { headers: { etag } } = await host.send('/plain')
      t.match(etag, /^"[\w-]{27}"$/)
      for (const tag of [etag, `"x", W/${String(etag)}`, '*']) {
        const received = await host.send({ path: '/plain', headers: { 'if-none-match': String(tag) } })
        t.match(received, { status: 304, text: '', headers: { etag, 'x-own': 'a', 'cache-control': 's-maxage=31536000' } })
        t.notOk(received.headers['content-type'])
      }
      t.equal((await host.send({ path: '/plain', headers: { 'if-none-match': '"x"' } })).status, 200)
      t.equal((await host.send({ path: '/own', headers: { 'if-none-match': '"own"' } })).status, 304)
      t.equal((await host.send({ path: '/error', headers: { 'if-none-match': '*' } })).status, 404)
    })

    t.test('after() and passing on', async (t) => {
      const host = await serve(t, name, {
        after: route('import { after } from \'next/server\'\nexport const dynamic = \'force-static\'\nexport const GET = () => { after(() => { globalThis.ran = (globalThis.ran ?? 0) + 1 }); return new Response(\'a\') }'),
        passed: route('import { NextResponse } from "next/server"\nexport const revalidate = 60\nexport const GET = () => NextResponse.next()')
      })
      const own = globalThis as { ran?: number }
      delete own.ran
      for (let count = 0; count < 3; count++) await host.send('/after')
      await until(() => own.ran === 1)
      for (let count = 0; count < 2; count++) t.equal((await host.send('/passed')).status, 404)
    })
  })
}

t.test('an endless stream in a static route is streamed to its own client, and ends with it', async (t) => {
  const own = globalThis as { cancelled?: number }
  delete own.cancelled
  const host = await serve(t, 'fastify', {
    endless: route(`export const dynamic = 'force-static'
      export const GET = () => {
        let timer
        return new Response(new ReadableStream({
          start (controller) { timer = setInterval(() => controller.enqueue(new TextEncoder().encode('tick ')), 20) },
          cancel () { clearInterval(timer); globalThis.cancelled = (globalThis.cancelled ?? 0) + 1 }
        }))
      }`)
  })
  for (const attempt of [1, 2]) {
    const start = performance.now()
    const text = await new Promise<string>((resolve, reject) => {
      const req = http.get(`${host.url}/endless`, (res) => {
        let text = ''
        res.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
          if (text.length > 600) {
            req.destroy()
            resolve(text)
          }
        }).on('error', () => {})
      }).on('error', reject)
    })
    t.match(text, /^(tick )+/)
    await until(() => own.cancelled === attempt)
    // The second time nobody tries to keep it.
    if (attempt === 2) t.ok(performance.now() - start < 4000)
  }
  t.equal((await host.send({ path: '/endless', method: 'HEAD' })).status, 200)
  await until(() => own.cancelled === 3)
})

t.test('ahead', async (t) => {
  const files = { counted: route(`${COUNT}export const dynamic = "force-static"\nexport const GET = () => new Response(String(++made))`) }
  for (const name of HOSTS) {
    t.test(name, async (t) => {
      const host = await serve(t, name, files, { cache: { prerender: 'background' } })
      await until(() => handle(host).counts.regeneration === 1)
      t.equal(seen(await host.send('/counted')), 'HIT 1')
    })
  }

  const failing = { bad: route('export const dynamic = "force-static"\nexport const GET = () => { throw new Error("no database") }'), ...files }

  t.test('Fastify: a failure at the start is one of the start', async (t) => {
    const server = Fastify()
    server.register(appRoutes, { dir: t.testdir(failing), cache: { prerender: 'startup' } })
    await t.rejects(async () => await server.ready(), { message: /no database/ })
    await server.close()
  })

  t.test('Express: a failure at the start is one of the start', async (t) => {
    const routes = expressRoutes({ dir: t.testdir(failing), cache: { prerender: 'startup' } })
    await t.rejects(routes.ready(), { message: /no database/ })
    await routes.close()
  })

  t.test('a failure behind the requests is logged, and the route is made when somebody asks', async (t) => {
    const host = await serve(t, 'fastify', failing, { cache: { prerender: 'background' } })
    await until(() => host.errors.length >= 1)
    t.match(host.errors.map(({ msg }) => msg), [/cache regeneration|cache error: route route:\/bad/])
    t.equal((await host.send('/bad')).status, 500)
    t.equal(seen(await host.send('/counted')), 'HIT 1')
  })

  t.test('a route that looks at its request is none that can be made ahead, and no failure', async (t) => {
    const host = await serve(t, 'fastify', { look: route('export const revalidate = 60\nexport const GET = (request) => new Response(request.headers.get("x-a"))') }, { cache: { prerender: 'startup' } })
    t.equal((await host.send({ path: '/look', headers: { 'x-a': 'b' } })).text, 'b')
    t.same(host.errors, [])
  })

  t.test('generateStaticParams() that gives no list', async (t) => {
    const server = Fastify()
    server.register(appRoutes, { dir: t.testdir({ '[id]': route('export const generateStaticParams = () => 1\nexport const GET = () => new Response()') }), cache: { prerender: 'startup' } })
    await t.rejects(async () => await server.ready(), { code: 'FAR_ERR_STATIC_PARAMS', message: /route\.js/ })
    await server.close()
  })
})

t.test('dynamic = "error" may not look at the request', async (t) => {
  const host = await serve(t, 'fastify', { strict: route('export const dynamic = "error"\nexport const GET = (request) => new Response(request.headers.get("x-a") ?? "none")') })
  t.equal((await host.send('/strict')).status, 500)
  t.match(host.errors[0].err.message, /strict/)
})

t.test('a handler that hangs: its client waits, and nobody waits for what is made behind the requests', async (t) => {
  const host = await serve(t, 'fastify', { slow: route(`${COUNT}export const revalidate = 1\nexport const GET = async () => { if (++made === 2) await new Promise(() => {}); return new Response(String(made)) }`) }, { closeTimeout: 300 })
  t.equal(seen(await host.send('/slow')), 'MISS 1')
  await sleep(1010)
  for (let count = 0; count < 5; count++) t.equal(seen(await host.send('/slow')), 'STALE 1')
  const start = performance.now()
  await host.close()
  t.ok(performance.now() - start < 2000, 'closing does not wait for ever')
})

t.test('a store of one\'s own that throws: requests are answered, one line is logged', async (t) => {
  for (const fails of ['throws', 'rejects', 'never answers']) {
    const bad = (): any => {
      if (fails === 'throws') throw new Error('broken')
      return fails === 'rejects' ? Promise.reject(new Error('broken')) : new Promise(() => {})
    }
    const path = fails.replaceAll(' ', '-')
    const host = await serve(t, 'fastify', { [path]: route(`${COUNT}export const dynamic = "force-static"\nexport const GET = () => new Response(String(++made))`) }, { cache: { store: { isShared: true, get: bad, set: bad, invalidate: bad, now: Date.now } as any } })
    for (const made of ['1', '2', '3']) t.equal((await host.send(`/${path}`)).text, made, fails)
    await handle(host).revalidateTag('a')
    t.equal(host.errors.filter(({ msg }) => /cache store failed/.test(msg)).length, 1, fails)
  }
})

t.test('the mount path is part of what is kept and dropped', async (t) => {
  const posts = (): ReturnType<typeof route> => route(`${COUNT}export const dynamic = 'force-static'\nexport const GET = (request) => new Response(request.nextUrl.pathname + ' ' + ++made)`)
  for (const name of ['fastify', 'express 4', 'express 5'] as const) {
    const host = await serve(t, name, { [name.replace(' ', '')]: posts() }, { prefix: '/v1' })
    const [own, path] = [`/${name.replace(' ', '')}`, `/v1/${name.replace(' ', '')}`]
    t.equal(seen(await host.send(path)), `MISS ${path} 1`)
    t.equal(seen(await host.send(path)), `HIT ${path} 1`)
    for (const [index, dropped] of [path, own].entries()) {
      await handle(host).revalidatePath(dropped)
      t.equal(seen(await host.send(path)), `MISS ${path} ${index + 2}`, dropped)
    }
  }

  t.test('Express: each mount path has answers of its own, made ahead once it is known', async (t) => {
    for (const prerender of ['background', 'startup'] as const) {
      const app = express()
      const routes = expressRoutes({ dir: t.testdir({ [prerender]: { a: posts(), b: posts() } }), cache: { prerender } })
      app.use('/:tenant', routes as any)
      await routes.ready()
      const server = app.listen(0)
      await once(server, 'listening')
      t.teardown(async () => {
        server.close()
        await routes.close()
      })
      const get = async (path: string): Promise<string> => seen(await sendHttp1(`http://localhost:${(server.address() as AddressInfo).port}`, `/${path}`))
      t.match(await get(`x/${prerender}/a`), RegExp(`^MISS /x/${prerender}/a`))
      await until(async () => (await get(`x/${prerender}/b`)).startsWith('HIT'))
      t.match(await get(`x/${prerender}/b`), RegExp(`^HIT /x/${prerender}/b`))
      t.match(await get(`y/${prerender}/b`), RegExp(`^MISS /y/${prerender}/b`))
    }
  })
})

/** What must not come of keeping answers: others' data, servers that end, clients that wait for ever. */
import { execFile } from 'node:child_process'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { fileStore } from 'fastify-app-routes/stores'
import { HOSTS } from '../hosts.ts'
import { until } from './redis-server.ts'
import { handle, route, seen, serve, state } from './serve.ts'

const LATER = 'const later = (text) => new ReadableStream({ async pull (controller) { await new Promise((resolve) => setTimeout(resolve, 20)); controller.enqueue(new TextEncoder().encode(text())); controller.close() } })\n'

/** Connects, and leaves before anything is answered. */
async function leave (url: string): Promise<void> {
  const request = http.get(url).on('error', () => {})
  await sleep(60)
  request.destroy()
}

for (const name of HOSTS) {
  for (const prerender of ['lazy', 'startup'] as const) {
    t.test(`${name}, ${prerender}: a stream that looks at its request is for that one alone`, async (t) => {
      const host = await serve(t, name, {
        header: route(`${LATER}export const revalidate = 60\nexport const GET = (request) => new Response(later(() => request.headers.get('x-user')))`),
        search: route(`${LATER}export const revalidate = 60\nexport const GET = ({ nextUrl }) => new Response(later(() => nextUrl.searchParams.get('user')))`)
      }, { cache: { prerender } })
      for (const user of ['alice', 'bob', 'alice']) {
        t.equal((await host.send({ path: '/header', headers: { 'x-user': user } })).text, user)
        t.equal((await host.send(`/search?user=${user}`)).text, user)
      }
      t.same(host.errors, [])
    })
  }

  t.test(`${name}: what one client ends by leaving is not what the others get`, { skip: name === 'fastify inject' && 'has no clients that leave' }, async (t) => {
    const host = await serve(t, name, {
      shared: route(`export const revalidate = 60
        export const GET = async ({ signal }) => {
          const items = await new Promise((resolve) => {
            setTimeout(resolve, 200, ['a'])
            signal.addEventListener('abort', () => resolve([]))
          })
          return Response.json(items)
        }`)
    })
    const leaving = name === 'fastify http2' ? sleep(0) : leave(`${host.url}/shared`)
    await sleep(30)
    const waiting = host.send('/shared')
    await leaving
    t.same((await waiting).json(), ['a'])
    t.equal(seen(await host.send('/shared')), 'HIT ["a"]')
  })

  t.test(`${name}: what is larger than 10 MB is not kept, whatever it is`, async (t) => {
    const host = await serve(t, name, {
      bytes: route('export const revalidate = 60\nexport const GET = () => new Response(new Uint8Array(11 * 1024 * 1024))'),
      text: route('export const revalidate = 60\nexport const GET = () => new Response("x".repeat(11 * 1024 * 1024))')
    })
    for (const path of ['/bytes', '/bytes', '/text', '/text']) t.equal(state(await host.send(path)), undefined, path)
  })

  t.test(`${name}: what is asked for while it is made ahead`, async (t) => {
    const host = await serve(t, name, {
      '[slug]': route(`export const generateStaticParams = () => ['kept', 'looks', 'cookie'].map((slug) => ({ slug }))
        export const GET = async (request, { params }) => {
          const { slug } = await params
          if (slug !== 'kept') await new Promise((resolve) => setTimeout(resolve, 200))
          return new Response(slug === 'looks' ? request.headers.get('x-a') : slug, { headers: slug === 'cookie' ? { 'set-cookie': 'a=b' } : {} })
        }`)
    }, { cache: { prerender: 'background' } })
    await until(() => handle(host).counts.regeneration === 3)
    const [looks, cookie] = await Promise.all([host.send({ path: '/looks', headers: { 'x-a': 'seen' } }), host.send('/cookie')])
    t.match([looks, cookie], [{ status: 200, text: 'seen' }, { status: 200, text: 'cookie' }])
  })
}

t.test('a prefix with a parameter: each of what it stands for has answers of its own', async (t) => {
  const files = {
    fixed: route('export const dynamic = "force-static"\nexport const GET = ({ nextUrl }) => new Response(nextUrl.pathname.split("/")[1])'),
    q: { '[id]': route('export const dynamicParams = false\nexport const generateStaticParams = () => [{ id: "1" }]\nexport const GET = ({ nextUrl }) => new Response(nextUrl.pathname.split("/")[1])') }
  }
  for (const prefix of ['/:tenant', '/t-:tenant', '/:tenant(^[\\w-]+$)']) {
    const host = await serve(t, 'fastify', files, { prefix, cache: { prerender: 'startup' } })
    for (const tenant of ['t-alice', 't-bob']) {
      for (const path of ['/fixed', '/q/1']) {
        t.equal(seen(await host.send(`/${tenant}${path}`)), `MISS ${tenant}`, prefix)
        t.equal(seen(await host.send(`/${tenant}${path}`)), `HIT ${tenant}`, prefix)
      }
      t.equal((await host.send(`/${tenant}/q/2`)).status, 404)
    }
  }
})

t.test('whoever was led to a static route from another path gets an answer of his own, if its stream looks at the request', async (t) => {
  for (const name of HOSTS) {
    const host = await serve(t, name, {
      p: {
        '[id]': route(`import { cookies } from 'next/headers'\nexport const dynamic = 'auto'\nexport const generateStaticParams = () => []
        export const GET = async (_, { params }) => (await params).id === 'plain'
          ? new Response('plain')
          : new Response(new ReadableStream({ async pull (controller) { await null; controller.enqueue(new TextEncoder().encode((await cookies()).get('user')?.value ?? 'nobody')); controller.close() } }))`)
      }
    }, { rewrites: async () => [{ source: '/old/:id', destination: '/p/:id' }] })
    t.equal((await host.send('/p/plain')).text, 'plain', name)
    for (const path of ['/old/a', '/old/a', '/p/a', '/old/b']) t.equal((await host.send({ path, headers: { cookie: 'user=anna' } })).text, 'anna', `${name} ${path}`)
    t.same(host.errors, [])
  }
})

t.test('a path that a pattern names, and another file serves, is that file\'s', async (t) => {
  const host = await serve(t, 'fastify', {
    shop: {
      '[slug]': route('export const generateStaticParams = () => [{ slug: "sale" }, { slug: "x" }]\nexport const GET = async (_, { params }) => new Response("product " + (await params).slug)'),
      sale: route('export const revalidate = 60\nexport const GET = () => new Response("sale")')
    }
  }, { cache: { prerender: 'startup' } })
  t.equal(seen(await host.send('/shop/sale')), 'HIT sale')
  t.equal(seen(await host.send('/shop/x')), 'HIT product x')
})

t.test('made ahead, the path is the one that clients use', async (t) => {
  const echo = route('export const dynamic = "force-static"\nexport const GET = ({ nextUrl, url }) => new Response(nextUrl.pathname + " " + new URL(url).pathname)')
  for (const name of ['fastify', 'express 5'] as const) {
    const below = await serve(t, name, { echo }, { basePath: '/docs', cache: { prerender: 'startup' } })
    const again = await serve(t, name, { echo }, { basePath: '/docs' })
    t.equal(seen(await below.send('/docs/echo')), 'HIT /echo /echo', name)
    t.equal(seen(await again.send('/docs/echo')), 'MISS /echo /echo', name)
    const slashed = await serve(t, name, { echo }, { trailingSlash: true, cache: { prerender: 'startup' } })
    t.equal(seen(await slashed.send('/echo/')), 'HIT /echo/ /echo/', name)
  }
})

t.test('generateStaticParams() has an array for a catch-all', async (t) => {
  const server = Fastify()
  t.teardown(() => server.close())
  server.register(appRoutes, { dir: t.testdir({ '[...rest]': route('export const generateStaticParams = () => [{ rest: "abc" }]\nexport const GET = () => new Response()') }), cache: { prerender: 'startup' } })
  await t.rejects(async () => await server.ready(), { code: 'FAR_ERR_STATIC_PARAMS', message: /catch-all/ })
})

t.test('dynamicParams = false: where no path is named there is none; 13 and 14 leave it open', async (t) => {
  const files = { '[id]': route('export const dynamic = "force-static"\nexport const dynamicParams = false\nexport const GET = () => new Response("a")') }
  for (const name of ['fastify', 'express 5'] as const) {
    for (const compat of [15, 16] as const) t.equal((await (await serve(t, name, files, { compat })).send('/a')).status, 404)
    for (const compat of [13, 14] as const) {
      const host = await serve(t, name, files, { compat })
      t.equal(seen(await host.send('/a')), 'MISS a')
      t.equal(seen(await host.send('/a')), 'HIT a')
    }
  }
})

t.test('an error that is answered when a build would ask is not kept', async (t) => {
  const own = globalThis as { upstream?: string }
  for (const dynamic of ['force-static', 'auto']) {
    for (const prerender of ['startup', 'lazy'] as const) {
      own.upstream = 'down'
      const host = await serve(t, 'fastify', { up: route(`export const dynamic = '${dynamic}'\nexport const revalidate = false\nexport const GET = () => new Response(globalThis.upstream, { status: globalThis.upstream === 'down' ? 503 : 200 })`) }, { cache: { prerender } })
      t.match(await host.send('/up'), { status: 503, headers: { 'x-nextjs-cache': undefined } })
      own.upstream = 'back'
      t.match(await host.send('/up'), { status: 200, text: 'back' })
      t.same(host.errors, [])
    }
  }
})

t.test('an endless stream that is made ahead is ended', async (t) => {
  const own = globalThis as { ended?: string[] }
  own.ended = []
  await serve(t, 'fastify', {
    endless: route(`export const revalidate = 60
      export const GET = ({ signal }) => {
        signal.addEventListener('abort', () => globalThis.ended.push('abort'))
        const timer = setInterval(() => {}, 20)
        return new Response(new ReadableStream({ pull: async (controller) => { await new Promise((resolve) => setTimeout(resolve, 20)); controller.enqueue(new Uint8Array(1)) }, cancel () { clearInterval(timer); globalThis.ended.push('cancel') } }))
      }`)
  }, { cache: { prerender: 'background' } })
  await until(() => own.ended!.length === 2, 8000)
  t.same(own.ended!.sort(), ['abort', 'cancel'])
})

t.test('a stream that fails while it is made anew is a failure like others', async (t) => {
  const host = await serve(t, 'fastify', {
    failing: route(`let made = 0
      export const revalidate = 1
      export const GET = () => new Response(++made === 1 ? 'first' : new ReadableStream({ pull (controller) { controller.error(new Error('no database')) } }), { headers: { 'x-made': String(made) } })`)
  })
  t.equal(seen(await host.send('/failing')), 'MISS first')
  await sleep(1050)
  for (let index = 0; index < 20; index++) {
    t.equal(seen(await host.send('/failing')), 'STALE first')
    await sleep(20)
  }
  t.match(handle(host).counts, { regeneration: 1, error: 1 })
  t.match(host.errors, [{ err: { message: 'no database' } }])
})

t.test('stores that processes share', async (t) => {
  const files = {
    slow: route('let made = 0\nexport const revalidate = 3600\nexport const GET = async () => { globalThis.begun = true; await new Promise((resolve) => setTimeout(resolve, 500)); return new Response(String(++made)) }'),
    fails: route('export const revalidate = 3600\nexport const GET = async () => { await new Promise((resolve) => setTimeout(resolve, 150)); throw new Error("no database") }'),
    cookie: route('export const revalidate = 3600\nexport const GET = async () => { await new Promise((resolve) => setTimeout(resolve, 150)); return new Response("own", { headers: { "set-cookie": "a=b" } }) }')
  }
  const kept = t.testdir({})
  const dir = t.testdir({ app: files })
  const servers = await Promise.all([1, 2].map(async () => {
    const server = Fastify()
    t.teardown(() => server.close())
    await server.register(appRoutes, { dir: `${dir}/app`, cache: { store: fileStore(`${kept}/kept`), prerender: 'lazy' } })
    return server
  }))
  const [one, other] = servers as [typeof servers[0], typeof servers[0]]

  await t.test('whoever comes after something was invalidated waits for what was begun before, but for no longer', async (t) => {
    const first = one.inject('/slow').then()
    await until(() => (globalThis as { begun?: boolean }).begun === true)
    // So that the clock has gone on.
    await sleep(5)
    await one.appRoutes.revalidatePath('/slow')
    const start = performance.now()
    t.equal((await one.inject('/slow')).body, '2')
    t.ok(performance.now() - start < 4000)
    t.equal((await first).body, '1')
  })

  for (const [path, status] of [['/fails', 500], ['/cookie', 200]] as const) {
    await t.test(`${path}: where the one that makes it keeps nothing, the other does not wait on`, async (t) => {
      const start = performance.now()
      const first = one.inject(path)
      await sleep(50)
      t.equal((await other.inject(path)).statusCode, status)
      t.equal((await first).statusCode, status)
      t.ok(performance.now() - start < 4000)
    })
  }
})

t.test('a handler that never ends keeps its path for 10 s', async (t) => {
  const host = await serve(t, 'fastify', { hangs: route('let made = 0\nexport const revalidate = 60\nexport const GET = async () => { if (++made === 1) await new Promise(() => {}); return new Response(String(made)) }') })
  await leave(`${host.url}/hangs`)
  t.equal((await host.send('/hangs')).text, '2')
  t.match([seen(await host.send('/hangs')), seen(await host.send('/hangs'))], [/^MISS/, /^HIT/])
})

t.test('what a handler leaves alone', async (t) => {
  const LOOKS = 'const audit = async (request) => { await null; request.headers.get("user-agent") }\n'
  const dir = t.testdir({
    before: route(`${LOOKS}export const revalidate = 60\nexport const GET = async (request) => { void audit(request); await new Promise((resolve) => setTimeout(resolve, 30)); return new Response("before") }`),
    behind: route('export const dynamic = "auto"\nexport const revalidate = 1\nexport const GET = async (request) => { setTimeout(async () => { request.headers.get("user-agent") }, 50); return new Response("behind") }'),
    refused: route(`${LOOKS}export const dynamic = 'error'\nexport const GET = (request) => { void audit(request); return new Response("refused") }`)
  })
  const run = (more: string, ...flags: string[]): Promise<{ stdout: string }> => promisify(execFile)(process.execPath, [...flags, '--input-type=module', '-e', `
    import Fastify from 'fastify'
    import appRoutes from 'fastify-app-routes'
    const fastify = Fastify()
    await fastify.register(appRoutes, { dir: ${JSON.stringify(dir)}, cache: { prerender: 'startup' } })
    await fastify.ready()
    const texts = []
    for (let round = 0; round < 3; round++) {
      for (const path of ['/before', '/behind', '/refused']) texts.push((await fastify.inject(path)).body)
      await new Promise((resolve) => setTimeout(resolve, 600))
    }
    ${more}
    await new Promise((resolve) => setTimeout(resolve, 100))
    console.log(texts.join(' '), process.listenerCount('unhandledRejection') < 2)
    await fastify.close()
    process.exit()`])

  await t.test('does not end the process', async (t) => {
    t.match(await run(''), { stdout: 'before behind refused before behind refused before behind refused true' })
  })

  await t.test('and what others leave alone is dealt with as ever', async (t) => {
    await t.rejects(run('fastify.inject("/refused"); void Promise.reject(new Error("another"))'), { code: 1, stderr: /Error: another/ })
    t.match(await run('process.once("unhandledRejection", () => { console.log("told") }); fastify.inject("/refused"); void Promise.reject(new Error("another"))'), { stdout: /told/ })
    t.match(await run('fastify.inject("/refused"); void Promise.reject(new Error("another"))', '--unhandled-rejections=warn'), { stderr: /Error: another/, stdout: /refused/ })
  })
})

t.test('seconds with a fraction are whole ones in headers', async (t) => {
  const host = await serve(t, 'fastify', {
    part: route(`import { unstable_cache } from 'next/cache'
      const read = unstable_cache(async () => 1, ['part'], { revalidate: 1.5 })
      export const dynamic = 'force-static'
      export const GET = async () => Response.json(await read())`)
  })
  t.match(await host.send('/part'), { headers: { 'cache-control': 's-maxage=2, stale-while-revalidate=31535998' } })
})

t.test('each answer of a route says how long it may be kept itself', async (t) => {
  const host = await serve(t, 'fastify', {
    '[slug]': route(`import { unstable_cache } from 'next/cache'
      export const dynamic = 'force-static'
      export const GET = async (request, { params }) => {
        const { slug } = await params
        return Response.json(await unstable_cache(async () => 1, [slug], { revalidate: Number(slug) })())
      }`)
  })
  for (let round = 0; round < 3; round++) {
    for (const seconds of [10, 5000]) t.match((await host.send(`/${seconds}`)).headers, { 'cache-control': RegExp(`^s-maxage=${seconds},`) })
  }
})

for (const name of ['fastify', 'express 5'] as const) {
  t.test(`what is made for an edge runtime is made for each request: ${name}`, async (t) => {
    const file = (config: string): object => route(`let made = 0\n${config}\nexport const GET = () => new Response(String(++made))`)
    const files = {
      plain: file('export const runtime = "edge"'),
      timed: file('export const runtime = "experimental-edge"\nexport const revalidate = 60'),
      forced: file('export const runtime = "edge"\nexport const dynamic = "force-static"'),
      node: file('export const runtime = "nodejs"\nexport const revalidate = 60')
    }
    for (const compat of [13, 14, 15, 16] as const) {
      const host = await serve(t, name, files, { compat, cache: { prerender: 'startup' } })
      for (const [path, kept] of [['/plain', false], ['/timed', false], ['/forced', false], ['/node', true]] as const) {
        const first = (await host.send(path)).text
        t.equal((await host.send(path)).text === first, kept, `${compat} ${path}`)
      }
    }
  })
}

for (const name of ['fastify', 'express 5'] as const) {
  t.test(`dynamic = "error": what is for one request alone is an error, whenever it is used: ${name}`, async (t) => {
    const from = `export const dynamic = "error"
import { hostRequest } from "fastify-app-routes${name === 'express 5' ? '/express' : ''}"
import { revalidateTag } from "next/cache"
const uses = {
  kept: () => {},
  fresh: () => fetch("data:,x", { cache: "no-store" }),
  zero: () => fetch("data:,x", { next: { revalidate: 0 } }),
  tag: () => revalidateTag("a", "max"),
  host: () => hostRequest(),
  caught: () => fetch("data:,x", { cache: "no-store" }).catch((error) => error.message)
}
`
    const files = {
      '[use]': route(`${from}export const generateStaticParams = () => [{ use: "zero" }]\nexport const GET = async (request, { params }) => new Response(String(await uses[(await params).use]()))`),
      written: { '[use]': route(`${from}export const POST = () => new Response()\nexport const GET = async (request, { params }) => { await uses[(await params).use](); return new Response() }`) }
    }
    for (const compat of [14, 15, 16] as const) {
      const host = await serve(t, name, files, { compat, cache: { prerender: 'background' } })
      t.match(await host.send('/kept'), { status: 200 })
      for (const use of ['fresh', 'zero', 'tag', 'host']) {
        for (const time of [1, 2]) t.equal((await host.send(`/${use}`)).status, 500, `${compat} ${use} ${time}`)
      }
      for (const time of [1, 2]) t.match((await host.send('/caught')).text, /dynamic = "error"/, `${compat} ${time}`)
      t.equal((await host.send('/written/fresh')).status, 200, 'a route that is none for all has nothing to fail')
    }
  })
}

/** What route files import from next/*, used inside of requests. Answers of Next.js 16.4.6 unless a test says otherwise. */
import * as cache from 'fastify-app-routes/cache'
import * as headersModule from 'fastify-app-routes/headers'
import * as navigation from 'fastify-app-routes/navigation'
import * as og from 'fastify-app-routes/og'
import * as server from 'fastify-app-routes/server'
import { cookies, draftMode, headers } from 'fastify-app-routes/headers'
import { forbidden, notFound, permanentRedirect, redirect, RedirectType, unauthorized, unstable_rethrow } from 'fastify-app-routes/navigation'
import { after, connection, NextResponse } from 'fastify-app-routes/server'
import { inspect } from 'node:util'
import t from 'tap'
import { start } from '../hosts.ts'
import { startProbed } from '../web/probe.ts'

const json = JSON.stringify
const messageOf = (act: () => unknown): string => {
  try {
    act()
    return 'no error'
  } catch (error) {
    return (error as Error).message
  }
}

const caught = (act: () => unknown): any => {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

t.test('cookies()', async (t) => {
  const host = await startProbed(t, 'fastify')
  const sent = { path: '/', headers: { cookie: 'a=1; b=two%20words; a=2' } }

  t.test('is shown with its cookies, and so are those of a response', async (t) => {
    t.same(await host.probe(sent, async () => {
      const response = new NextResponse()
      response.cookies.set('c', '3')
      return [inspect(await cookies()), inspect(response.cookies)]
    }), ['RequestCookies {"a":{"name":"a","value":"2","path":"/"},"b":{"name":"b","value":"two words","path":"/"}}', 'ResponseCookies {"c":{"name":"c","value":"3","path":"/"}}'])
  })

  t.test('reads, sets and deletes', async (t) => {
    t.same(await host.probe(sent, async () => {
      const jar = await cookies()
      const before = jar.getAll()
      const chained = jar.set('c', '3', { maxAge: 0 }).set({ name: 'd', value: '4', path: '/x' }).delete('a') === jar
      return { before, chained, c: jar.get('c'), a: jar.get('a'), hasA: jar.has('a'), hasNot: jar.has('z'), not: jar.get('z'), all: jar.getAll('d'), same: (await cookies()) === jar }
    }), {
      before: [{ name: 'a', value: '2', path: '/' }, { name: 'b', value: 'two words', path: '/' }],
      chained: true,
      c: { name: 'c', value: '3', path: '/', maxAge: 0 },
      a: { name: 'a', value: '', path: '/', expires: new Date(0) },
      hasA: true,
      hasNot: false,
      not: undefined,
      all: [{ name: 'd', value: '4', path: '/x' }],
      same: true
    })
    t.equal(await host.probe(sent, async () => String(await cookies())), 'a=2; Path=/; b=two%20words; Path=/')
  })

  t.test('has the members at once and after await', async (t) => {
    t.same(await host.probe(sent, async () => {
      const promised = cookies()
      const jar = await promised
      return [promised instanceof Promise, promised.get('b')?.value, jar.get('b')?.value, promised.size, [...promised].map(([name]) => name), promised.has('a'), typeof inspect(promised)]
    }), [true, 'two words', 'two words', 2, ['a', 'b'], true, 'string'])
    const answer = await host.answer(sent, () => {
      cookies().set('sync', '1')
      return new Response()
    })
    t.same(answer.headers['set-cookie'], ['sync=1; Path=/'])
  })

  t.test('are text at once and after await', async (t) => {
    t.same(await host.probe(sent, async () => [cookies().toString(), `${cookies()}`, new Headers({ cookie: String(cookies()) }).get('cookie'), Object.prototype.toString.call(cookies())]), [...Array(3).fill('a=2; Path=/; b=two%20words; Path=/'), '[object Promise]'])
  })

  t.test("come after the response's own, which win", async (t) => {
    const { headers: { 'set-cookie': lines } } = await host.answer(sent, async () => {
      const jar = await cookies()
      jar.set('jar', '1', { httpOnly: true })
      jar.set('both', 'jar')
      const response = NextResponse.json({}, { headers: { 'set-cookie': 'own=1' } })
      response.cookies.set('both', 'response')
      return response
    })
    t.same(lines, ['own=1; Path=/', 'both=response; Path=/', 'jar=1; Path=/; HttpOnly'])
  })

  t.test('an unchanged jar leaves the lines of the response as they are', async (t) => {
    const { headers: { 'set-cookie': lines } } = await host.answer(sent, async () => {
      (await cookies()).getAll()
      return new Response(null, { headers: [['set-cookie', 'no equals'], ['set-cookie', 'x=1; Foo=bar']] })
    })
    t.same(lines, ['no equals', 'x=1; Foo=bar'])
  })

  t.test('go out with redirects, and are lost with every other error', async (t) => {
    const setThen = async (act: () => never): Promise<unknown> => {
      const response = await host.answer(sent, async () => {
        (await cookies()).set('s', '1')
        act()
      })
      return [response.status, response.headers.location, response.headers['set-cookie']]
    }
    t.same(await setThen(() => redirect('/t')), [307, '/t', ['s=1; Path=/']])
    t.same(await setThen(() => permanentRedirect('/t')), [308, '/t', ['s=1; Path=/']])
    t.same(await setThen(() => notFound()), [404, undefined, undefined])
    t.same(await setThen(() => forbidden()), [403, undefined, undefined])
    t.same(await setThen(() => unauthorized()), [401, undefined, undefined])
    t.same(await setThen(() => { throw new Error('x') }), [500, undefined, undefined])
  })

  t.test('cannot be changed in after(), not even through an older jar', async (t) => {
    const messages = await new Promise<unknown>((resolve) => {
      void host.answer(sent, async () => {
        const jar = await cookies()
        after(async () => {
          const late = await cookies()
          resolve([messageOf(() => late.set('a', '1')), messageOf(() => jar.delete('a')), late.get('b')?.value])
        })
        return new Response()
      })
    })
    const refusal = 'Cookies can only be modified in a Server Action or Route Handler. Read more: https://nextjs.org/docs/app/api-reference/functions/cookies#options'
    t.same(messages, [refusal, refusal, 'two words'])
  })

  t.test('has the cookies of the client alone in after()', async (t) => {
    const seen = await new Promise<unknown>((resolve) => {
      void host.answer(sent, async () => {
        (await cookies()).set('a', 'changed')
        after(async () => {
          const late: any = await cookies()
          resolve([late.get('a'), late.getAll('b'), late.size, messageOf(() => late.clear())])
        })
        return new Response()
      })
    })
    t.same(seen, [{ name: 'a', value: '2' }, [{ name: 'b', value: 'two words' }], 2, 'Cookies can only be modified in a Server Action or Route Handler. Read more: https://nextjs.org/docs/app/api-reference/functions/cookies#options'])
  })

  t.test('is the same promise each time, and its methods may be taken off it', async (t) => {
    t.same(await host.probe(sent, async () => {
      const [one, other] = [cookies(), cookies()]
      const { get, getAll, has, set, delete: remove } = await cookies()
      set('n', '1')
      remove('b')
      return [one === other, get('a')?.value, getAll().length, has('n'), get('b')?.value]
    }), [true, '2', 3, true, ''])
  })

  t.test('takes odd arguments as Next.js does', async (t) => {
    const response = await host.answer(sent, async () => {
      const jar: any = await cookies()
      jar.set({ value: 'nameless' })
      return Response.json([jar.getAll(undefined), jar.getAll(null), jar.getAll({ name: 'z' }), jar.get({ name: 'a' }), Object.prototype.toString.call(jar)])
    })
    t.same(response.json(), [[], [], [], { name: 'a', value: '2', path: '/' }, '[object Object]'])
    t.same(response.headers['set-cookie'], ['undefined=nameless; Path=/'])
  })

  t.test('a change through request.cookies before the first look is seen', async (t) => {
    t.same(await host.probe(sent, async (request) => {
      request.cookies.set('new', '1')
      return (await cookies()).get('new')?.value
    }), '1')
  })
})

t.test('headers()', async (t) => {
  const host = await startProbed(t, 'fastify')
  const sent = { path: '/', headers: { 'x-one': '1', 'x-two': ['a', 'b'] } }

  t.test('reads what a Headers reads', async (t) => {
    t.same(await host.probe(sent, async () => {
      const all = await headers()
      const copy = new Headers(all)
      return [all.get('X-One'), all.get('x-two'), all.has('nope'), all instanceof Headers, String(all), copy.get('x-one'), Object.fromEntries(all)['x-two'], [...all.keys()].includes('x-one'), json(all), typeof inspect(all)]
    }), ['1', 'a, b', false, true, '[object Headers]', '1', 'a, b', true, '{}', 'string'])
    t.same(await host.probe(sent, () => {
      const promised = headers()
      return [promised instanceof Promise, promised.get('x-one'), [...promised].some(([name]) => name === 'x-one')]
    }), [true, '1', true])
  })

  t.test('is the same promise each time, and its methods may be taken off it', async (t) => {
    t.same(await host.probe({ path: '/', headers: { 'x-a': '1' } }, async () => {
      const { get, has, entries, forEach } = await headers()
      let seen: unknown
      const all = await headers()
      forEach((value, name, parent) => { if (name === 'x-a') seen = [value, parent === all] })
      const again = headers()
      return [headers() === again, get('X-A'), has('x-b'), [...entries()].some(([name]) => name === 'x-a'), seen]
    }), [true, '1', false, true, ['1', true]])
  })

  t.test('refuses changes, and a copy takes them', async (t) => {
    const refusal = 'Headers cannot be modified. Read more: https://nextjs.org/docs/app/api-reference/functions/headers'
    t.same(await host.probe(sent, async () => {
      const all = await headers() as any
      const copy = new Headers(all)
      copy.set('x-one', '2')
      return [messageOf(() => all.set('a', 'b')), messageOf(() => all.append('a', 'b')), messageOf(() => all.delete('x-one')), messageOf(() => (headers() as any).set('a', 'b')), copy.get('x-one'), all.get('x-one')]
    }), [refusal, refusal, refusal, refusal, '2', '1'])
  })
})

t.test('methods may be taken off the request, as Next.js lets them', async (t) => {
  for (const compat of [13, 16] as const) {
    const host = await startProbed(t, 'fastify', { compat })
    const sent = { path: '/', method: 'POST', body: '{"a":1}' }
    t.same(await host.probe(sent, async ({ clone, json }) => [await clone().text(), await json()]), ['{"a":1}', { a: 1 }])
    t.equal(await host.probe(sent, async ({ text }) => await text()), '{"a":1}')
    t.equal(await host.probe(sent, async ({ arrayBuffer }) => (await arrayBuffer()).byteLength), 7)
    t.equal(await host.probe(sent, async ({ blob }) => (await blob()).size), 7)
    t.same(await host.probe({ ...sent, body: 'x=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, async ({ formData }) => [...await formData()]), [['x', '1']])
  }
})

t.test('params and the promises', async (t) => {
  const host = await startProbed(t, 'fastify')

  t.test('values are there at once and after await', async (t) => {
    t.same(await host.probe('/p/a', (_, { params }) => Reflect.ownKeys({ ...params })), ['slug'], 'a copy has no ids of asynchronous contexts')
    t.same(await host.probe('/p/a%20b', async (_, { params }) => [params instanceof Promise, params.slug, (await params).slug, Object.entries({ ...params }), json(params), Object.keys(params), json(await params), 'slug' in params, await Promise.all([params])]),
      [true, 'a b', 'a b', [['slug', 'a b']], '{"slug":"a b"}', ['slug'], '{"slug":"a b"}', true, [{ slug: 'a b' }]])
    t.same(await host.probe('/x/1/2%2F3', async (_, { params }) => [params.rest, (await params).rest]), [['1', '2/3'], ['1', '2/3']])
  })

  t.test('parameters with the names of a promise break nothing', async (t) => {
    const names = ['then', 'catch', 'finally', 'constructor', 'toString', 'status', 'toJSON', 'value']
    const route = 'export const GET = async (_: Request, { params }: any) => Response.json([await params, typeof params.then])'
    const dir = t.testdir(Object.fromEntries(names.map((name) => [`of-${name}`, { [`[${name}]`]: { 'route.ts': route } }])))
    const { start } = await import('../hosts.ts')
    const other = await start('fastify inject', { dir })
    t.teardown(() => other.close())
    for (const name of names) t.same((await other.send(`/of-${name}/v`)).json(), [{ [name]: 'v' }, 'function'], name)
  })
})

t.test('draftMode()', async (t) => {
  const host = await startProbed(t, 'fastify')
  const enable = await host.answer('/', async () => {
    const draft = await draftMode()
    const before = draft.isEnabled
    draft.enable()
    return Response.json([before, draft.isEnabled, draftMode().isEnabled])
  })
  const [cookie] = enable.headers['set-cookie'] as string[]
  t.match(cookie, /^__prerender_bypass=[0-9a-f]{32}; Path=\/; Secure; HttpOnly; SameSite=none$/)
  t.same(enable.json(), [false, true, true])
  const value = cookie!.split(';')[0]!
  const isEnabled = async (header: string): Promise<boolean> => await host.probe({ path: '/', headers: { cookie: header } }, async () => (await draftMode()).isEnabled)
  t.equal(await isEnabled(value), true)
  t.equal(await isEnabled('__prerender_bypass=guess'), false)
  t.equal(await isEnabled('__prerender_bypass=' + 'ü'.repeat(16)), false)
  t.equal(await isEnabled('a=1'), false)
  const disable = await host.answer({ path: '/', headers: { cookie: value } }, async () => {
    const draft = await draftMode()
    draft.disable()
    return Response.json(draft.isEnabled)
  })
  t.same(disable.headers['set-cookie'], ['__prerender_bypass=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=none'])
  t.equal(disable.json(), false)
  t.equal(await host.probe('/', async () => caught(() => { (draftMode() as any).isEnabled = true }) instanceof TypeError), true)
  const older = await startProbed(t, 'fastify', { compat: 14 })
  t.equal(await older.probe('/', () => {
    draftMode().enable()
    return draftMode().isEnabled
  }), false, 'in 13 and 14 it counts from the next request on')
})

t.test('after() and connection()', async (t) => {
  const host = await startProbed(t, 'fastify')

  t.test('a task runs after the answer, whatever the handler does', async (t) => {
    for (const [title, end] of Object.entries({ answers: () => new Response('x'), redirects: () => redirect('/x'), 'is not found': () => notFound(), throws: () => { throw new Error('x') }, streams: () => new Response(new Blob(['x']).stream()) })) {
      let answer: (() => void) | undefined
      const ran = new Promise<string>((resolve) => {
        answer = () => { after(async () => { resolve((await headers()).get('x-mark')!) }) }
      })
      await host.answer({ path: '/', headers: { 'x-mark': title } }, () => {
        answer!()
        return end()
      })
      t.equal(await ran, title)
    }
  })

  t.test('tasks may be promises, may nest, and one that fails stops no other', async (t) => {
    const before = host.errors.length
    const done = new Promise<string>((resolve) => {
      void host.answer('/', () => {
        after(Promise.reject(new Error('a rejected promise')))
        after(() => { throw new Error('a throwing task') })
        after(() => { after(() => { resolve('nested') }) })
        return new Response()
      })
    })
    t.equal(await done, 'nested')
    await new Promise(setImmediate)
    t.same(host.errors.slice(before).map((entry) => entry.err.message).sort(), ['a rejected promise', 'a throwing task'])
  })

  t.test('a task may be anything that has a then', async (t) => {
    let called = false
    const { status } = await host.answer('/', () => {
      after({ then (resolve: () => void) { called = true; resolve() } } as any)
      return new Response()
    })
    t.same([status, called], [200, true])
  })

  t.test('draft mode cannot be switched in it', async (t) => {
    const message = await new Promise<string>((resolve) => {
      void host.answer('/', () => {
        after(async () => { resolve(messageOf(() => draftMode().enable())) })
        return new Response()
      })
    })
    t.match(message, /^Route \/ used "draftMode\(\)\.enable\(\)" inside `after\(\)`\./)
  })

  t.test('anything else is refused', async (t) => {
    const refusal = '`after()`: Argument must be a promise or a function'
    t.same(await host.probe('/', () => [5, undefined, null, {}, 'x'].map((task) => messageOf(() => after(task as any)))), Array(5).fill(refusal))
  })

  t.test('connection() resolves to nothing', async (t) => {
    t.equal(await host.probe('/', async () => await connection()), undefined)
  })
})

t.test("a route file with dynamic = 'error' may not look at its request", async (t) => {
  const dir = t.testdir({
    '[what]': {
      'route.ts': `
        import { cookies, draftMode, headers } from 'next/headers'
        import { connection } from 'next/server'
        import { unstable_noStore } from 'next/cache'
        export const dynamic = 'error'
        const looks: Record<string, (request: any) => any> = {
          url: (r) => r.url, headers: (r) => r.headers, cookies: (r) => r.cookies, body: (r) => r.body, json: (r) => r.json(), text: (r) => r.text(),
          formData: (r) => r.formData(), blob: (r) => r.blob(), arrayBuffer: (r) => r.arrayBuffer(), clone: (r) => r.clone().url,
          search: (r) => r.nextUrl.search, searchParams: (r) => r.nextUrl.searchParams, href: (r) => r.nextUrl.href, origin: (r) => r.nextUrl.origin,
          toString: (r) => String(r.nextUrl), 'clone-of-url': (r) => r.nextUrl.clone().search,
          jar: () => cookies(), list: () => headers(), connection: () => connection(), noStore: () => unstable_noStore(),
          enable: async () => (await draftMode()).enable(), disable: async () => (await draftMode()).disable(),
          allowed: async (r) => [r.method, r.nextUrl.pathname, r.nextUrl.clone().pathname, r.signal.aborted, (await draftMode()).isEnabled]
        }
        export async function GET (request: any, { params }: any) {
          try {
            return Response.json(await looks[(await params).what](request))
          } catch (error: any) {
            return new Response(error.message)
          }
        }`
    }
  })
  const host = await start('fastify', { dir })
  t.teardown(() => host.close())
  const used = async (what: string): Promise<string> => (await host.send(`/${what}?x=1`)).text
  for (const what of ['url', 'headers', 'cookies', 'body', 'json', 'text', 'formData', 'blob', 'arrayBuffer']) {
    t.equal(await used(what), `Route /${what} with \`dynamic = "error"\` couldn't be rendered statically because it used \`request.${what}\`.`)
  }
  t.match(await used('clone'), /because it used `request\.url`/)
  for (const what of ['search', 'searchParams', 'href', 'origin', 'toString']) t.match(await used(what), `Route /${what} with \`dynamic = "error"\` couldn't be rendered statically because it used \`nextUrl.${what}\`.`)
  t.match(await used('clone-of-url'), /because it used `nextUrl\.search`/)
  const functions = { jar: 'cookies()', list: 'headers()', connection: 'connection()', noStore: 'unstable_noStore()', enable: 'draftMode().enable()', disable: 'draftMode().disable()' }
  for (const [what, name] of Object.entries(functions)) {
    t.equal(await used(what), `Route /[what] with \`dynamic = "error"\` couldn't be rendered statically because it used \`${name}\`. See more info here: https://nextjs.org/docs/app/building-your-application/rendering/static-and-dynamic#dynamic-rendering`)
  }
  t.same(JSON.parse(await used('allowed')), ['GET', '/allowed', '/allowed', false, false])
})

t.test('outside of a request, every function says so', async (t) => {
  for (const [name, act] of Object.entries({ cookies, headers, draftMode, connection, after: () => after(() => {}) })) {
    t.throws(act, { code: 'FAR_ERR_OUTSIDE_REQUEST', message: `\`${name}\` was called outside a request scope. Read more: https://nextjs.org/docs/messages/next-dynamic-api-wrong-context` })
  }
})

t.test('navigation errors', async (t) => {
  t.test('carry the digests of Next.js', async (t) => {
    const digest = (act: () => never): unknown[] => {
      const error = caught(act)
      return [error.constructor === Error, error.message, error.digest, Object.keys(error)]
    }
    t.same(digest(() => redirect('/t')), [true, 'NEXT_REDIRECT', 'NEXT_REDIRECT;replace;/t;307;', ['digest']])
    t.same(digest(() => redirect('/t', RedirectType.push)), [true, 'NEXT_REDIRECT', 'NEXT_REDIRECT;push;/t;307;', ['digest']])
    t.same(digest(() => permanentRedirect('/t')), [true, 'NEXT_REDIRECT', 'NEXT_REDIRECT;replace;/t;308;', ['digest']])
    t.same(digest(() => redirect(undefined as any)), [true, 'NEXT_REDIRECT', 'NEXT_REDIRECT;replace;undefined;307;', ['digest']])
    for (const [act, status] of [[notFound, 404], [forbidden, 403], [unauthorized, 401]] as const) {
      t.same(digest(act), [true, `NEXT_HTTP_ERROR_FALLBACK;${status}`, `NEXT_HTTP_ERROR_FALLBACK;${status}`, ['digest']])
    }
    t.same(RedirectType, { push: 'push', replace: 'replace' })
  })

  t.test('digests of 13 say whether the redirect is permanent', async (t) => {
    const host = await startProbed(t, 'fastify inject', { compat: 13 })
    t.same(await host.probe('/', () => [caught(() => redirect('/t')).digest, caught(() => permanentRedirect('/t')).digest]), ['NEXT_REDIRECT;replace;/t;false', 'NEXT_REDIRECT;replace;/t;true'])
    t.equal((await host.answer('/', () => permanentRedirect('/t'))).status, 308)
    t.same((await host.answer('/', () => redirect('/a;b;true'))).headers.location, '/a;b;true')
  })

  t.test('the digest of notFound() in 13 and 14 is its own', async (t) => {
    for (const compat of [13, 14] as const) {
      const host = await startProbed(t, 'fastify inject', { compat })
      t.same(await host.probe('/', () => [caught(notFound).message, caught(notFound).digest]), ['NEXT_NOT_FOUND', 'NEXT_NOT_FOUND'])
      t.equal((await host.answer('/', notFound)).status, 404)
      t.equal(await host.probe('/', () => caught(forbidden).digest), 'NEXT_HTTP_ERROR_FALLBACK;403')
    }
  })

  t.test('become answers by their digest alone, whoever made them', async (t) => {
    const host = await startProbed(t, 'express 5')
    const answerTo = async (digest: unknown): Promise<unknown> => {
      const { status, headers: { location } } = await host.answer('/', () => { throw Object.assign(new Error('x'), { digest }) })
      return [status, location]
    }
    t.same(await answerTo('NEXT_REDIRECT;push;/z;307;'), [307, '/z'])
    t.same(await answerTo('NEXT_REDIRECT;push;/z;303;'), [303, '/z'])
    t.same(await answerTo('NEXT_REDIRECT;replace;/a;b;c?x=;;308;'), [308, '/a;b;c?x=;'])
    t.same(await answerTo('NEXT_HTTP_ERROR_FALLBACK;404'), [404, undefined])
    for (const digest of ['NEXT_REDIRECT;push;/z;301;', 'NEXT_REDIRECT;bogus;/z;307;', 'NEXT_REDIRECT;push;;307;', 'NEXT_REDIRECT;', 'NEXT_HTTP_ERROR_FALLBACK;418', 'other', '', 5, null]) {
      t.same(await answerTo(digest), [500, undefined], String(digest))
    }
    const wrapped = await host.answer('/', () => { throw new Error('outer', { cause: caught(() => redirect('/t')) }) })
    t.equal(wrapped.status, 500, 'a cause is not looked at')
    const returned = await host.answer('/', () => caught(() => redirect('/t')))
    t.equal(returned.status, 500, 'and a returned error is no answer')
  })

  t.test('answer a posted form with 303, so that browsers go on with GET', async (t) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const digests = { 13: ['NEXT_REDIRECT;replace;/t;false'], 14: ['NEXT_REDIRECT;replace;/t;303;'], 15: ['NEXT_REDIRECT;push;/t;307;'], 16: ['NEXT_REDIRECT;push;/t;307;'] }
    for (const compat of [13, 14, 15, 16] as const) {
      const host = await startProbed(t, 'fastify inject', { compat })
      const answers = async (headers: Record<string, string>, method = 'POST'): Promise<unknown[]> => [
        (await host.answer({ path: '/', method, headers }, () => redirect('/t'))).status,
        (await host.answer({ path: '/', method, headers }, () => permanentRedirect('/t'))).status
      ]
      const sees303 = compat === 13 ? [307, 308] : [303, 303]
      t.same(await answers(form), sees303)
      t.same(await answers({ 'content-type': 'multipart/form-data; boundary=x' }), sees303)
      t.same(await answers({ 'content-type': 'application/json' }), [307, 308])
      t.same(await answers({ 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }), [307, 308])
      t.same(await answers(form, 'PUT'), [307, 308])
      t.same(await host.probe({ path: '/', method: 'POST', headers: form }, () => [caught(() => redirect('/t')).digest]), digests[compat])
      t.equal((await host.answer({ path: '/', method: 'POST', headers: form }, () => notFound())).status, 404)
    }
  })

  t.test('to what no header can hold are errors', async (t) => {
    const host = await startProbed(t, 'fastify')
    for (const target of ['/日本', '/a\r\nx: y', '']) t.equal((await host.answer('/', async () => redirect(target))).status, 500, json(target))
  })

  t.test('what is thrown may be anything', async (t) => {
    const host = await startProbed(t, 'fastify')
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const thrown of [proxy, { get constructor () { throw new Error('no') } }, { get digest () { throw new Error('no') } }, { constructor: { name: Symbol('x') } }]) {
      t.equal((await host.answer('/', async () => { throw thrown })).status, 500)
    }
  })

  t.test('unstable_rethrow() lets them through, and nothing else', async (t) => {
    const error = caught(() => redirect('/t'))
    for (const thrown of [error, new Error('outer', { cause: error }), new Error('outer', { cause: new Error('inner', { cause: error }) })]) {
      t.equal(caught(() => unstable_rethrow(thrown)), error)
    }
    for (const thrown of [new Error('x'), 'NEXT_REDIRECT', undefined, null, Object.assign(new Error('x'), { digest: 'NEXT_HTTP_ERROR_FALLBACK;418' })]) {
      t.equal(caught(() => unstable_rethrow(thrown)), undefined)
    }
  })
})

t.test('members that came and went with the majors', async (t) => {
  for (const compat of [13, 14, 15, 16] as const) {
    const host = await startProbed(t, 'express 5', { compat })
    const [ip, geo, page, ua] = await host.probe('/', (request: any) => [request.ip, request.geo, messageOf(() => request.page), messageOf(() => request.ua)])
    if (compat < 15) {
      t.match(ip, /^(::1|127\.0\.0\.1|::ffff:127\.0\.0\.1)$/)
      t.same(geo, {})
    } else t.same([ip, geo], [undefined, undefined])
    t.match(page, /^The request\.page has been deprecated/)
    t.match(ua, /^The request\.ua has been removed/)
  }
})

t.test('what is not supported yet says so when it is called', async (t) => {
  for (const name of ['cacheLife', 'cacheTag', 'unstable_cacheLife', 'unstable_cacheTag', 'navigation', 'prefetch'] as const) {
    t.throws(() => (cache as any)[name]('x'), { code: 'FAR_ERR_NOT_SUPPORTED' }, name)
  }
  t.equal(cache.unstable_noStore(), undefined)
  t.equal(await cache.io(), undefined)
  t.throws(() => server.ImageResponse(), { message: /moved from "next\/server" to "next\/og"/ })
  const params = new navigation.ReadonlyURLSearchParams('a=1')
  t.equal(params.get('a'), '1')
  for (const name of ['append', 'delete', 'set', 'sort'] as const) t.throws(() => (params[name] as any)('a', '2'), { message: /^Method unavailable/ })
})

t.test('what is for React components says so when it is called', async (t) => {
  for (const name of ['useParams', 'usePathname', 'useRouter', 'useSearchParams', 'useSelectedLayoutSegment', 'useSelectedLayoutSegments', 'useServerInsertedHTML', 'unstable_isUnrecognizedActionError'] as const) {
    t.throws(() => (navigation as any)[name](), { code: 'FAR_ERR_NOT_SUPPORTED', message: /is for React components/ }, name)
  }
  for (const name of ['Provider', 'Consumer'] as const) t.throws(() => navigation.ServerInsertedHTMLContext[name], { code: 'FAR_ERR_NOT_SUPPORTED' })
  t.throws(() => server.unstable_rootParams(), { code: 'FAR_ERR_NOT_SUPPORTED' })
})

t.test('ImageResponse of next/server is that of next/og in 13, and has moved since', async (t) => {
  for (const compat of [13, 14, 15, 16] as const) {
    const host = await startProbed(t, 'fastify', { compat })
    const made = await host.probe('/', () => compat === 13 ? new server.ImageResponse({}) instanceof og.ImageResponse : messageOf(() => new server.ImageResponse({})))
    t.match(made, compat === 13 ? true : /moved from "next\/server"/, String(compat))
  }
})

t.test('a request that is made with ip and geo has them', async (t) => {
  const request = new server.NextRequest('http://a.test/', { ip: '192.0.2.1', geo: { city: 'Rome' } })
  t.same([request.ip, request.geo], ['192.0.2.1', { city: 'Rome' }])
  t.notOk('ip' in new server.NextRequest('http://a.test/'))
})

t.test('every export of Next.js for route handlers is there', async (t) => {
  const missing = (module: object, names: string): string[] => names.split(' ').filter((name) => !(name in module))
  t.same(missing(server, 'NextRequest NextResponse ImageResponse URLPattern after connection userAgent userAgentFromString'), [])
  t.same(missing(headersModule, 'cookies draftMode headers'), [])
  t.same(missing(navigation, 'ReadonlyURLSearchParams RedirectType forbidden notFound permanentRedirect redirect unauthorized unstable_isUnrecognizedActionError unstable_rethrow'), [])
  t.same(missing(cache, 'cacheLife cacheTag io navigation prefetch refresh revalidatePath revalidateTag unstable_cache unstable_cacheLife unstable_cacheTag unstable_noStore updateTag'), [])
  t.same(missing(og, 'ImageResponse'), [])
})

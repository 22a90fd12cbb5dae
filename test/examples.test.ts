/** The examples, started as a user starts them, and asked over real HTTP. */
import t from 'tap'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Example {
  url: string
  /** What it says to open. */
  page: string
  /** What it has printed up to its address. */
  printed: string
  /** What it has written to its standard error. */
  complaints: () => string
  process: ChildProcess
}

/** Runs the command of the script in package.json, without its build. */
async function startExample (t: any, name: string, file = 'server.ts'): Promise<Example> {
  const child = spawn(process.execPath, ['node_modules/tsx/dist/cli.mjs', `examples/${name}/${file}`], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.teardown(() => { child.kill() })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text })
  const printed: string[] = []
  for await (const line of createInterface(child.stdout)) {
    printed.push(line)
    const page = /http:\/\/\S+/.exec(line)?.[0]
    if (page !== undefined) return { url: new URL(page).origin, page, printed: printed.join('\n'), complaints: () => complaints, process: child }
  }
  throw new Error(`examples/${name} ended before it printed its address: ${complaints}`)
}

interface Answer extends Response { json: () => Promise<any> }

const json = (body: unknown, method = 'POST'): RequestInit => ({ method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

for (const { name, host } of [{ name: 'fastify', host: 'Fastify' }, { name: 'express', host: 'Express' }]) {
  t.test(`the ${host} example`, async (t) => {
    const example = await startExample(t, name)
    const { url } = example
    const send = (path: string, init?: RequestInit): Promise<Answer> => fetch(url + path, { redirect: 'manual', ...init })
    const status = async (): Promise<{ host: string, notes: number, streams: Record<string, number> }> => await (await send('/legacy/status')).json()

    t.test('is ready for what is printed', async (t) => {
      if (name === 'fastify') t.match(example.printed, /\/:id \(GET, PUT, DELETE, PATCH, HEAD\)/, 'the table of routes')
      t.equal((await status()).host, host)
    })

    t.test('a note through its seven verbs', async (t) => {
      const answer = await send('/api/notes', json({ title: 'First', body: 'one' }))
      t.equal(answer.status, 201)
      const path = answer.headers.get('location')!
      const { id, created } = await answer.json()
      t.equal(path, `/api/notes/${id}`)
      t.same(await (await send(path)).json(), { id, title: 'First', body: 'one', created })

      const replaced = await send(path, json({ title: 'Second' }, 'PUT'))
      t.same(await replaced.json(), { id, title: 'Second', body: '', created })
      const patched = await send(path, json({ body: 'two' }, 'PATCH'))
      t.same(await patched.json(), { id, title: 'Second', body: 'two', created })

      const found = await send('/api/notes?q=SECOND')
      t.same((await found.json()).map((note: { id: number }) => note.id), [id])
      const head = await send('/api/notes?q=SECOND', { method: 'HEAD' })
      t.equal(head.headers.get('x-total-count'), String((await status()).notes), 'the exported HEAD counts all, GET what it found')
      t.equal(await head.text(), '')

      t.equal((await send(path, { method: 'DELETE' })).status, 204)
      for (const method of ['GET', 'DELETE']) t.equal((await send(path, { method })).status, 404, `${method} of what is gone`)
    })

    t.test('refuses what is no note', async (t) => {
      for (const body of ['{"body":"no title"}', '{"title":1}', 'no JSON', '']) {
        // Not JSON by its type, so that no parser of the host answers first.
        t.equal((await send('/api/notes', { method: 'POST', body, headers: { 'content-type': 'text/plain' } })).status, 400, body)
      }
      t.equal((await send('/api/notes/1', json({ title: 7 }, 'PATCH'))).status, 400)
      for (const id of ['x', '0', '99999999999']) t.equal((await send(`/api/notes/${id}`)).status, 404, id)
    })

    t.test('CORS where it is exported, automatic OPTIONS and 405 elsewhere', async (t) => {
      const preflight = await send('/api/notes', { method: 'OPTIONS', headers: { origin: 'http://example.com', 'access-control-request-method': 'POST' } })
      t.equal(preflight.status, 204)
      t.equal(preflight.headers.get('access-control-allow-origin'), '*')
      t.equal(preflight.headers.get('access-control-allow-methods'), 'GET, HEAD, POST')
      t.equal((await send('/api/notes')).headers.get('access-control-allow-origin'), '*')

      const automatic = await send('/api/notes/1', { method: 'OPTIONS' })
      t.equal(automatic.status, 204)
      t.equal(automatic.headers.get('allow'), 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT')
      const refused = await send('/rss.xml', { method: 'POST' })
      t.equal(refused.status, 405)
      t.equal(refused.headers.get('allow'), 'GET, HEAD, OPTIONS')
    })

    t.test('a file comes up in a form, and down again from any depth', async (t) => {
      const bytes = Uint8Array.from({ length: 2 * 1024 * 1024 }, (_, index) => index % 251)
      const form = new FormData()
      form.set('folder', 'photos/2025')
      form.set('file', new File([bytes], 'a cat.png', { type: 'image/png' }))
      const uploaded = await send('/api/files', { method: 'POST', body: form })
      t.equal(uploaded.status, 201)
      t.same(await uploaded.json(), { path: 'photos/2025/a cat.png', type: 'image/png', size: bytes.length })
      const path = uploaded.headers.get('location')!
      t.equal(path, '/api/files/photos/2025/a%20cat.png')

      const downloaded = await send(path)
      t.equal(downloaded.headers.get('content-type'), 'image/png')
      t.match(downloaded.headers.get('content-disposition'), /^attachment; .*a%20cat\.png$/)
      t.ok(Buffer.from(bytes).equals(Buffer.from(await downloaded.arrayBuffer())), 'the very bytes')
      t.match(await (await send('/api/files')).json(), [{ path: 'docs/hello.txt' }, { path: 'photos/2025/a cat.png' }])

      t.test('over its own limit it is 413, before it is sent', async (t) => {
        const upload = request(`${url}/api/files`, { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': 6 * 1024 * 1024 } })
        upload.flushHeaders()
        const [response] = await once(upload, 'response')
        t.equal(response.statusCode, 413)
        upload.destroy()
      })
      t.test('without a file it is 400', async (t) => {
        t.equal((await send('/api/files', { method: 'POST', body: new FormData() })).status, 400)
      })
    })

    t.test('a verb of the old server lives on beside the new ones of its path', async (t) => {
      const form = new FormData()
      form.set('file', new File(['x'], 'old.txt'))
      await send('/api/files', { method: 'POST', body: form })
      t.equal((await send('/api/files/old.txt', { method: 'DELETE' })).status, 204)
      t.equal((await send('/api/files/old.txt')).status, 404)
    })

    t.test('cookies are set, read and deleted', async (t) => {
      const set = await send('/theme', { method: 'POST', body: new URLSearchParams({ theme: 'dark' }) })
      t.equal(set.status, 303)
      t.equal(set.headers.get('location'), `${url}/`)
      const [cookie] = set.headers.getSetCookie()
      t.match(cookie, /^theme=dark; Path=\/; .*Max-Age=31536000; HttpOnly; SameSite=lax$/)
      const headers = { cookie: cookie!.split(';', 1)[0]! }
      t.same(await (await send('/theme', { headers })).json(), { theme: 'dark' })
      t.match(await (await send('/', { headers })).text(), '<html lang="en" data-theme="dark">')
      t.match(await (await send('/')).text(), '<html lang="en" data-theme="auto">')
      const deleted = await send('/theme', { method: 'POST', headers, body: new URLSearchParams({ theme: 'auto' }) })
      t.match(deleted.headers.getSetCookie(), [/^theme=; Path=\/; Expires=Thu, 01 Jan 1970/])
    })

    t.test('redirect() and notFound()', async (t) => {
      const redirected = await send('/n/1')
      t.equal(redirected.status, 307)
      t.equal(redirected.headers.get('location'), '/api/notes/1')
      t.equal((await send('/n/1', { redirect: 'follow' })).url, `${url}/api/notes/1`)
      t.equal((await send('/n/12345')).status, 404)
    })

    t.test('the feed is XML with everything escaped', async (t) => {
      const feed = await send('/rss.xml')
      t.equal(feed.headers.get('content-type'), 'application/rss+xml; charset=utf-8')
      const text = await feed.text()
      t.match(text, '&lt;legacy&gt; &amp; new.')
      t.match(text, `<link>${url}/n/1</link>`)
    })

    t.test('the webhook takes what is signed, byte by byte, and works after its answer', async (t) => {
      // What JSON.stringify would not write again: it has to come to the handler as it was sent.
      const body = '{ "kind":"paid" ,\n"id":"e1"}'
      const signature = createHmac('sha256', 'demo-secret').update(body).digest('hex')
      const deliver = (signature: string, type = 'application/json'): Promise<Response> =>
        send('/api/webhook', { method: 'POST', body, headers: { 'content-type': type, 'x-signature': signature } })
      for (const wrong of ['', 'zz', signature.slice(2), signature.replace(/^./, (char) => char === '0' ? '1' : '0')]) {
        t.equal((await deliver(wrong)).status, 401, `signature "${wrong}"`)
      }
      t.same(await (await send('/api/webhook')).json(), [])
      t.equal((await deliver(signature)).status, 202)
      t.equal((await deliver(signature, 'text/plain')).status, 202, 'whatever its type, and again')
      const events = await until(async () => await (await send('/api/webhook')).json() as object[], (events) => events.length > 0)
      t.same(events, [{ id: 'e1', kind: 'paid' }])
    })

    t.test('tokens arrive one by one', async (t) => {
      const response = await send('/api/tokens?about=tests&pace=20')
      t.equal(response.headers.get('content-type'), 'text/event-stream')
      const chunks: string[] = []
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) chunks.push(chunk)
      t.match(chunks[0], /^data: "You "\n\n/)
      t.notMatch(chunks[0], 'event: done', 'the first is here before the last is written')
      t.ok(chunks.length > 10, `${chunks.length} chunks`)
      t.match(chunks.join(''), /data: "“tests”\. "\n\n/)
      t.match(chunks.at(-1), /event: done\ndata: \{\}\n\n$/)
      t.match((await status()).streams, { open: 0, finished: 1, abandoned: 0 })
    })

    t.test('the stream stops when its reader leaves', async (t) => {
      const leave = new AbortController()
      const response = await send('/api/tokens?pace=1000', { signal: leave.signal })
      const reader = response.body!.getReader()
      t.equal(Buffer.from((await reader.read()).value!).toString(), 'data: "This "\n\n')
      t.equal((await status()).streams.open, 1)
      leave.abort()
      await reader.closed.catch(() => {})
      const { streams } = await until(status, ({ streams }) => streams.open === 0)
      t.match(streams, { open: 0, abandoned: 1 }, 'long before its 40 seconds are over')
    })

    t.test('hooks and decorators of the host reach the route files', async (t) => {
      const stranger = await send('/me')
      t.equal(stranger.status, 401)
      t.equal(stranger.headers.get('www-authenticate'), 'Bearer')
      t.equal((await send('/me', { headers: { authorization: 'Bearer wrong' } })).status, 401)
      const known = await send('/me', { headers: { authorization: 'Bearer demo-token' } })
      t.match(await known.json(), { name: 'Ada', request: known.headers.get('x-request-id')! })
      for (const path of ['/', '/api/notes', '/api/tokens?pace=0', '/legacy/status']) {
        const response = await send(path)
        t.match(response.headers.get('x-request-id'), /^[\da-f-]{36}$/, path)
        await response.arrayBuffer()
      }
    })

    t.test('what one side does not have goes on to the other', async (t) => {
      const before = await status()
      const legacy = await send('/legacy/notes', json({ title: 'By an old route' }))
      t.equal(legacy.status, 201)
      const { id } = await legacy.json()
      t.match(await (await send(`/api/notes/${id}`)).json(), { title: 'By an old route' }, 'both have one database')
      t.equal((await status()).notes, before.notes + 1)
      t.equal((await send('/legacy/notes', json({}))).status, 400, 'the old server parses its bodies itself')

      for (const path of ['/legacy/nothing', '/api/nothing', '/nothing']) {
        const missing = await send(path)
        t.equal(missing.status, 404, path)
        t.same(await missing.json(), { error: 'Nothing here.' }, 'by the host')
      }
      if (name === 'express') t.same(await (await send('/legacy/archive/2024')).json(), { year: '2024', notes: [] }, 'a router behind the app directory')
    })

    t.test('its page works in a browser', { skip: chromium() === undefined && 'no Chromium is installed (Debian: apt-get install chromium)' }, async (t) => {
      const { stdout, status } = spawnSync(chromium()!, [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', `--user-data-dir=${t.testdir()}`, '--virtual-time-budget=10000', '--dump-dom', url
      ], { encoding: 'utf8', timeout: 60_000 })
      t.equal(status, 0)
      t.match(stdout, `<span id="host">${host} server</span>`, 'the old routes answer its script')
      t.match(stdout, '<a href="/api/notes/1">Welcome</a>', 'so do the new ones')
      t.match(stdout, '&lt;legacy&gt; &amp; new.', 'text stays text')
      t.match(stdout, 'docs/hello.txt')
    })

    t.test('SIGTERM ends the streams and then the process', async (t) => {
      const response = await send('/api/tokens?pace=1000')
      const reader = response.body!.getReader()
      await reader.read()
      const exit = once(example.process, 'exit')
      example.process.kill('SIGTERM')
      await t.resolves(toEnd(reader), 'the stream ends properly: a connection that is cut would reject')
      // The client would keep its connection for as long as the server offered.
      t.same(await Promise.race([exit, sleep(20_000, 'still runs', { ref: false })]), [0, null], 'exit code 0')
      t.equal(example.complaints(), '', 'nothing was logged as an error')
    })
  })
}

t.test('the strangler example', async (t) => {
  const example = await startExample(t, 'strangler')
  t.equal((await fetch(example.page)).status, 200, 'the page that it names')
  const ask = asker(example.url)
  const ops = { authorization: 'Bearer ops-token' }
  const setFlag = (name: string, percent: unknown, headers: Record<string, string> = ops): Promise<Asked> =>
    ask({ method: 'PUT', path: `/ops/flags/${name}`, body: { percent }, headers })
  const differences = async (): Promise<any> => (await ask({ path: '/ops/differences', headers: ops })).body

  t.test('ten endpoints answer as they did before the move, with flags half on, and on', async (t) => {
    const before: Asked[] = []
    const old = await startExample(t, 'strangler', 'before.ts')
    for (const request of SHOPPING) before.push(await asker(old.url)(request))
    t.ok(before.every(({ from }) => from === 'express'))
    for (const percent of [50, 100]) {
      const { url } = await startExample(t, 'strangler')
      for (const name of ['read-order', 'place-order']) await asker(url)({ method: 'PUT', path: `/ops/flags/${name}`, body: { percent }, headers: ops })
      const sides = new Set<string>()
      for (const [index, request] of SHOPPING.entries()) {
        const { from, ...answer } = await asker(url)(request)
        const { from: _, ...expected } = before[index]!
        t.same(answer, expected, `${percent} %: ${request.method ?? 'GET'} ${request.path}, by ${from}`)
        if (request.path.startsWith('/orders') && request.method !== 'PATCH' && request.method !== 'DELETE' && request.headers !== undefined) sides.add(from!)
      }
      t.same([...sides].sort(), percent === 100 ? ['route file'] : ['express', 'route file'], 'the side that answers')
    }
  })

  t.test('a flag holds from the next request on', async (t) => {
    const [ada, grace] = [{ path: '/orders/1', headers: ADA }, { path: '/orders/3', headers: GRACE }]
    t.equal((await ask(ada)).from, 'route file')
    t.equal((await ask(grace)).from, 'express')
    t.same((await setFlag('read-order', 100)).body, { name: 'read-order', percent: 100 })
    t.equal((await ask(grace)).from, 'route file')
    await setFlag('read-order', 0)
    t.equal((await ask(ada)).from, 'express')
    for (const percent of [-1, 101, 1.5, '5', undefined]) t.equal((await setFlag('read-order', percent)).status, 400)
    t.equal((await setFlag('nothing', 5)).status, 404)
    t.equal((await setFlag('read-order', 100, ADA)).status, 401, 'by operators only')
    t.equal((await ask({ path: '/ops/differences' })).status, 401)
  })

  t.test('the shadow finds the mistake of the new report', async (t) => {
    t.equal((await ask({ path: '/reports/sales' })).from, 'express')
    await ask({ method: 'DELETE', path: '/orders/2', headers: ADA })
    t.equal((await ask({ path: '/reports/sales' })).body.sales.length, 1, 'the old answer stays right')
    const reports = await until(differences, ({ length }) => length > 0)
    t.same(reports, [{ method: 'GET', path: '/reports/sales', diff: ['$.sales[1]', '+ {"product":"Chair","sold":1,"cents":"[masked]"}'] }], 'once, and none before')
  })

  t.test('SIGTERM ends it', async (t) => {
    const exit = once(example.process, 'exit')
    example.process.kill('SIGTERM')
    t.same(await Promise.race([exit, sleep(20_000, 'still runs', { ref: false })]), [0, null])
    t.equal(example.complaints(), '')
  })
})

interface Asking { method?: string, path: string, headers?: Record<string, string>, body?: unknown }

interface Asked { status: number, location: string | null, body: any, from: string | null }

const ADA = { authorization: 'Bearer ada-token' }
const GRACE = { authorization: 'Bearer grace-token' }

/** Each of the ten endpoints, in good and in bad, one after the other. */
const SHOPPING: Asking[] = [
  { path: '/products' },
  { path: '/products/1' },
  { path: '/products/9' },
  { path: '/products/lamp' },
  { method: 'POST', path: '/products', body: { name: 'Bed', cents: 40_000 } },
  { method: 'POST', path: '/products', body: { name: 'Bed' } },
  { path: '/products/4' },
  { method: 'POST', path: '/orders', body: { product: 1, quantity: 1 } },
  ...[ADA, GRACE].flatMap((headers): Asking[] => [
    { method: 'POST', path: '/orders', headers, body: { product: 1, quantity: 2 } },
    { method: 'POST', path: '/orders', headers, body: { product: 3, quantity: 1 } },
    { method: 'POST', path: '/orders', headers, body: { product: 'Lamp' } },
    ...['1', '3', '9', 'x'].map((id): Asking => ({ path: `/orders/${id}`, headers }))
  ]),
  { path: '/orders/1' },
  { method: 'PATCH', path: '/orders/2', headers: ADA },
  { method: 'DELETE', path: '/orders/2', headers: ADA },
  { method: 'DELETE', path: '/orders/4', headers: ADA },
  { path: '/customers/me', headers: ADA },
  { path: '/customers/me' },
  { path: '/customers/me/orders', headers: GRACE },
  { path: '/reports/sales' },
  { path: '/nothing' },
  { method: 'PUT', path: '/products/1', body: {} }
]

const asker = (url: string) => async ({ path, method = 'GET', headers = {}, body }: Asking): Promise<Asked> => {
  const response = await fetch(url + path, body === undefined ? { method, headers } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })
  const text = await response.text()
  // The one member that is never the same.
  const parsed = text === '' ? '' : JSON.parse(text, (name, value: unknown) => name === 'at' ? undefined : value)
  return { status: response.status, location: response.headers.get('location'), body: parsed, from: response.headers.get('x-served-by') }
}

async function toEnd (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}

/** Asks again until the answer is as wanted, a bounded number of times. */
async function until<T> (ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  let answer = await ask()
  for (let asked = 1; asked < 500 && !wanted(answer); asked++) answer = await ask()
  return answer
}

function chromium (): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome'].find((command) => spawnSync(command, ['--version']).status === 0)
}

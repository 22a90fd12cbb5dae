/**
 * Libraries written for Next.js route handlers, in route files as their own pages teach them. `project` is a Next.js
 * project with a package.json of its own, since they are many and heavy: `npm ci --prefix test/libraries/project`.
 */
import { createHmac } from 'node:crypto'
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import appRoutes from 'fastify-app-routes'
import { start, type HostName } from '../hosts.ts'
import { Browser, type Answer } from './browser.ts'

const project = path.join(import.meta.dirname, 'project')
const skip = existsSync(path.join(project, 'node_modules/next-auth')) ? false : 'the libraries are not installed: npm ci --prefix test/libraries/project --ignore-scripts --legacy-peer-deps'

// For next-auth: the origin is what the request says.
process.env.AUTH_TRUST_HOST = '1'
t.setTimeout(120_000)

/** The same project in a package of ES modules, where Node.js itself resolves and evaluates what it imports. */
function moduleProject (): string {
  const dir = t.testdir({ older: {} })
  for (const name of ['app', 'lib', 'tsconfig.json', 'older/app']) cpSync(path.join(project, name), path.join(dir, name), { recursive: true })
  for (const name of ['node_modules', 'older/node_modules']) symlinkSync(path.join(project, name), path.join(dir, name))
  writeFileSync(path.join(dir, 'package.json'), '{ "type": "module" }')
  return dir
}

interface Server { browser: () => Browser }

const CASES: Record<string, (t: any, server: Server) => Promise<void>> = {
  async 'next-auth 4: sign-in with credentials, session, sign-out' (t, { browser }) {
    const visitor = browser()
    t.same(await visitor.json('/api/auth/session'), {})
    t.equal((await visitor.send('/api/me')).status, 401)
    t.match(await visitor.json('/api/auth/providers'), { credentials: { id: 'credentials', type: 'credentials', callbackUrl: /^http:\/\/localhost:\d+\/api\/auth\/callback\/credentials$/ } })
    const page = await visitor.send('/api/auth/signin')
    t.match(page.headers.get('content-type'), 'text/html')
    t.match(await page.text(), 'name="password"')

    const { csrfToken } = await visitor.json('/api/auth/csrf')
    t.same([...visitor.cookies.keys()].sort(), ['next-auth.callback-url', 'next-auth.csrf-token'])
    const signIn = (password: string, token = csrfToken): Promise<Answer> =>
      visitor.post('/api/auth/callback/credentials', new URLSearchParams({ csrfToken: token, username: 'Ada', password, callbackUrl: '/welcome', json: 'true' }))

    const withoutToken = await signIn('countess', 'forged')
    t.match((await withoutToken.json()).url, '/api/auth/signin?csrf=true', 'a forged token is refused')
    const wrong = await signIn('wrong')
    t.equal(wrong.status, 401)
    t.match((await wrong.json()).url, 'error=CredentialsSignin')
    t.equal((await visitor.send('/api/me')).status, 401)

    const right = await signIn('countess')
    t.equal(right.status, 200)
    t.match((await right.json()).url, /^http:\/\/localhost:\d+\/welcome$/)
    t.match(right.headers.getSetCookie().find((cookie) => cookie.startsWith('next-auth.session-token=')), /; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax/)
    const user = { name: 'Ada', email: 'ada@example.com', id: '1815' }
    t.match(await visitor.json('/api/auth/session'), { user, expires: String })
    t.same(await visitor.json('/api/me'), { user }, 'getServerSession()')
    t.same(await visitor.json('/api/token'), { id: '1815' }, 'getToken()')
    t.same(await browser().json('/api/auth/session'), {}, 'somebody else is not signed in')

    const form = await visitor.post('/api/auth/signout', new URLSearchParams({ csrfToken, callbackUrl: '/bye' }))
    t.equal(form.status, 302, 'a form without script is redirected')
    t.match(form.headers.get('location'), /\/bye$/)
    t.notOk(visitor.cookies.has('next-auth.session-token'))
    t.same(await visitor.json('/api/auth/session'), {})
    t.equal((await visitor.send('/api/me')).status, 401)
  },

  async 'iron-session: by cookies(), and by request and response' (t, { browser }) {
    const visitor = browser()
    t.same(await visitor.json('/api/profile'), { username: null })
    const login = await visitor.post('/api/login', new URLSearchParams({ username: 'Ada' }))
    t.equal(login.status, 307, 'redirect() after save()')
    t.equal(login.headers.get('location'), '/api/profile')
    t.match(login.headers.getSetCookie(), [/^iron=[^;]+; Path=\/; Expires=[^;]+; Max-Age=1209540; HttpOnly; SameSite=lax$/])
    const byForm = await visitor.send('/api/login', { method: 'POST', body: 'username=Ada', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    t.equal(byForm.status, 303, 'a plain form is followed by GET')
    t.same(await visitor.json('/api/profile'), { username: 'Ada', visits: 1 })
    t.same(await visitor.json('/api/profile'), { username: 'Ada', visits: 2 })
    const forger = browser()
    forger.cookies.set('iron', visitor.cookies.get('iron')!.replace('*', '*A'))
    t.same(await forger.json('/api/profile'), { username: null }, 'a forged seal is no session')
    t.same(await visitor.json('/api/logout', { method: 'POST' }), { ok: true })
    t.notOk(visitor.cookies.has('iron'))
    t.same(await visitor.json('/api/profile'), { username: null })
  },

  async 'ai: streamText() as a stream of UI messages' (t, { browser }) {
    const response = await browser().post('/api/chat', { id: 'c1', messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] })
    t.equal(response.status, 200)
    t.match(response.headers.get('content-type'), 'text/event-stream')
    t.equal(response.headers.get('x-vercel-ai-ui-message-stream'), 'v1')
    const events = (await response.text()).trim().split('\n\n').map((line) => line.replace('data: ', ''))
    t.equal(events.pop(), '[DONE]')
    const chunks = events.map((event) => JSON.parse(event))
    t.same(chunks.map(({ type }) => type), ['start', 'start-step', 'text-start', 'text-delta', 'text-delta', 'text-end', 'finish-step', 'finish'])
    t.equal(chunks.map(({ delta = '' }) => delta).join(''), 'You said: [{"type":"text","text":"Hi"}]')
  },

  async 'ai 3: StreamingTextResponse' (t, { browser }) {
    const chat = await browser().post('/older/chat', { messages: [{ role: 'user', content: 'one two' }] })
    t.equal(chat.status, 200)
    t.equal(chat.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.equal(chat.headers.get('x-model'), 'mock')
    t.equal(await chat.text(), 'You said: one two')
    const completion = await browser().post('/older/completion', { prompt: 'Hi' })
    t.match(await completion.text(), /^0:"Hello, "\n0:"world!"\n/)
  },

  async '@trpc/server: query, mutation, batch, subscription' (t, { browser }) {
    const caller = browser()
    const input = (value: unknown): string => encodeURIComponent(JSON.stringify(value))
    t.same(await caller.json(`/api/trpc/greet?input=${input({ name: 'Ada' })}`), { result: { data: 'Hello Ada' } })
    t.same(await (await caller.post('/api/trpc/add', { a: 1, b: 2 })).json(), { result: { data: 3 } })
    const refused = await caller.post('/api/trpc/add', { a: 'one' })
    t.equal(refused.status, 400)
    t.match(await refused.json(), { error: { data: { code: 'BAD_REQUEST', path: 'add' } } })

    const batch = await caller.send(`/api/trpc/greet,whoami,secret?batch=1&input=${input({ 0: { name: 'Ada' } })}`)
    t.equal(batch.status, 207)
    t.match(await batch.json(), [{ result: { data: 'Hello Ada' } }, { result: { data: null } }, { error: { data: { code: 'UNAUTHORIZED', httpStatus: 401 } } }])
    t.same(await (await caller.post('/api/trpc/add,add?batch=1', { 0: { a: 1, b: 1 }, 1: { a: 2, b: 2 } })).json(), [{ result: { data: 2 } }, { result: { data: 4 } }])
    caller.cookies.set('user', 'ada')
    t.same(await caller.json('/api/trpc/whoami,secret?batch=1&input=%7B%7D'), [{ result: { data: 'ada' } }, { result: { data: 42 } }])

    const streamed = await caller.send(`/api/trpc/greet,whoami?batch=1&input=${input({ 0: { name: 'Ada' } })}`, { headers: { 'trpc-accept': 'application/jsonl' } })
    const lines = await streamed.text()
    for (const result of ['"Hello Ada"', '"ada"']) t.match(lines, result, 'httpBatchStreamLink')
    const events = await caller.send('/api/trpc/count?input=2')
    t.match(events.headers.get('content-type'), 'text/event-stream')
    t.match(await events.text(), /data: 1\n[^]*data: 2\n[^]*event: return/)
    t.equal((await caller.send('/api/trpc/nowhere')).status, 404)
  },

  async 'graphql-yoga: query, mutation, subscription, GraphiQL, CORS' (t, { browser }) {
    const client = browser()
    t.same(await (await client.post('/api/graphql', { query: 'query ($n: String) { greetings(name: $n) }', variables: { n: 'Ada' } })).json(), { data: { greetings: 'Hello Ada' } })
    t.same(await client.json(`/api/graphql?query=${encodeURIComponent('{ greetings }')}`), { data: { greetings: 'Hello world' } })
    t.same(await (await client.post('/api/graphql', { query: 'mutation { shout(text: "hi") }' })).json(), { data: { shout: 'HI' } })
    t.match(await (await client.post('/api/graphql', { query: '{ nothing }' })).json(), { errors: [{ message: /Cannot query field "nothing"/ }] })
    const events = await client.post('/api/graphql', { query: 'subscription { countdown(from: 1) }' }, { accept: 'text/event-stream' })
    t.match(events.headers.get('content-type'), 'text/event-stream')
    t.match(await events.text(), /"countdown":1[^]*"countdown":0[^]*event: complete/)
    const page = await client.send('/api/graphql', { headers: { accept: 'text/html' } })
    t.match(await page.text(), 'GraphiQL')
    const preflight = await client.send('/api/graphql', { method: 'OPTIONS', headers: { origin: 'http://shop.example', 'access-control-request-method': 'POST' } })
    t.equal(preflight.status, 204)
    t.equal(preflight.headers.get('access-control-allow-origin'), 'http://shop.example')
  },

  async 'zod-form-data: fields and files of multipart and urlencoded forms' (t, { browser }) {
    const form = new FormData()
    for (const [name, value] of [['name', 'Ada'], ['age', '36'], ['terms', 'on'], ['hobbies', 'maths'], ['hobbies', 'music']] as const) form.append(name, value)
    form.append('photo', new File(['pixels'], 'ada.png', { type: 'image/png' }))
    const parsed = { name: 'Ada', age: 36, terms: true, hobbies: ['maths', 'music'] }
    t.same(await (await browser().post('/api/signup', form)).json(), { ...parsed, photo: { name: 'ada.png', type: 'image/png', text: 'pixels' } })
    t.same(await (await browser().post('/api/signup', new URLSearchParams('name=Ada&age=36&terms=on&hobbies=maths&hobbies=music'))).json(), parsed)
    const refused = await browser().post('/api/signup', new URLSearchParams('name=Ada&age=7'))
    t.equal(refused.status, 422)
    t.match(await refused.json(), { errors: { age: [String] } })
  },

  async 'mcp-handler: initialize, tools/list, tools/call' (t, { browser }) {
    const client = browser()
    let id = 0
    const call = async (method: string, params: object): Promise<any> => {
      const response = await client.post('/api/mcp', { jsonrpc: '2.0', id: ++id, method, params }, { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-06-18' })
      t.equal(response.status, 200, method)
      const text = await response.text()
      const message = JSON.parse(response.headers.get('content-type')!.startsWith('text/event-stream') ? /^data: (.*)$/m.exec(text)![1]! : text)
      t.equal(message.id, id)
      return message.result
    }
    t.match(await call('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } }), { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: String } })
    const initialized = await client.post('/api/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' }, { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-06-18' })
    t.equal(initialized.status, 202)
    t.match(await call('tools/list', {}), { tools: [{ name: 'add', title: 'Add', inputSchema: { type: 'object', required: ['a', 'b'] } }] })
    t.match(await call('tools/call', { name: 'add', arguments: { a: 20, b: 22 } }), { content: [{ type: 'text', text: '42' }] })
    t.equal((await client.send('/api/mcp', { headers: { accept: 'text/event-stream' } })).status, 405, 'it keeps no streams of its own')
  },

  async 'stripe: a signed webhook' (t, { browser }) {
    const payload = JSON.stringify({ id: 'evt_1', object: 'event', type: 'invoice.paid', data: { object: { description: 'naïve, "quoted"' } } }, null, 2)
    const timestamp = Math.floor(Date.now() / 1000)
    const signature = createHmac('sha256', 'whsec_test').update(`${timestamp}.${payload}`).digest('hex')
    const deliver = (body: string, header: string): Promise<Answer> => browser().send('/api/webhooks/stripe', { method: 'POST', body, headers: { 'content-type': 'application/json', 'stripe-signature': header } })
    const accepted = await deliver(payload, `t=${timestamp},v1=${signature}`)
    t.same([accepted.status, await accepted.json()], [200, { received: 'invoice.paid' }])
    const changed = await deliver(payload.replace('paid', 'void'), `t=${timestamp},v1=${signature}`)
    t.same([changed.status, await changed.json()], [400, { error: 'StripeSignatureVerificationError' }])
  },

  async 'next-connect: createEdgeRouter()' (t, { browser }) {
    const read = await browser().send('/api/users/5', { headers: { 'x-user': 'ada' } })
    t.equal(read.headers.get('x-took'), '1')
    t.same(await read.json(), { id: '5', path: '/api/users/5', user: 'ada' })
    const put = (user: string): Promise<Answer> => browser().send('/api/users/5', { method: 'PUT', body: '{"name":"Ada"}', headers: { 'x-user': user } })
    t.same(await (await put('5')).json(), { id: '5', name: 'Ada' })
    t.equal((await put('6')).status, 403)
  },

  async 'jose: tokens made and verified' (t, { browser }) {
    const client = browser()
    t.same(await client.json('/api/jwt'), { error: 'ERR_JWS_INVALID' })
    const { token } = await (await client.post('/api/jwt', { sub: 'ada' })).json()
    t.same(await client.json('/api/jwt'), { sub: 'ada', role: 'admin' }, 'by cookie')
    t.same(await browser().json('/api/jwt', { headers: { authorization: `Bearer ${token}` } }), { sub: 'ada', role: 'admin' }, 'by header')
    t.same(await browser().json('/api/jwt', { headers: { authorization: `Bearer ${token}A` } }), { error: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  }
}

t.test('docs/libraries.md shows these files and names these versions', async (t) => {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/libraries.md'), 'utf8')
  for (const [, file, text] of page.matchAll(/^```ts\n\/\/ (.*)\n([^]*?)^```$/gm)) t.equal(text, readFileSync(path.join(project, file!), 'utf8'), file)
  const { packages } = JSON.parse(readFileSync(path.join(project, 'package-lock.json'), 'utf8'))
  const rows = [...page.matchAll(/^\| \[?([^\]|]+?)(?:\].*?)? \| (\d[\d.]+) \|/gm)].map(([, name, version]) => [name, version])
  t.equal(rows.length, Object.keys(CASES).length)
  for (const [name, version] of rows) t.ok([`node_modules/${name}`, `older/node_modules/${name}`].some((at) => packages[at]?.version === version), `${name} ${version}`)
})

const RUNS: Array<[HostName, string, () => string]> = [
  ['fastify', 'a package without "type"', () => project],
  ['express 5', 'a package without "type"', () => project],
  ['fastify', 'a package of "type": "module"', moduleProject],
  ['express 4', 'a package of "type": "module"', moduleProject]
]

for (const [name, kind, find] of RUNS) {
  t.test(`${name}, ${kind}`, { skip }, async (t) => {
    const dir = find()
    const older = path.join(dir, 'older/app')
    const host = await start(name, {
      dir: path.join(dir, 'app'),
      fastify: async (server) => { await server.register(appRoutes, { dir: older, prefix: '/older' }) },
      express: async (app) => {
        const middleware = expressRoutes(older)
        app.use('/older', middleware as any)
        await middleware.ready()
      }
    })
    t.teardown(() => host.close())
    for (const [title, run] of Object.entries(CASES)) {
      await t.test(title, async (t) => { await run(t, { browser: () => new Browser(host.url) }) })
    }
    t.same(host.errors, [])
  })
}

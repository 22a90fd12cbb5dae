/**
 * Real Next.js in the same process, as a custom server has it: its pages and route handlers, our route files, and two
 * libraries under node_modules that import `next/*` and are used on both sides. They are loaded once, so it is the request
 * that decides whose `cookies()` they get.
 */
import path from 'node:path'
import t from 'tap'
import { buildProject, installed, run } from '../conformance/recorder/next.ts'

const next = installed(path.resolve(import.meta.dirname, '../../.cache/next-16'))
const skip = next === undefined ? 'there is no .cache/next-16: npm run record -- 16 --check installs it' : false

/** The same on both sides; `by` tells which. */
const handlers = (by: string): string => `
  import { enter, leave, later, ran, who } from 'cjs-library'
  import { answer } from 'esm-library'
  export async function GET (request) {
    const to = request.nextUrl.searchParams.get('to')
    if (to !== null) leave(to)
    later('${by}')
    return answer({ by: '${by}', who: await who(), ran: ran('${by}') })
  }
  export async function POST (request) {
    await enter((await request.json()).name)
    return new Response(null, { status: 204 })
  }`

const module = (name: string): string => JSON.stringify(import.meta.resolve(name))

const FILES = {
  'next.config.mjs': "export default { serverExternalPackages: ['cjs-library', 'esm-library'] }",
  app: {
    'layout.js': 'export default ({ children }) => <html><body>{children}</body></html>',
    'page.js': `
    import { who } from 'cjs-library'
    import { agent } from 'esm-library'
    export default async function Page () { return <p>{\`page for \${await who()} by \${await agent()}\`}</p> }`,
    'of-next': { 'route.js': handlers('next') }
  },
  mine: { api: { 'route.js': handlers('us') } },
  node_modules: { // eslint-disable-line camelcase
    'cjs-library': {
      'package.json': '{ "name": "cjs-library", "version": "1.0.0", "main": "index.js" }',
      'index.js': `
      const { cookies } = require('next/headers')
      const { notFound, redirect } = require('next/navigation')
      const { after } = require('next/server')
      const tasks = { next: 0, us: 0 }
      exports.who = async () => (await cookies()).get('who')?.value
      exports.enter = async (name) => { (await cookies()).set('who', name) }
      exports.leave = (to) => { if (to === 'nowhere') notFound(); redirect(to) }
      exports.later = (by) => { after(() => { tasks[by]++ }) }
      exports.ran = (by) => tasks[by]`
    },
    'esm-library': {
      'package.json': '{ "name": "esm-library", "version": "1.0.0", "type": "module", "main": "index.js" }',
      'index.js': `
      import { headers } from 'next/headers.js'
      import { NextResponse } from 'next/server.js'
      export const agent = async () => (await headers()).get('user-agent')
      export const answer = (body) => NextResponse.json(body, { headers: { 'x-library': 'esm' } })`
    }
  },
  'fastify.mjs': `
  import Fastify from ${module('fastify')}
  import appRoutes from ${module('fastify-app-routes')}
  export async function start (dir, handle, prepare) {
    await prepare()
    const server = Fastify()
    await server.register(appRoutes, { dir, fallback: (req, res) => handle(req, res) })
    return [await server.listen({ port: 0, host: '127.0.0.1' }), () => server.close()]
  }`,
  'express.mjs': `
  import { once } from 'node:events'
  import express from ${module('express')}
  import { appRoutes } from ${module('fastify-app-routes/express')}
  export async function start (dir, handle, prepare) {
    const routes = appRoutes(dir)
    await routes.ready()
    await prepare()
    const server = express().use(routes).use((req, res) => handle(req, res)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return ['http://127.0.0.1:' + server.address().port, async () => { server.close(); server.closeAllConnections(); await routes.close() }]
  }`,
  'main.mjs': `
  import path from 'node:path'
  import next from 'next'
  const { start } = await import('./' + process.argv[2] + '.mjs')
  const application = next({ dev: false, dir: import.meta.dirname })
  const [url, close] = await start(path.join(import.meta.dirname, 'mine'), application.getRequestHandler(), () => application.prepare())
  const send = async (path, init) => {
    const response = await fetch(url + path, { redirect: 'manual', headers: { cookie: 'who=ada', 'user-agent': 'tester' }, ...init })
    const text = await response.text()
    return {
      status: response.status,
      library: response.headers.get('x-library'),
      cookie: response.headers.get('set-cookie'),
      location: response.headers.get('location'),
      text: /<p>.*?<\\/p>/.exec(text)?.[0] ?? text.slice(0, 100)
    }
  }
  const answers = []
  for (const path of ['/of-next', '/api']) {
    answers.push(await send('/'), await send(path), await send(path, { method: 'POST', body: '{"name":"grace"}' }), await send(path + '?to=nowhere'), await send(path + '?to=/x'), await send(path))
  }
  answers.push(await send('/elsewhere'))
  await close()
  await application.close()
  console.log(JSON.stringify(answers))
  process.exit()`
}

t.test('pages and route handlers of Next.js, and route files', { skip, timeout: 110_000 }, async (t) => {
  const { project, remove } = await buildProject(next!, t.testdir(FILES))
  t.teardown(remove)
  const nothing = { library: null, cookie: null, location: null, text: '' }
  const side = (by: string): object[] => [
    { status: 200, text: '<p>page for ada by tester</p>' },
    { status: 200, library: 'esm', text: `{"by":"${by}","who":"ada","ran":0}` },
    { ...nothing, status: 204, cookie: 'who=grace; Path=/' },
    { ...nothing, status: 404 },
    { ...nothing, status: 307, location: '/x' },
    { status: 200, library: 'esm', text: `{"by":"${by}","who":"ada","ran":1}` }
  ]
  const expected = [...side('next'), ...side('us'), { status: 404, text: /^<!DOCTYPE html>/ }]
  for (const [version, node] of [['this Node.js', process.execPath], ['22', process.env.NODE_22], ['24', process.env.NODE_24], ['26', process.env.NODE_26]]) {
    for (const host of ['fastify', 'express']) {
      await t.test(`${version}, ${host}`, { skip: node === undefined ? `NODE_${version} is not set` : false }, async (t) => {
        const out = await run(node!, ['main.mjs', host], project, { NODE_ENV: 'production' })
        const answers = JSON.parse(out.slice(out.indexOf('[{'))) as object[]
        t.equal(answers.length, expected.length)
        t.match(answers, expected)
      })
    }
  }
})

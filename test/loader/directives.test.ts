/** Directives of Next.js that would be passed over in silence. */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { refuseDirectives } from '../../lib/loader/directives.ts'

const run = promisify(execFile)

t.test('what is the directive, and what only looks like it', async (t) => {
  for (const source of [
    "'use cache'\nexport const a = 1",
    '"use cache";export const a = 1',
    "// Data\n/* of\nours */\n'use cache'\n",
    "async function f () {\n  'use cache'\n  return 1\n}",
    "const f = async () => { 'use cache: remote'; return 1 }",
    "const f = async () => {'use cache: private'}"
  ]) t.throws(() => { refuseDirectives(source, '/a/data.ts') }, { code: 'FAR_ERR_NOT_SUPPORTED', message: /^\/a\/data\.ts has the directive 'use cache'/ }, source)
  for (const source of [
    "export const a = 'use cache'",
    "// 'use cache'\nexport const a = 1",
    "call('use cache')",
    "const a = { text: 'use cache' }",
    "'use server'\nexport const a = 1",
    "x = { 'use cache': 1 }"
  ]) t.doesNotThrow(() => { refuseDirectives(source, '/a/data.ts') }, source)
})

const SERVER = `
import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const messages = []
for (const dir of ['module', 'script']) {
  const fastify = Fastify()
  try {
    await fastify.register(appRoutes, new URL('./' + dir, import.meta.url))
    messages.push('started')
  } catch (error) { messages.push(error.code + ' ' + error.message) }
  await fastify.close().catch(() => {})
}
console.log(JSON.stringify(messages))
`

const FILES = {
  'server.mjs': SERVER,
  'data.mjs': "export async function posts () {\n  'use cache'\n  return []\n}",
  'data.cjs': "exports.posts = async () => {\n  'use cache'\n  return []\n}",
  module: { posts: { 'route.mjs': "import { posts } from '../../data.mjs'\nexport const GET = async () => Response.json(await posts())" } },
  script: { posts: { 'route.cjs': "const { posts } = require('../../data.cjs')\nexports.GET = async () => Response.json(await posts())" } }
}

for (const [name, bin] of [[process.version, process.execPath], ...['22', '24', '26'].map((major) => [`v${major}`, process.env[`NODE_${major}`]])] as Array<[string, string | undefined]>) {
  t.test(`a module that has it keeps the server from starting, on Node.js ${name}`, { skip: bin === undefined ? `NODE_${name.slice(1)} is not set` : false }, async (t) => {
    const dir = t.testdir(FILES)
    const { stdout } = await run(bin!, ['--no-warnings', path.join(dir, 'server.mjs')], { env: { ...process.env, NODE_OPTIONS: '' } })
    const [module, script] = JSON.parse(stdout) as [string, string]
    t.match(module, /^FAR_ERR_APP_DIRECTORY .*data\.mjs has the directive 'use cache'.*posts\/route\.mjs/s)
    t.match(script, /^FAR_ERR_APP_DIRECTORY .*data\.cjs has the directive 'use cache'.*posts\/route\.cjs/s)
  })
}

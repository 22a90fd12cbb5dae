/** `serverRuntimeConfig` and `publicRuntimeConfig`, which files of Next.js 13 to 15 ask for by `getConfig()`. */
import path from 'node:path'
import t from 'tap'
import { onEveryHost, type HostName } from '../hosts.ts'

const HOSTS: HostName[] = ['fastify', 'express 5']
const MODULES = 'node_modules'
const CONFIG = 'export default { serverRuntimeConfig: { secret: 1 }, reactStrictMode: true }'

/** As in Next.js 14.2.35. */
const NEXT = {
  'package.json': '{ "name": "next", "version": "14.2.35" }',
  'config.js': `
    Object.defineProperty(exports, '__esModule', { value: true })
    let runtimeConfig
    exports.default = () => runtimeConfig
    exports.setConfig = (value) => { runtimeConfig = value }`
}

const readBy = (messages: any[]): string => messages.map(({ msg }) => msg as string).find((message) => message.includes('next.config'))!

t.test('getConfig() gives them while files are loaded, and later', async (t) => {
  const root = t.testdir({
    [MODULES]: { next: NEXT },
    'next.config.mjs': CONFIG,
    app: {
      module: { 'route.mjs': "import getConfig from 'next/config'\nconst { serverRuntimeConfig } = getConfig()\nexport const GET = () => Response.json([serverRuntimeConfig, getConfig()])" },
      commonjs: { 'route.cjs': "const { default: getConfig } = require('next/config')\nconst { serverRuntimeConfig } = getConfig()\nexports.GET = () => Response.json([serverRuntimeConfig, getConfig()])" }
    }
  })
  const messages: any[] = []
  onEveryHost(t, { dir: path.join(root, 'app'), nextConfig: path.join(root, 'next.config.mjs'), fastifyOptions: { logger: { level: 'info', stream: { write: (line: string) => { messages.push(JSON.parse(line)) } } } } }, async (t, { name, send }) => {
    for (const file of ['module', 'commonjs']) t.same((await send(`/${file}`)).json(), [{ secret: 1 }, { serverRuntimeConfig: { secret: 1 }, publicRuntimeConfig: {} }], file)
    if (name === 'fastify') t.equal(readBy(messages), 'next.config.mjs: serverRuntimeConfig read; ignored: reactStrictMode')
  }, HOSTS)
})

t.test('without a Next.js that has next/config they are ignored', async (t) => {
  const root = t.testdir({
    [MODULES]: { next: { 'package.json': '{ "name": "next", "version": "16.4.6" }' } },
    'next.config.mjs': CONFIG,
    app: { 'route.mjs': "export const GET = () => new Response('served')" }
  })
  const messages: any[] = []
  onEveryHost(t, { dir: path.join(root, 'app'), nextConfig: path.join(root, 'next.config.mjs'), fastifyOptions: { logger: { level: 'info', stream: { write: (line: string) => { messages.push(JSON.parse(line)) } } } } }, async (t, { send }) => {
    t.equal((await send('/')).text, 'served')
    t.equal(readBy(messages), 'next.config.mjs: nothing read; ignored: serverRuntimeConfig, reactStrictMode')
  }, ['fastify'])
})

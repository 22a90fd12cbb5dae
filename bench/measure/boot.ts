import assert from 'node:assert/strict'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CACHE } from '../build.ts'
import { startPeer } from '../processes.ts'
import type { Measure } from './measure.ts'

/** Start-up time and memory with many route files; plain Fastify imports the same modules and registers the same routes by hand. */
export function measureBoot (files: number): Measure {
  return async ({ name, module, env }, { request, expect }, { settings, cores }) => {
    const dir = writeApplication(files)
    const peer = startPeer(cores?.server, 'boot.mjs', [module, dir, request.path], { node: settings.node, nodeArgs: ['--expose-gc'], env })
    try {
      const { startUp, heap, statusCode, body } = await peer.answer<{ startUp: number, heap: number, statusCode: number, body: string }>()
      assert.deepEqual({ status: statusCode, body }, expect, `${name} answers wrongly with ${files} routes`)
      return { startUp, routeMemory: heap / files }
    } finally {
      await peer.stop()
    }
  }
}

/** An application of compiled modules, and a module that registers them in plain Fastify. */
function writeApplication (files: number): string {
  const dir = path.join(CACHE, `routes-${files}`)
  if (existsSync(dir)) return dir
  const draft = `${dir}-draft`
  rmSync(draft, { recursive: true, force: true })
  const routes = Array.from({ length: files }, (_, i) => `section-${i % 10}/item-${i}/[id]`)
  for (const [i, route] of routes.entries()) {
    mkdirSync(path.join(draft, 'app', route), { recursive: true })
    writeFileSync(path.join(draft, 'app', route, 'route.js'), `export async function GET () {\n  return Response.json({ item: ${i} })\n}\n\nexport async function POST (request) {\n  return Response.json(await request.json())\n}\n`)
  }
  writeFileSync(path.join(draft, 'package.json'), '{ "type": "module" }')
  writeFileSync(path.join(draft, 'by-hand.js'), [
    ...routes.map((route, i) => `import * as r${i} from './app/${route}/route.js'`),
    'export function register (fastify) {',
    ...routes.flatMap((route, i) => ['GET', 'POST'].map((method) => `  fastify.${method.toLowerCase()}('/${route.replace('[id]', ':id')}', (request) => r${i}.${method}(request))`)),
    '}'
  ].join('\n'))
  renameSync(draft, dir)
  return dir
}

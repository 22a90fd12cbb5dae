/** A next.config that imports `next/constants`, where Next.js is not installed and where it is, on every Node.js that is at hand. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import * as constants from '../../lib/next/constants.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const REAL_NEXT = path.join(ROOT, '.cache/next-16/node_modules/next')

const CONFIG = '(phase, { defaultConfig }) => ({ ...defaultConfig, basePath: phase === PHASE_PRODUCTION_SERVER && PHASE_ANALYZE === "phase-analyze" ? "/production" : phase === PHASE_DEVELOPMENT_SERVER ? "/development" : undefined })'
const NAMES = '{ PHASE_ANALYZE, PHASE_DEVELOPMENT_SERVER, PHASE_PRODUCTION_SERVER }'
const FILES: Record<string, string> = {
  'a.config.mjs': `import ${NAMES} from 'next/constants'\nexport default ${CONFIG}`,
  'b.config.mjs': `import ${NAMES} from 'next/constants.js'\nexport default ${CONFIG}`,
  'c.config.cjs': `const ${NAMES} = require('next/constants')\nmodule.exports = ${CONFIG}`,
  'd.config.js': `const ${NAMES} = require('next/constants.js')\nmodule.exports = async ${CONFIG}`,
  'e.config.ts': `import type { NextConfig } from 'next'\nimport ${NAMES} from 'next/constants'\nexport default ${CONFIG.replace(') =>', ': { defaultConfig: object }): NextConfig =>').replace('(phase', '(phase: string')}`,
  'f.config.mjs': "export { default } from './c.config.cjs'",
  'server.mjs': `
import Fastify from 'fastify'
import appRoutes from 'fastify-app-routes'
const results = {}
for (const file of process.argv.slice(2)) {
  const server = Fastify()
  try {
    await server.register(appRoutes, { dir: './app', nextConfig: file })
    results[file] = (await server.inject('/' + process.env.NODE_ENV + '/x')).payload
  } catch (error) { results[file] = String(error) }
  await server.close()
}
console.log(JSON.stringify(results))`
}

const NODES = [process.execPath, ...['NODE_22', 'NODE_24', 'NODE_26'].flatMap((name) => process.env[name] ?? [])]

t.test('the constants are those of Next.js 16', { skip: !existsSync(REAL_NEXT) }, async (t) => {
  const real = createRequire(import.meta.url)(`${REAL_NEXT}/constants.js`) as Record<string, unknown>
  t.strictSame({ ...constants }, Object.fromEntries(Object.entries(real).filter(([name]) => name.startsWith('PHASE_'))))
})

for (const next of existsSync(REAL_NEXT) ? [false, true] : [false]) {
  t.test(next ? 'with Next.js' : 'without Next.js', async (t) => {
    const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'app-routes-constants-')))
    t.teardown(() => { rmSync(root, { recursive: true, force: true }) })
    mkdirSync(path.join(root, 'app/x'), { recursive: true })
    mkdirSync(path.join(root, 'node_modules'))
    const links: Record<string, string> = { 'fastify-app-routes': ROOT, fastify: path.join(ROOT, 'node_modules/fastify'), tsx: path.join(ROOT, 'node_modules/tsx'), ...(next ? { next: REAL_NEXT } : {}) }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, path.join(root, 'node_modules', name))
    for (const [name, text] of Object.entries({ ...FILES, 'app/x/route.js': 'exports.GET = () => new Response("served")' })) writeFileSync(path.join(root, name), text)
    const files = Object.keys(FILES).filter((name) => name.includes('.config.'))
    for (const node of NODES) {
      for (const loader of [[], ['--import', 'tsx']]) {
        // Node.js 20 strips no types.
        const given = files.filter((name) => !name.endsWith('.ts') || loader.length > 0 || node !== process.execPath)
        for (const mode of ['production', 'development']) {
          const { stdout } = await promisify(execFile)(node, [...loader, 'server.mjs', ...given], { cwd: root, env: { ...process.env, NODE_ENV: mode, NODE_OPTIONS: '' } })
          t.strictSame(JSON.parse(stdout), Object.fromEntries(given.map((name) => [name, 'served'])), `${node} ${loader.join(' ')} ${mode}`)
        }
      }
    }
  })
}

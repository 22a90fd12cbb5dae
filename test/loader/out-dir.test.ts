/** `paths` in what tsc has compiled, on this Node.js and on those that NODE_22, NODE_24 and NODE_26 name. */
import t from 'tap'
import { execFile } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { configFor } from '../../lib/loader/tsconfig.ts'

const root = path.resolve(import.meta.dirname, '../..')

const SERVER = `
  const path = require('node:path')
  const fastify = require('fastify')()
  fastify.register(require('fastify-app-routes').default ?? require('fastify-app-routes'), path.join(__dirname, 'app'))
  const ask = async (url) => (await fastify.inject(url)).json()
  fastify.ready().then(async () => console.log(JSON.stringify([await ask('/script'), await ask('/module')])), (error) => console.log(JSON.stringify(error.message)))`

/** As `tsc` writes it, with or without the sources beside it. */
const dist = (): object => ({
  'server.js': SERVER,
  lib: {
    'db.js': 'exports.from = __filename',
    'extra.mjs': 'export const from = import.meta.url',
    'named.cjs': 'exports.from = __filename',
    'data.json': '{ "from": "dist" }'
  },
  app: {
    script: {
      'route.js': `
        const db = require('@/lib/db'), again = require('../../lib/db.js')
        exports.GET = () => Response.json({ same: db === again, data: require('@/lib/data.json').from, named: require('@named') === require('../../lib/named.cjs') })`
    },
    module: {
      'route.mjs': `
        import * as extra from '@/lib/extra'
        import * as written from '@/lib/extra.mjs'
        import * as again from '../../lib/extra.mjs'
        export const GET = () => Response.json({ same: extra === again && written === again })`
    }
  }
})
const src = (): object => ({ lib: { 'db.ts': "export const from = 'src'", 'extra.mts': "export const from = 'src'", 'named.cts': "export const from = 'src'", 'data.json': '{ "from": "src" }' } })
const PATHS = { paths: { '@/*': ['./src/*'], '@named': ['./src/lib/named.cts'] } }
const json = (compilerOptions: object, extended?: string): string => JSON.stringify({ extends: extended, compilerOptions })

const projects = {
  'with sources': { dist: dist(), src: src(), 'tsconfig.json': json({ ...PATHS, rootDir: 'src', outDir: 'dist' }) },
  'without sources': { dist: dist(), 'tsconfig.json': json({ ...PATHS, rootDir: 'src', outDir: 'dist' }) },
  'without rootDir': { dist: dist(), src: src(), 'tsconfig.json': json({ ...PATHS, outDir: './dist' }) },
  'by baseUrl': { dist: dist(), src: src(), 'tsconfig.json': json({ baseUrl: 'src', paths: { '@/*': ['./*'], '@named': ['./lib/named.cts'] }, outDir: './dist' }) },
  extended: { dist: dist(), src: src(), 'tsconfig.base.json': json({ rootDir: './src', outDir: './dist' }), 'tsconfig.json': json(PATHS, './tsconfig.base.json') },
  'with a tsconfig.build.json': { dist: dist(), src: src(), 'tsconfig.json': json({ ...PATHS, noEmit: true }), 'tsconfig.build.json': json({ rootDir: 'src', outDir: 'dist', noEmit: false }, './tsconfig.json') }
}

const home = realpathSync(t.testdir(projects as any))
mkdirSync(path.join(home, 'node_modules'))
writeFileSync(path.join(home, 'package.json'), '{}')
symlinkSync(root, path.join(home, 'node_modules/fastify-app-routes'), 'junction')
symlinkSync(path.join(root, 'node_modules/fastify'), path.join(home, 'node_modules/fastify'), 'junction')

for (const [name, node] of [['this Node.js', process.execPath], ...['NODE_22', 'NODE_24', 'NODE_26'].map((name) => [name, process.env[name]])]) {
  t.test(`compiled files stand for sources on ${name}`, { skip: node === undefined && `${name} names no Node.js` }, async (t) => {
    const [command, ...before] = process.platform === 'win32' ? [node!] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', node!]
    await Promise.all(Object.keys(projects).map(async (project) => {
      const { stdout } = await promisify(execFile)(command!, [...before, 'dist/server.js'], { cwd: path.join(home, project) })
      t.same(JSON.parse(stdout), [{ same: true, data: 'dist', named: true }, { same: true }], project)
    }))
  })
}

t.test('what a specifier may stand for', async (t) => {
  // Configurations are read once: each has a directory of its own.
  let count = 0
  const at = (options: object, importer: string, specifier: string, build?: string): string[] => {
    const dir = path.join(t.testdirName, String(count++))
    mkdirSync(dir, { recursive: true })
    writeFileSync(path.join(dir, 'tsconfig.json'), json(options))
    if (build !== undefined) writeFileSync(path.join(dir, 'tsconfig.build.json'), build)
    return configFor(path.join(dir, importer)).match(specifier).map((file) => path.relative(dir, file).replaceAll('\\', '/'))
  }
  t.testdir({})
  const both = { ...PATHS, rootDir: 'src', outDir: 'dist' }
  t.same(at(both, 'src/route.ts', '@/db'), ['src/db'], 'of a source')
  t.same(at(both, 'dist/route.js', '@/db'), ['dist/db', 'src/db'])
  t.same(at(both, 'dist/route.js', '@/db.mts'), ['dist/db.mjs', 'dist/db.mts', 'src/db.mts'])
  t.same(at(both, 'distant/route.js', '@/db'), ['src/db'])
  t.same(at({ ...both, paths: { '@/*': ['./other/*'] } }, 'dist/route.js', '@/db'), ['other/db'], 'what is not compiled from there')
  t.same(at({ ...PATHS, outDir: 'dist' }, 'dist/route.js', '@/db'), ['dist/src/db', 'dist/db', 'src/db'])
  t.same(at({ ...PATHS, outDir: '.' }, 'src/route.js', '@/db'), ['src/db'], 'compiled in place')
  t.same(at(PATHS, 'dist/route.js', '@/db'), ['src/db'], 'without outDir')
  t.same(at(both, 'dist/route.js', '@/db', json({}, 'not-installed/tsconfig.json')), ['dist/db', 'src/db'], 'a tsconfig.build.json that cannot be read')
})

import t from 'tap'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** What a user gets: the packed tarball, unpacked into the node_modules of an empty project. */

const root = path.resolve(import.meta.dirname, '../..')
const project = mkdtempSync(path.join(tmpdir(), 'package-'))
// The type checker runs many times.
t.setTimeout(600_000)
t.teardown(() => { rmSync(project, { recursive: true }) })

const run = (command: string, args: string[], cwd = project): string => {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string, stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`)
  }
}
const bin = (name: string): string => path.join(root, 'node_modules/.bin', name)

const [{ filename, files }] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root)) as [{ filename: string, files: Array<{ path: string }> }]
const tarball = path.join(project, filename)
const modules = path.join(project, 'node_modules')
mkdirSync(path.join(modules, 'fastify-app-routes'), { recursive: true })
run('tar', ['xzf', tarball, '-C', path.join(modules, 'fastify-app-routes'), '--strip', '1'])
for (const name of readdirSync(path.join(root, 'node_modules'))) {
  if (!name.startsWith('.') && name !== 'fastify-app-routes') symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name))
}

t.test('the tarball holds the library and nothing else', async (t) => {
  const kinds = new Set(files.map((file) => file.path.split('/')[0]))
  t.same([...kinds].sort(), ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'lib', 'package.json'])
})

t.test('publint and arethetypeswrong are content', async (t) => {
  t.match(run(bin('publint'), [tarball, '--strict']), 'All good')
  t.match(run(bin('attw'), [tarball, '--no-color']), 'No problems found')
})

t.test('a plain install pulls in little', async (t) => {
  const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { dependencies: object }
  t.same(Object.keys(dependencies).sort(), ['@edge-runtime/cookies', '@fastify/error', 'fastify-plugin', 'fetch-to-node', 'find-my-way', 'get-tsconfig', 'globby', 'js-tokens', 'lru-cache', 'path-to-regexp', 'ua-parser-js'])
})

t.test('no any in the public types', async (t) => {
  const directory = path.join(modules, 'fastify-app-routes/dist')
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'))) {
    const text = readFileSync(path.join(directory, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    // What handlers under pages/api read is any in Next.js, too: they read members of it right away.
    t.notMatch(text.replace('body: any;', ''), /[:<|&,(]\s*any\b/, file)
  }
})

const typeCheck = ([module, moduleResolution]: string[]): string[] =>
  ['--noEmit', '--strict', '--esModuleInterop', '--target', 'es2022', '--types', 'node', '--module', module!, '--moduleResolution', moduleResolution!]

t.test('the types hold in every module mode', async (t) => {
  for (const name of ['public.ts', 'ambient.ts']) copyFileSync(path.join(root, 'test/types', name), path.join(project, name))
  for (const type of ['commonjs', 'module']) {
    writeFileSync(path.join(project, 'package.json'), JSON.stringify({ type }))
    for (const mode of [['commonjs', 'node10'], ['node16', 'node16'], ['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
      if (mode[1] === 'node10' && type === 'module') continue
      t.doesNotThrow(() => run(bin('tsc'), [...typeCheck(mode), '--skipLibCheck', 'public.ts', 'ambient.ts']), `${mode.join('/')} in a ${type} package`)
    }
  }
})

t.test('our own declarations are sound, with the types of browsers and without', async (t) => {
  for (const lib of ['es2023,esnext.disposable', 'es2023,esnext.disposable,dom,dom.iterable']) {
    t.doesNotThrow(() => run(bin('tsc'), [...typeCheck(['nodenext', 'nodenext']), '--lib', lib, 'ambient.ts']), lib)
  }
})

t.test('they are in every module mode, and exactOptionalPropertyTypes is no obstacle', async (t) => {
  for (const type of ['commonjs', 'module']) {
    writeFileSync(path.join(project, 'package.json'), JSON.stringify({ type }))
    for (const mode of [['node16', 'node16'], ['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
      const told = complaints([...typeCheck(mode), '--pretty', 'false', '--exactOptionalPropertyTypes', 'public.ts', 'ambient.ts'])
      // Declarations of other packages have mistakes of their own.
      t.same(told.filter((line) => /fastify-app-routes|^(?:public|ambient)\.ts/.test(line)), [], `${mode.join('/')} in a ${type} package`)
    }
  }
})

function complaints (flags: string[]): string[] {
  try {
    run(bin('tsc'), flags)
    return []
  } catch (error) {
    return (error as Error).message.split('\n').slice(1)
  }
}

t.test('declarations hold no syntax that is younger than TypeScript 5.4', async (t) => {
  const installed = path.join(modules, 'fastify-app-routes')
  const files = ['dist', 'lib/require'].flatMap((directory) => readdirSync(path.join(installed, directory), { recursive: true, encoding: 'utf8' }).map((file) => path.join(directory, file)))
  for (const file of files.filter((name) => /\.d\.c?ts$/.test(name))) {
    // 5.6 is the first that reads names in quotes.
    t.notMatch(readFileSync(path.join(installed, file), 'utf8'), /\b(?:as|export \{) ['"]|\bexport \* as ['"]/, file)
  }
})

t.test('require() and import give the same plugin, with the named exports as properties', async (t) => {
  writeFileSync(path.join(project, 'package.json'), '{}')
  const script = `
    const plugin = require('fastify-app-routes')
    const adapter = require('fastify-app-routes/express')
    import('fastify-app-routes').then((esm) => import('fastify-app-routes/express').then((express) => console.log(JSON.stringify([
      typeof plugin, plugin === esm.default, plugin.appRoutes === esm.appRoutes, plugin.hostRequest === esm.hostRequest, plugin.default === plugin,
      typeof adapter, adapter === express.default, adapter.hostRequest === express.hostRequest,
      require('fastify-app-routes/server').NextResponse.name, require('fastify-app-routes/package.json').name,
      ['headers', 'navigation', 'cache', 'og', 'legacy', 'redis', 'stores', 'next', 'register'].map((name) => typeof require('fastify-app-routes/' + name)).join()
    ]))))`
  t.same(JSON.parse(run(process.execPath, ['--no-warnings', '-e', script])), [
    'function', true, true, true, true, 'function', true, true, 'NextResponse', 'fastify-app-routes', 'object,object,object,object,object,object,object,object,object'
  ])
})

t.test('Express users need no Fastify, and the other way round', async (t) => {
  rmSync(path.join(modules, 'fastify'))
  t.match(run(process.execPath, ['--no-warnings', '-e', "console.log(typeof require('fastify-app-routes/express')('./app').ready)"]), 'function')
  symlinkSync(path.join(root, 'node_modules/fastify'), path.join(modules, 'fastify'))
  rmSync(path.join(modules, 'express'))
  t.match(run(process.execPath, ['--no-warnings', '-e', "console.log(typeof require('fastify-app-routes'))"]), 'function')
})

t.test('an optional package that is missing is named where it is needed', async (t) => {
  rmSync(path.join(modules, '@vercel'))
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module" }')
  mkdirSync(path.join(project, 'app'))
  writeFileSync(path.join(project, 'app/route.js'), "import { ImageResponse } from 'next/og'\nexport const GET = () => new ImageResponse({})")
  writeFileSync(path.join(project, 'server.js'), `
    import Fastify from 'fastify'
    import appRoutes from 'fastify-app-routes'
    const fastify = Fastify({ logger: { level: 'error' } })
    await fastify.register(appRoutes, './app')
    const { statusCode, body } = await fastify.inject('/')
    console.log(statusCode, JSON.stringify(body))`)
  const output = run(process.execPath, ['--no-warnings', 'server.js'])
  t.match(output, /ImageResponse needs the package @vercel\/og\. Install it: npm install @vercel\/og/)
  t.match(output, /500 ""/)
})

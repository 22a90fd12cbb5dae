/**
 * What is told of files that cannot be loaded, and how to mend it, on this Node.js and on those that NODE_22, NODE_24 and
 * NODE_26 name.
 */
import t from 'tap'
import { execFile } from 'node:child_process'
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const root = path.resolve(import.meta.dirname, '../..')

const project = realpathSync(t.testdir({
  'package.json': '{ "type": "module" }',
  lib: {
    'between.js': "export { x } from './broken'",
    'broken.js': '// Response\n\nexport const x = y z',
    'broken.json': '{ a',
    'values.js': 'export const a = 1'
  },
  app: {
    alias: { 'route.js': "import '@/lib/db'" },
    builtin: { 'route.cjs': "require('fs/promise')" },
    dollar: { 'route.js': "import '$lib/db'" },
    tilde: { 'route.js': "import '~/lib/db'" },
    again: { 'route.ts': "import { x } from '../../lib/between.js'\nexport const GET = () => x" },
    helper: { 'route.ts': "import '../../lib/values.js'\nimport { x } from '../../lib/between.js'\nexport const GET = () => x" },
    itself: { 'route.js': "export const GET = () => {\n  return new Response('a'\n}" },
    json: { 'route.js': "import '../../lib/broken.json'" },
    name: { 'route.js': "import { A } from '../../lib/values.js'\nexport const GET = () => A()" },
    package: { 'route.js': "import '@acme/db/client'" },
    parses: { 'route.js': "JSON.parse('{ a')" },
    required: { 'route.cjs': "require('acme/db')" },
    script: { 'route.cjs': '\nconst a = b c' },
    type: { 'route.ts': "import { A } from '../../lib/values.js'\nexport const GET = () => A()" }
  },
  'start.js': `
    import Fastify from 'fastify'
    import appRoutes from 'fastify-app-routes'
    const { problems } = await Fastify().register(appRoutes, './app').then(() => {}, (error) => error)
    console.log(JSON.stringify(problems.map(({ files, message, mend, cause }) => [path(files.at(-1)), { files, message, mend, stack: cause.stack }])))
    function path (file) { return file.split('/')[0] }`
}))
mkdirSync(path.join(project, 'node_modules'))
symlinkSync(root, path.join(project, 'node_modules/fastify-app-routes'), 'junction')
symlinkSync(path.join(root, 'node_modules/fastify'), path.join(project, 'node_modules/fastify'), 'junction')

interface Told { files: string[], message: string, mend: string, stack: string }

for (const [name, node] of [['this Node.js', process.execPath], ...['NODE_22', 'NODE_24', 'NODE_26'].map((name) => [name, process.env[name]])]) {
  t.test(`load errors on ${name}`, { skip: node === undefined && `${name} names no Node.js` }, async (t) => {
    const [command, ...before] = process.platform === 'win32' ? [node!] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', node!]
    const { stdout } = await promisify(execFile)(command!, [...before, 'start.js'], { cwd: project })
    const told = Object.fromEntries(JSON.parse(stdout) as Array<[string, Told]>)
    const at = (...names: string[]): string => path.join(project, ...names)

    t.equal(told.helper!.message, `failed to load: SyntaxError: Unexpected identifier 'z' (${at('lib/broken.js')}:3)`, 'the helper and its line')
    t.equal(told.helper!.stack.split('\n').slice(0, 3).join('\n'), `${at('lib/broken.js')}:3\nexport const x = y z\n                   ^`, 'the line itself, in front of the stack')
    t.same(told.helper!.files, ['again/route.ts', 'helper/route.ts'], 'told once')
    t.equal(told.itself!.message, `failed to load: SyntaxError: missing ) after argument list (${at('app/itself/route.js')}:2)`)
    t.match(told.json!.message, `(${at('lib/broken.json')})`)
    t.match(told.script!.message, `(${at('app/script/route.cjs')}:2)`)
    t.match(told.parses!.message, /SyntaxError: .* JSON at position 2(?: \(line 1 column 3\))?$/, 'an error of the code itself is left as it is')

    t.equal(told.package!.mend, 'Install it: npm install @acme/db')
    t.equal(told.required!.mend, 'Install it: npm install acme')
    t.match(told.alias!.mend, "Map '@/*' by `compilerOptions.paths` in the tsconfig.json")
    t.match(told.tilde!.mend, "Map '~/*' by `compilerOptions.paths`", 'Node.js names no more than ~')
    t.match(told.dollar!.mend, "Map '$lib/*' by `compilerOptions.paths`", 'no package has such a name')
    t.equal(told.builtin!.mend, "Correct the name: Node.js's own 'fs' has nothing of that name.")
    t.match(told.type!, { message: `(${at('app/type/route.ts')}:1)`, mend: /If A is a type, import it as one: import type \{ A \}/ })
    t.match(told.name!, { message: `(${at('app/name/route.js')}:1)`, mend: /^Correct what the message names/ }, 'JavaScript has no types')
  })
}

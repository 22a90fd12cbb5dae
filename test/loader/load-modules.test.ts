/** Many modules are loaded together, and by themselves where one of them fails. */
import path from 'node:path'
import t from 'tap'
import { installHooks } from '../../lib/loader/hooks.ts'
import { loadModule, loadModules } from '../../lib/loader/load.ts'
import { servedModules } from '../../lib/next/served.ts'

const evaluated = globalThis as { evaluated?: string[] }

t.before(() => { t.teardown(installHooks(servedModules)) })
t.beforeEach(() => { evaluated.evaluated = [] })

const noting = (name: string, rest = ''): string => `globalThis.evaluated.push('${name}')\nexport const name = '${name}'\n${rest}`

t.test('ES modules come at once and in order, CommonJS is left for later', async (t) => {
  const dir = t.testdir({ 'package.json': '{ "type": "module" }', 'a.js': noting('a'), 'b.mjs': noting('b'), 'c.cjs': 'exports.name = "c"' })
  const files = ['a.js', 'b.mjs', 'c.cjs'].map((file) => path.join(dir, file))
  const loaded = await loadModules(files)
  t.same([...loaded].map(([file, { name }]) => [path.basename(file), name]), [['a.js', 'a'], ['b.mjs', 'b']])
  t.same(evaluated.evaluated, ['a', 'b'])
  t.equal(await loadModule(files[0]!), loaded.get(files[0]!), 'the same module')
})

for (const [what, broken] of [['does not parse', '}'], ['imports what is not there', "import './nowhere.js'"], ['throws', "throw new Error('broken')"]] as const) {
  t.test(`one that ${what} keeps none of the others from being loaded, once`, async (t) => {
    const dir = t.testdir({ 'package.json': '{ "type": "module" }', 'a.js': noting('a'), 'b.js': noting('b', broken), 'c.js': noting('c') })
    const files = ['a.js', 'b.js', 'c.js'].map((file) => path.join(dir, file))
    t.equal((await loadModules(files)).size, 0)
    t.equal((await loadModule(files[0]!)).name, 'a')
    await t.rejects(loadModule(files[1]!))
    t.equal((await loadModule(files[2]!)).name, 'c')
    t.same(evaluated.evaluated!.filter((name) => name !== 'b'), ['a', 'c'])
  })
}

t.test('more than fit into one batch', async (t) => {
  const names = Array.from({ length: 300 }, (_, index) => `m${index}`)
  const dir = t.testdir({ 'package.json': '{ "type": "module" }', ...Object.fromEntries(names.map((name) => [`${name}.js`, noting(name)])) })
  const loaded = await loadModules(names.map((name) => path.join(dir, `${name}.js`)))
  t.same([...loaded.values()].map(({ name }) => name), names)
  t.same(evaluated.evaluated, names)
})

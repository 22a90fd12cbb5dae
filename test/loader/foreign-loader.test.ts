/** The library inside a module system that runs it in a realm of its own, as Jest does. */
import t from 'tap'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { pathToFileURL } from 'node:url'

const root = pathToFileURL(path.resolve(import.meta.dirname, '../..')).href

const LIKE_JEST = `
  import { readFileSync } from 'node:fs'
  import vm from 'node:vm'
  const context = vm.createContext()
  const own = new Set(vm.runInContext('Object.getOwnPropertyNames(globalThis)', context))
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) if (!own.has(name)) Object.defineProperty(context, name, property)
  const modules = new Map()
  function load (specifier, { identifier }) {
    const url = specifier.startsWith('.') ? new URL(specifier, identifier).href : specifier
    if (!modules.has(url)) modules.set(url, specifier.startsWith('.') ? inside(url) : outside(url))
    return modules.get(url)
  }
  const inside = (identifier) => new vm.SourceTextModule(readFileSync(new URL(identifier), 'utf8'), { context, identifier, initializeImportMeta: (meta) => { meta.url = identifier } })
  async function outside (name) {
    const exported = await import(name)
    return new vm.SyntheticModule(Object.keys(exported), function () { for (const key of Object.keys(exported)) this.setExport(key, exported[key]) }, { context })
  }
  const entry = inside('${root}/dist/index.js')
  await entry.link(load)
  await entry.evaluate()
  const { default: Fastify } = await import('fastify')
  const fastify = Fastify()
  console.log(await fastify.register(entry.namespace.default, './app').then(() => 'started', ({ code }) => code))`

/** Jest's `require()` evaluates the text of CommonJS modules in its realm. */
const LIKE_REQUIRE_OF_JEST = `
  const { createRequire } = require('node:module')
  const { readFileSync } = require('node:fs')
  const vm = require('node:vm')
  const context = vm.createContext()
  function load (file) {
    const module = { exports: {} }
    const inner = (name) => name.startsWith('.') ? load(createRequire(file).resolve(name)) : require(name)
    vm.runInContext('(function (require, module) {' + readFileSync(file) + '})', context)(inner, module)
    return module.exports
  }
  for (const face of ['index', 'express']) {
    try { load('${path.resolve(import.meta.dirname, '../../lib/require')}/' + face + '.cjs') } catch ({ code }) { console.log(code) }
  }`

t.test('where it cannot even be required, it says why', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', LIKE_REQUIRE_OF_JEST], { env: { ...process.env, NODE_OPTIONS: '' } })
  t.equal(stdout.trim(), 'FAR_ERR_FOREIGN_LOADER\nFAR_ERR_FOREIGN_LOADER')
})

t.test('it can be imported, and says why it does not start', async (t) => {
  const [command, ...before] = process.platform === 'win32' ? [process.execPath] : ['/usr/bin/env', '-u', 'NODE_OPTIONS', process.execPath]
  const { stdout } = await promisify(execFile)(command!, [...before, '--no-warnings', '--experimental-vm-modules', '--input-type=module', '-e', LIKE_JEST])
  t.equal(stdout.trim(), 'FAR_ERR_FOREIGN_LOADER')
})

/** V8 keeps the shape of the objects that `process.nextTick()` makes as long as there is one. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { NODE_MAJOR } from '../lib/node-major.ts'

const PROGRAM = `
  import { executionAsyncResource } from 'node:async_hooks'
  import { setTimeout } from 'node:timers/promises'
  import { keepTickShape } from ${JSON.stringify(pathToFileURL(path.resolve('dist/tick-shape.js')).href)}
  const { nextTick } = process
  const ticks = []
  process.nextTick = (callback, ...args) => {
    nextTick(() => {
      ticks.push(new WeakRef(executionAsyncResource()))
      callback(...args)
    })
  }
  process.nextTick(() => {})
  keepTickShape()
  await setTimeout(10)
  keepTickShape()
  await setTimeout(10)
  for (let round = 0; round < 4; round++) {
    gc()
    await setTimeout(1)
  }
  console.log(JSON.stringify(ticks.map((tick) => Object.keys(tick.deref() ?? {}))))`

for (const major of new Set([NODE_MAJOR, 22, 24, 26])) {
  const node = major === NODE_MAJOR ? process.execPath : process.env[`NODE_${major}`]
  t.test(`one of them stays, on Node.js ${major}`, { skip: node === undefined && `NODE_${major} names no binary` }, async (t) => {
    const { stdout, stderr } = spawnSync(node!, ['--expose-gc', '--input-type=module', '--eval', PROGRAM], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
    t.equal(stderr, '')
    t.same(JSON.parse(stdout), [[], ['callback', 'args']], 'all others are collected')
  })
}

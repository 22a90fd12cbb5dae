/** Promises with values: contexts follow them, and nobody sees the marks by which Node.js 20 and 22 do it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { promiseWithValues } from '../../lib/next/thenable.ts'
import { NODE_MAJOR } from '../../lib/node-major.ts'

const params = (slug: string): Promise<{ slug: string }> & { slug: string } => promiseWithValues({ slug }, ['slug'])

t.test('a copy has the values alone, whichever contexts there are, and since when', async (t) => {
  const storages: Array<AsyncLocalStorage<number>> = []
  for (let count = 0; count < 4; count++) {
    await within(storages, async () => {
      for (let round = 0; round < 3; round++) {
        const promise = params('a')
        t.same(Reflect.ownKeys({ ...promise }), ['slug'])
        await promise
        t.same(Reflect.ownKeys({ ...promise }), ['slug'])
        t.same({ ...promise }, { slug: 'a' })
      }
    })
    storages.push(new AsyncLocalStorage())
  }
})

t.test('a copy has the values alone, however many contexts there have been', async (t) => {
  for (let count = 0; count < 150; count++) {
    await within([new AsyncLocalStorage()], async () => { t.same(Reflect.ownKeys({ ...params('a') }), ['slug']) })
  }
})

t.test('contexts are those of who waits', async (t) => {
  const storages = Array.from({ length: 3 }, () => new AsyncLocalStorage<number>())
  const shared = params('shared')
  await Promise.all(Array.from({ length: 20 }, (_, value) => within(storages, async () => {
    for (const promise of [params('own'), shared]) {
      await promise
      t.same(storages.map((storage) => storage.getStore()), [value, value, value])
      await promise.then(() => { t.same(storages.map((storage) => storage.getStore()), [value, value, value]) })
    }
  }, value)))
})

t.test('on every supported Node.js', async (t) => {
  const program = `
    import { AsyncLocalStorage } from 'node:async_hooks'
    import { promiseWithValues } from ${JSON.stringify(pathToFileURL(path.resolve('dist/next/thenable.js')).href)}
    const storage = new AsyncLocalStorage()
    const seen = []
    // Made before there is any context in the process.
    const early = promiseWithValues({ value: 0 }, ['value'])
    await storage.run(0, async () => {
      const { value } = await early
      seen.push([Reflect.ownKeys({ ...early }), early instanceof Promise, value === storage.getStore()])
    })
    await Promise.all([1, 2, 3].map((value) => storage.run(value, async () => {
      const promise = promiseWithValues({ value }, ['value'])
      await null
      seen.push([Reflect.ownKeys({ ...promise }), promise instanceof Promise, (await promise).value === storage.getStore()])
    })))
    console.log(JSON.stringify(seen))`
  for (const major of new Set([NODE_MAJOR, 22, 24, 26])) {
    const node = major === NODE_MAJOR ? process.execPath : process.env[`NODE_${major}`]
    await t.test(`Node.js ${major}`, { skip: node === undefined && `NODE_${major} names no binary` }, async (t) => {
      const { stdout, stderr } = spawnSync(node!, ['--input-type=module', '--eval', program], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
      t.equal(stderr, '')
      t.same(JSON.parse(stdout), [0, 1, 2, 3].map(() => [['value'], true, true]))
    })
  }
})

/** Runs a function with a value in all storages. */
function within (storages: Array<AsyncLocalStorage<number>>, run: () => Promise<void>, value = 0): Promise<void> {
  return storages.reduce((inner, storage) => () => storage.run(value, inner), run)()
}

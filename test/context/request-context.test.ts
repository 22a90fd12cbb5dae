/** How far a context reaches. */
import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { requestStorage, type RequestContext } from '../../lib/context/request-context.ts'

const [outer, inner] = [{ phase: 'handler' }, { phase: 'after' }] as RequestContext[]
const now = (): RequestContext | undefined => requestStorage.getStore()

t.test('it is there during the call, with both arguments, and in what the call begins', async (t) => {
  let later: Promise<unknown> | undefined
  const sum = requestStorage.run(outer!, (a: number, b: number) => {
    later = Promise.resolve().then(now)
    return [a + b, now()]
  }, 1, 2)
  t.same(sum, [3, outer])
  t.equal(now(), undefined)
  t.equal(await later, outer)
  t.equal(now(), undefined)
})

t.test('the one around it is there again afterwards', (t) => {
  requestStorage.run(outer!, () => {
    t.equal(requestStorage.run(inner!, now), inner)
    t.equal(now(), outer)
  })
  t.equal(now(), undefined)
  t.end()
})

t.test('it is gone when the call throws', (t) => {
  t.throws(() => requestStorage.run(outer!, () => { throw new RangeError('no') }), RangeError)
  t.equal(now(), undefined)
  t.end()
})

t.test('stores of others stay as they are', async (t) => {
  const others = new AsyncLocalStorage<string>()
  await others.run('the host\'s', async () => {
    const inside = requestStorage.run(outer!, async () => {
      await null
      return [others.getStore(), now()]
    })
    t.equal(others.getStore(), 'the host\'s')
    t.same(await inside, ['the host\'s', outer])
    t.equal(now(), undefined)
  })
})

import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { Deadlines } from '../../lib/cache/deadlines.ts'

t.test('what ends in time is never overdue, and what does not is, once and in turn', async (t) => {
  const deadlines = new Deadlines(50)
  const overdue: string[] = []
  const begin = (name: string): ReturnType<Deadlines['begin']> => deadlines.begin(() => { overdue.push(name) })
  const [first, second, third, fourth] = [begin('first'), begin('second'), begin('third'), begin('fourth')] as const
  t.equal(deadlines.end(first), true)
  t.equal(deadlines.end(third), true)
  t.equal(deadlines.end(third), false, 'it has ended already')
  while (overdue.length < 2) await sleep(10)
  t.same(overdue, ['second', 'fourth'])
  t.equal(deadlines.end(second), false)
  t.equal(deadlines.end(fourth), false)
  await sleep(150)
  t.same(overdue, ['second', 'fourth'])
})

t.test('each has its whole time, also after others, and after a pause', async (t) => {
  const deadlines = new Deadlines(60)
  for (let round = 0; round < 3; round++) {
    const starts: number[] = []
    const took: number[] = []
    for (let i = 0; i < 3; i++) {
      const start = performance.now()
      starts.push(start)
      deadlines.begin(() => { took.push(performance.now() - start) })
      await sleep(25)
    }
    while (took.length < 3) await sleep(10)
    // Timers of Node.js count whole milliseconds.
    t.ok(took.every((time) => time > 55), String(took))
    await sleep(100)
  }
})

t.test('what came while the process was busy is in time', async (t) => {
  const deadlines = new Deadlines(20)
  const outcome = await new Promise<string>((resolve) => {
    const pending = deadlines.begin(() => { resolve('overdue') })
    setImmediate(() => {
      // Its answer is there by the time that anybody can look.
      setImmediate(() => { if (deadlines.end(pending)) resolve('in time') })
      for (const end = performance.now() + 60; performance.now() < end;);
    })
  })
  t.equal(outcome, 'in time')
})

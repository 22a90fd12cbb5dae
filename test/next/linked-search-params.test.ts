import t from 'tap'
import fc from 'fast-check'
import { NextURL } from '../../lib/next/next-url.ts'

type Step = { do: 'append' | 'set' | 'delete', name: string, value: string } | { do: 'sort' | 'search' | 'href' | 'pathname' | 'look', value: string }

const NAMES = fc.constantFrom('a', 'b', 'é')
const STEPS: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  fc.record({ do: fc.constantFrom('append' as const, 'set' as const, 'delete' as const), name: NAMES, value: fc.string({ maxLength: 3 }) }),
  fc.record({ do: fc.constantFrom('sort' as const, 'search' as const, 'href' as const, 'pathname' as const, 'look' as const), value: fc.constantFrom('?a=1&a=2', '', '?b=%20+x', '?') })
), { maxLength: 8 })

t.test('the query of a received URL and its searchParams follow each other as those of a URL do', async (t) => {
  fc.assert(fc.property(fc.constantFrom('http://x:3000/p?a=1&b=2', 'http://x:3000/p', 'http://x:3000/p?', 'http://x:3000/p?a=%zz&a=+b#h'), STEPS, (href, steps) => {
    const received = new NextURL(href, { keepsHost: true })
    const params = received.searchParams
    const native = new URL(href)
    for (const step of steps) {
      for (const url of [received, native]) play(url, step)
      if (step.do === 'look') t.same(seen(received), seen(native), `${href} ${JSON.stringify(steps)}`)
    }
    t.same(seen(received), seen(native), `${href} ${JSON.stringify(steps)}`)
    t.equal(received.searchParams, params, 'one object')
  }), { numRuns: 500 })
})

function play (url: NextURL | URL, step: Step): void {
  if (step.do === 'append' || step.do === 'set') url.searchParams[step.do](step.name, step.value)
  else if (step.do === 'delete') url.searchParams.delete(step.name)
  else if (step.do === 'sort') url.searchParams.sort()
  else if (step.do === 'search') url.search = step.value
  else if (step.do === 'href') url.href = `http://y/q${step.value}`
  else if (step.do === 'pathname') url.pathname = '/z'
}

function seen (url: NextURL | URL): unknown {
  return [url.search, String(url.searchParams), url.pathname, [...url.searchParams]]
}

/** The index of paths says what comparing with each of them would say. */
import fc from 'fast-check'
import t from 'tap'
import { PathIndex } from '../../lib/routes/overlap.ts'
import { parseSegment, type Segment } from '../../lib/routes/segments.ts'

const SEGMENT = fc.constantFrom('a', 'b', 'c', '[x]')
const PATH = fc.tuple(fc.array(SEGMENT, { maxLength: 4 }), fc.constantFrom('', '', '[...rest]', '[[...rest]]'))
  .map(([folders, rest]) => [...folders, ...rest === '' ? [] : [rest]].map((folder) => parseSegment(folder) as Segment))

const isRest = (segment: Segment | undefined): boolean => segment?.kind === 'catch-all' || segment?.kind === 'optional-catch-all'

function overlap (a: Segment[], b: Segment[]): boolean {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [x, y] = [a[index], b[index]]
    if (isRest(x) || isRest(y)) return true
    if (x === undefined || y === undefined) return false
    if (x.kind === 'static' && y.kind === 'static' && x.value !== y.value) return false
  }
  return true
}

t.test('a path overlaps with one of many', async (t) => {
  fc.assert(fc.property(fc.array(PATH, { maxLength: 8 }), PATH, (paths, asked) => {
    const index = new PathIndex()
    for (const path of paths) index.add(path)
    t.equal(index.overlaps(asked), paths.some((path) => overlap(path, asked)), JSON.stringify([paths, asked]))
  }), { numRuns: 1000 })
})

/** Entries as bytes, the memory's bound, and the states of tags against a plain model of them. */
import fc from 'fast-check'
import t from 'tap'
import { decodeEntry, encodeEntry, sizeOf, type CacheEntry } from '../../lib/cache/entry.ts'
import { MemoryStore } from '../../lib/cache/memory-store.ts'
import type { Invalidation } from '../../lib/cache/store.ts'
import { freshnessBy, invalidated, NEVER, TagStates } from '../../lib/cache/tag-states.ts'

const text = fc.string({ unit: 'grapheme' })
const entries: fc.Arbitrary<CacheEntry> = fc.record({
  kind: fc.constantFrom('route', 'fetch', 'function'),
  createdAt: fc.double({ noNaN: true, noDefaultInfinity: true }),
  revalidate: fc.oneof(fc.constant(false as const), fc.nat()),
  tags: fc.array(text),
  status: fc.integer({ min: 200, max: 599 }),
  headers: fc.array(fc.tuple(text, text)).map((pairs) => pairs.flat()),
  url: text,
  body: fc.oneof(text, fc.uint8Array())
})

const plain = ({ body, ...head }: CacheEntry): unknown => ({ ...JSON.parse(JSON.stringify(head)), body: typeof body === 'string' ? body : Buffer.from(body).toString('hex') })

t.test('an entry is what it was, after it was bytes', async (t) => {
  fc.assert(fc.property(entries, (entry) => {
    t.strictSame(plain(decodeEntry(encodeEntry(entry))!), plain(entry))
  }), { numRuns: 200 })
})

t.test('bytes that are cut off, longer or others are no entry, and no error', async (t) => {
  fc.assert(fc.property(entries, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), (entry, at, more) => {
    const bytes = encodeEntry(entry)
    t.equal(decodeEntry(bytes.subarray(0, at % bytes.length)), undefined)
    t.equal(decodeEntry(Buffer.concat([bytes, more])), undefined)
  }), { numRuns: 200 })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => { decodeEntry(Buffer.from(bytes)) }))
})

t.test('memory stays within its bound, whatever is kept', async (t) => {
  const maxBytes = 1_000_000
  const store = new MemoryStore({ maxBytes })
  for (let index = 0; index < 20_000; index++) {
    store.set(`route:/${index}`, { kind: 'route', createdAt: store.now(), revalidate: false, tags: ['a'], status: 200, headers: ['content-type', 'text/plain'], url: '', body: 'x'.repeat(index % 500) })
    if (index % 1000 === 0) t.ok(store.size.bytes <= maxBytes)
  }
  t.ok(store.size.bytes > maxBytes / 2, 'and uses it')
  t.ok(store.get('route:/19999', []), 'the newest one is there')
  t.equal(store.get('route:/0', []), undefined, 'the oldest one is not')
  const large: CacheEntry = { kind: 'route', createdAt: store.now(), revalidate: false, tags: [], status: 200, headers: [], url: '', body: 'x'.repeat(maxBytes) }
  t.ok(sizeOf('large', large) > maxBytes)
  store.set('large', large)
  t.equal(store.get('large', []), undefined, 'what is larger than all of it is not kept')

  const few = new MemoryStore({ maxEntries: 3 })
  for (const key of ['a', 'b', 'c', 'd']) few.set(key, { ...large, body: '' })
  t.equal(few.size.entries, 3)
})

interface Step { at: number, tag: string, invalidation: Invalidation }

const steps: fc.Arbitrary<Step[]> = fc.array(fc.record({
  at: fc.integer({ min: 1, max: 1000 }),
  tag: fc.constantFrom('a', 'b'),
  invalidation: fc.oneof(fc.constant({ expire: 0 }), fc.constant({}), fc.nat({ max: 2 }).map((expire) => ({ expire: expire / 10 })))
}), { maxLength: 8 }).map((all) => all.sort((one, other) => one.at - other.at))

/** By looking at everything that ever happened. */
function freshnessByHistory (history: Step[], tags: string[], createdAt: number, now: number): string {
  const those = history.filter(({ at, tag }) => tags.includes(tag) && at >= createdAt && at <= now)
  if (those.some(({ at, invalidation: { expire } }) => expire !== undefined && now >= at + expire * 1000)) return 'expired'
  return those.length > 0 ? 'stale' : 'fresh'
}

t.test('the state of a tag says what its history says', async (t) => {
  const order = ['fresh', 'stale', 'expired']
  fc.assert(fc.property(steps, fc.subarray(['a', 'b']), fc.integer({ min: 1, max: 1000 }), fc.nat({ max: 500 }), (history, tags, createdAt, later) => {
    const now = Math.max(createdAt, ...history.map(({ at }) => at)) + later
    const states = new TagStates()
    for (const { at, tag, invalidation } of history) states.invalidate([tag], at, invalidation)
    const [found, expected] = [states.freshness(tags, createdAt, now), freshnessByHistory(history, tags, createdAt, now)]
    // One state stands for all: it may say less of an entry that is younger than some of them, and never more.
    t.ok(order.indexOf(found) >= order.indexOf(expected), `${found}, and not ${expected}: ${JSON.stringify({ history, tags, createdAt, now })}`)
    if (expected === 'fresh') t.equal(found, 'fresh')
  }), { numRuns: 300 })
})

t.test('a state in steps', async (t) => {
  const stale = invalidated(NEVER, 100, { expire: 1 })
  t.equal(freshnessBy(stale, 100, 200), 'stale')
  t.equal(freshnessBy(stale, 101, 200), 'fresh')
  t.equal(freshnessBy(stale, 100, 1100), 'expired')
  const both = invalidated(stale, 300)
  t.equal(freshnessBy(both, 300, 300), 'expired')
  t.equal(freshnessBy(both, 301, 300), 'fresh')
})

t.test('more tags than are remembered: what is older is expired, whatever its tags are', async (t) => {
  const states = new TagStates()
  for (let index = 0; index <= 100_001; index++) states.invalidate([`tag-${index}`], index, { expire: 0 })
  t.equal(states.freshness(['tag-0'], 0, 200_000), 'expired')
  t.equal(states.freshness(['never'], 1, 200_000), 'expired')
  t.equal(states.freshness(['never'], 2, 200_000), 'fresh')
  t.equal(states.freshness([], 0, 200_000), 'fresh')
})

/** Cookies are written and read as the package does it which Next.js has in it. */
import { parseCookie, stringifyCookie, type ResponseCookie } from '@edge-runtime/cookies'
import fc from 'fast-check'
import t from 'tap'
import { findCookie, readCookies, writeCookie } from '../../lib/next/cookie-text.ts'

const TEXT = fc.string({ unit: fc.constantFrom('a', 'b', '=', ';', ' ', ',', '%', '4', '1', 'é', '"'), maxLength: 6 })
const HEADER = fc.array(TEXT, { maxLength: 5 }).chain((parts) => fc.constantFrom('; ', ';', ';   ', ' ;').map((joint) => parts.join(joint)))

t.test('any Cookie header is read the same, at once and name by name', async (t) => {
  fc.assert(fc.property(HEADER, TEXT, (header, name) => {
    const expected = parseCookie(header)
    t.same([...readCookies(header)], [...expected], JSON.stringify(header))
    for (const asked of [name, ...expected.keys()]) t.equal(findCookie(header, asked), expected.get(asked), JSON.stringify([header, asked]))
  }), { numRuns: 2000 })
})

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const COOKIE = fc.record({
  name: TEXT,
  value: TEXT,
  path: maybe(fc.constantFrom('', '/', '/a b')),
  expires: maybe(fc.oneof(fc.constantFrom(0, 1e12), fc.date({ noInvalidDate: true }))),
  maxAge: maybe(fc.constantFrom(-1, 0, 60)),
  domain: maybe(fc.constantFrom('', 'a.test')),
  secure: maybe(fc.boolean()),
  httpOnly: maybe(fc.boolean()),
  sameSite: maybe(fc.constantFrom(true, false, 'lax', 'strict', 'none')),
  partitioned: maybe(fc.boolean()),
  priority: maybe(fc.constantFrom('low', 'medium', 'high'))
}, { requiredKeys: ['name', 'value'] }) as fc.Arbitrary<ResponseCookie>

t.test('any cookie is written the same', async (t) => {
  fc.assert(fc.property(COOKIE, (cookie) => { t.equal(writeCookie(cookie), stringifyCookie(cookie)) }), { numRuns: 2000 })
})

/** Which paths a matcher knows: with the short way for most of them, and by the expressions alone. */
import fc from 'fast-check'
import t from 'tap'
import { Matcher, parseMatchers, type MatcherPattern } from '../../lib/proxy/matcher.ts'
import { readingsOf } from '../../lib/routes/path.ts'

const sources = fc.oneof(
  fc.constantFrom('/', '/:path*', '/((?!api|_next).*)', '/about', '/a.:ext', '/a.:ext?', '/:a-:b', '/a{-:b}?', '/(a|about)', '/about/:rest*', '/a/(.*)', '/a\\(b\\)'),
  fc.array(fc.constantFrom('/a', '/about', '/:p', '/:p*', '/:p+', '/:p?', '/(\\d+)', '.json', '/{x}?'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('').replaceAll(':p', () => ':p')).map(numbered)
).filter((source) => source.startsWith('/'))

const paths = fc.array(fc.constantFrom('/a', '/about', '/A', '/x', '/7', '/a.txt', '.json', '.rsc', '/_next/data/build', '/index', '/%61', '/%2F', '/a-b', '-c', '/a(b)', '/'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('')).filter((path) => path.startsWith('/'))

/** Each parameter of a pattern has a name of its own. */
function numbered (source: string): string {
  let count = 0
  return source.replace(/:p/g, () => `:p${count++}`)
}

function compile (source: string, basePath: string): MatcherPattern {
  const parsed = parseMatchers(source, basePath)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.patterns![0]!
}

t.test('a path is known by the expressions, whatever way leads there', async (t) => {
  fc.assert(fc.property(sources, fc.constantFrom('', '/base'), paths, (source, basePath, own) => {
    const pattern = compile(source, basePath)
    for (const path of [own, basePath + own]) {
      const expected = readingsOf(path).some((reading) => new RegExp(pattern.regexp).test(reading))
      t.equal(new Matcher([pattern], false).knows(path), expected, `${source} ${basePath} ${path}`)
      const either = expected || readingsOf(path).some((reading) => new RegExp(pattern.regexp, 'i').test(reading))
      t.equal(new Matcher([pattern], true).knows(path), either, `${source} ${basePath} ${path}, in any case`)
    }
  }), { numRuns: 500 })
})

t.test('a parameter that may be missing takes its slash with it', async (t) => {
  const knows = (source: string, path: string): boolean => new Matcher([compile(source, '')], false).knows(path)
  t.equal(knows('/account/:path*', '/account'), true)
  t.equal(knows('/account/:path*', '/accounts'), false)
  t.equal(knows('/file.:ext?', '/file'), true)
  t.equal(knows('/account/:path*', '/_next/data/build/account.json'), true)
})

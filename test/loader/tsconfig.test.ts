import t from 'tap'
import path from 'node:path'
import { configFor } from '../../lib/loader/tsconfig.ts'

const PATHS = '"compilerOptions": { "paths": { "@/*": ["./*"] } }'

t.test('what is no JSON is warned of once, with what is wrong and where', async (t) => {
  const warnings: Error[] = []
  const listener = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', listener)
  t.teardown(() => { process.off('warning', listener) })
  const sound = [
    `{ ${PATHS} }`,
    `\uFEFF{ // said "so"\n /* "a": , } */ ${PATHS}, }`,
    '{ "include": ["https://example.com/*,]", "\\"//"], }',
    ''
  ]
  const broken = ['nonsense', `{ ${PATHS}`, `{\n "include": []\n ${PATHS} }`, '{ compilerOptions: {} }']
  const dir = t.testdir(Object.fromEntries([...sound, ...broken].map((text, index) => [index, { 'tsconfig.json': text, a: {}, b: {} }])))
  for (const index of [...sound, ...broken].keys()) {
    for (const folder of ['a', 'b']) configFor(path.join(dir, String(index), folder, 'route.ts'))
  }
  await new Promise(setImmediate)
  t.same(warnings.map(({ message }) => message.split(' ')[0]), broken.map((_, index) => path.join(dir, String(sound.length + index), 'tsconfig.json')))
  t.match(warnings[0], { code: 'FAR_TSCONFIG', message: /is not valid JSON, so its `paths` may not be resolved: Unexpected token/ })
  t.same(configFor(path.join(dir, '1/a/route.ts')).match('@/x'), [path.join(dir, '1/x')], 'comments and commas are no mistakes')
})

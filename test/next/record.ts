/**
 * Records what the real Next.js does with many inputs, for `classes.test.ts` to compare with:
 *
 *     npx tsx test/next/record.ts PATH/TO/node_modules/next
 */
import fc from 'fast-check'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { ANY, ODD } from './inputs.ts'
import { observe, type Kind } from './observe.ts'
import { realClasses } from './real.ts'

const { version, classes } = realClasses(path.resolve(process.argv[2]!))

/** Node.js 24 escapes it in paths, 20 does not: a recording has to hold for both. */
const differs = (given: unknown): boolean => JSON.stringify(given).includes('^')

const lines = (Object.keys(ANY) as Kind[]).flatMap((kind) => {
  const cases = [...fc.sample(ANY[kind], { seed: 2024, numRuns: 120 }), ...ODD[kind] ?? []].filter((given) => !differs(given))
  return cases.map((given) => JSON.stringify({ kind, given, expected: observe(kind, classes, JSON.parse(JSON.stringify(given))) }))
})
writeFileSync(new URL('recorded.jsonl', import.meta.url), JSON.stringify({ version }) + '\n' + lines.join('\n') + '\n')

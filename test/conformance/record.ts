/**
 * Records what real Next.js answers to the cases of a corpus:
 *
 *     npm run record -- VERSION [--suite NAME]… [--corpus DIR] [--check]
 *
 * VERSION is a version or a major. The names that it exports go into `exports.json`.
 * It is installed in `.cache/next-VERSION`, once. Without `--suite`, all suites that the major (or,
 * for a new one, the newest before it) is recorded of. `--check` writes nothing and fails where the answers are not the recorded ones.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ensureOrigin, makeContext, pool, runCase } from './client.mjs'
import { exportsOf, freePort, install, installed, startNext, type Installation } from './recorder/next.ts'
import { casesFor, disagreements, majorOf, normalise, Recordings, writeExports, type Case, type Recording } from './recorder/recording.ts'

const CONCURRENCY = 8

/** Longer than the shortest `revalidate` of the corpora: what the build has prerendered is stale when the first case comes, at each run. */
const AGE = 3000

/** Serves `app-SUITE` of a corpus with real Next.js and puts the suite's cases to it. */
export async function record (next: Installation, corpus: string, suite: string): Promise<{ cases: Case[], recording: Recording }> {
  const all = JSON.parse(readFileSync(path.join(corpus, `cases-${suite}.json`), 'utf8')) as Case[]
  const cases = casesFor(all, majorOf(next.version))
  const origin = await ensureOrigin(await freePort())
  try {
    const server = await startNext(next, path.join(corpus, `app-${suite}`), origin.url)
    try {
      await setTimeout(AGE)
      const context = makeContext(server.url, origin.url)
      const answers = await pool(cases, CONCURRENCY, (c) => runCase(c, context))
      const entries = cases.map((c, i) => [c.id, answers[i]!.map((answer) => normalise(answer))] as const)
      return { cases, recording: { version: next.version, node: process.version, cases: Object.fromEntries(entries) } }
    } finally {
      await server.close()
    }
  } finally {
    origin.close()
  }
}

async function main (): Promise<void> {
  const { positionals: [version], values } = parseArgs({
    allowPositionals: true,
    options: {
      suite: { type: 'string', multiple: true },
      corpus: { type: 'string', default: import.meta.dirname },
      check: { type: 'boolean', default: false }
    }
  })
  if (version === undefined) throw new Error('usage: npm run record -- VERSION [--suite NAME]… [--corpus DIR] [--check]')
  const dir = path.resolve(import.meta.dirname, '../../.cache', `next-${version}`)
  const next = installed(dir) ?? await install(dir, version)
  const corpus = path.resolve(values.corpus)
  const recordings = new Recordings(corpus)
  if (!values.check) writeExports(corpus, next.version, await exportsOf(next))
  for (const suite of values.suite ?? recordings.suitesOf(majorOf(next.version))) {
    const before = recordings.nearest(suite, next.version)
    const { cases, recording } = await record(next, corpus, suite)
    const found = before === undefined ? [] : disagreements(cases, recordings.read(suite, before), recording)
    console.log(`${suite}: ${cases.length} cases of Next.js ${next.version}, ${found.length} unlike ${before ?? 'none'}`)
    for (const { id, feature, differences } of found) console.log(`  ${id} [${feature}]\n    ${differences.join('\n    ')}`)
    if (!values.check) console.log(`-> ${recordings.write(suite, recording)}`)
    else if (found.length > 0 || before === undefined) process.exitCode = 1
  }
}

if (process.argv[1] === import.meta.filename) await main()

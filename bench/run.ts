/** `npm run bench`: what README.md tells. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { CACHE, currentRevision, removeRevision } from './build.ts'
import { contestantsOf, whyNot } from './contestants.ts'
import { findCores, type Cores } from './cores.ts'
import { findLoadGenerator, type LoadGenerator } from './load/load.ts'
import { ratiosOf, runRounds } from './rounds.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { HELP, parseSettings, type Settings } from './settings.ts'
import { smoke } from './smoke.ts'
import { heading, rows, type Result } from './table.ts'

/** What all measurements share. */
export interface Bench {
  settings: Settings
  cores: Cores | undefined
  generate: LoadGenerator
}

const DETAILS = ['cpu', 'allocated', 'bandwidthCpu', 'rss'] as const

async function main (args: string[]): Promise<void> {
  if (args.includes('--help')) return console.log(HELP)
  const settings = parseSettings(args)
  const scenarios = chosenScenarios(settings)
  const { name: loadGenerator, generate } = findLoadGenerator()
  const bench: Bench = { settings, cores: findCores(settings.cores), generate }
  if (settings.smoke) return await smoke(bench)
  const result: Result = { ...conditions(bench), loadGenerator, scenarios: [] }
  console.log(heading(result))
  try {
    for (const scenario of scenarios) await measure(scenario, bench, result)
  } finally {
    if (settings.against !== undefined) removeRevision()
  }
  console.log(`\nWritten to ${path.relative(process.cwd(), fileOf(result, settings))}`)
}

function chosenScenarios ({ only, rivals, quick }: Settings): Scenario[] {
  refuseUnknown('scenario', only, SCENARIOS.map(({ name }) => name))
  refuseUnknown('rival', rivals, SCENARIOS.flatMap(({ rivals }) => rivals))
  return SCENARIOS.filter(({ name, isLong }) => only?.includes(name) ?? !(quick && isLong))
}

function refuseUnknown (kind: string, names: string[] = [], known: string[]): void {
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new TypeError(`No ${kind} is called ${unknown.join(', ')}. There are: ${[...new Set(known)].join(', ')}`)
}

function conditions ({ settings: { node, rounds, seconds }, cores }: Bench): Omit<Result, 'loadGenerator' | 'scenarios'> {
  return {
    date: new Date().toISOString(),
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1),
    machine: `${os.cpus()[0]!.model.trim()}, ${os.cpus().length} cores`,
    revision: currentRevision(),
    pinned: cores !== undefined,
    rounds,
    seconds
  }
}

async function measure (scenario: Scenario, bench: Bench, result: Result): Promise<void> {
  const { name, title, subject, metrics, limits } = scenario
  const missing = whyNot(subject)
  if (missing !== false) return console.error(`${name} is left out: ${missing}.`)
  const contestants = contestantsOf(scenario, bench.settings)
  if (contestants.length === 1 && !isAskedAlone(scenario, bench.settings)) return
  const measured = await runRounds(scenario, contestants, bench, progress)
  progress('')
  const row = { name, title, subject, metrics, limits, measured, ratios: ratiosOf(scenario, measured, majorOf(result)) }
  console.log(rows(row, bench.settings.cpu ? DETAILS : []))
  result.scenarios.push(row)
  write(result, bench.settings)
}

/** Whether figures count by themselves, for who has not asked for those of rivals. */
function isAskedAlone ({ name, limits }: Scenario, { only, rivals }: Settings): boolean {
  return limits !== undefined && (rivals === undefined || only?.includes(name) === true)
}

/** After each scenario, so that a run which ends early leaves what it has measured. */
function write (result: Result, settings: Settings): void {
  const file = fileOf(result, settings)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(result, undefined, 2) + '\n')
}

function fileOf (result: Result, { json }: Settings): string {
  return json ?? path.join(CACHE, `node-${majorOf(result)}.json`)
}

function majorOf ({ node }: Result): number {
  return parseInt(node)
}

function progress (text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

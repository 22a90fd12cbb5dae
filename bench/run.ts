/** `npm run bench`: what README.md tells. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { CACHE, currentRevision, installRivals, removeRevision } from './build.ts'
import { contestantsOf } from './contestants.ts'
import { findCores, type Cores } from './cores.ts'
import { findLoadGenerator, type LoadGenerator } from './load/load.ts'
import { ratiosOf, runRounds } from './rounds.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { HELP, parseSettings, type Settings } from './settings.ts'
import { smoke } from './smoke.ts'
import { render, type Result } from './table.ts'

/** What all measurements share. */
export interface Bench {
  settings: Settings
  cores: Cores | undefined
  generate: LoadGenerator
}

async function main (args: string[]): Promise<void> {
  if (args.includes('--help')) return console.log(HELP)
  const settings = parseSettings(args)
  const scenarios = chosenScenarios(settings)
  const { name: loadGenerator, generate } = findLoadGenerator()
  const bench: Bench = { settings, cores: findCores(settings.cores), generate }
  if (settings.smoke) return await smoke(bench)
  installRivals()
  const result: Result = { ...conditions(bench), loadGenerator, scenarios: [] }
  try {
    for (const scenario of scenarios) {
      await measure(scenario, bench, result)
      write(result, settings)
    }
  } finally {
    progress('')
    if (settings.against !== undefined) removeRevision()
  }
  console.log(render(result, settings.cpu ? ['cpu', 'allocated', 'bandwidthCpu'] : []))
  console.log(`Written to ${path.relative(process.cwd(), fileOf(result, settings))}`)
}

function chosenScenarios ({ only }: Settings): Scenario[] {
  const unknown = only?.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name)) ?? []
  if (unknown.length > 0) throw new TypeError(`No scenario is called ${unknown.join(', ')}. Scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  return SCENARIOS.filter(({ name }) => only?.includes(name) ?? true)
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
  const contestants = contestantsOf(scenario, bench.settings)
  if (contestants.length === 1) return
  const measured = await runRounds(scenario, contestants, bench, progress)
  const { name, title, subject, metrics } = scenario
  result.scenarios.push({ name, title, subject, metrics, measured, ratios: ratiosOf(scenario, measured, majorOf(result)) })
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

await main(process.argv.slice(2))

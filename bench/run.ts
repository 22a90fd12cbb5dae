/** `npm run bench`: what README.md tells. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { buildRevision, CACHE, installRivals, revision } from './build.ts'
import { missingPackages, type Contestant } from './contestants.ts'
import { findCores, type Cores } from './cores.ts'
import { findLoadGenerator, type LoadGenerator } from './load/load.ts'
import { ratiosOf, runRounds } from './rounds.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'
import { HELP, parseSettings, type Settings } from './settings.ts'
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
  installRivals()
  const { name: loadGenerator, generate } = findLoadGenerator()
  const bench: Bench = { settings, cores: findCores(settings.cores), generate }
  const other = settings.against === undefined ? undefined : buildRevision(settings.against)
  const result: Result = {
    date: new Date().toISOString(),
    node: execFileSync(settings.node, ['--version'], { encoding: 'utf8' }).trim().slice(1),
    machine: `${os.cpus()[0]!.model.trim()}, ${os.cpus().length} cores`,
    revision: revision(),
    loadGenerator,
    pinned: bench.cores !== undefined,
    rounds: settings.rounds,
    seconds: settings.seconds,
    scenarios: []
  }
  for (const scenario of chosenScenarios(settings)) {
    const contestants = contestantsOf(scenario, settings, other)
    if (contestants.length === 1) continue
    const measured = await runRounds(scenario, contestants, bench, progress)
    const { name, title, subject } = scenario
    result.scenarios.push({ name, title, subject, measured, ratios: ratiosOf(scenario, measured) })
  }
  progress('')
  console.log(render(result, settings.cpu ? ['throughput', 'cpu', 'allocated'] : ['throughput']))
  const file = settings.json ?? path.join(CACHE, `node-${result.node.split('.')[0]}.json`)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(result, undefined, 2) + '\n')
  console.log(`Written to ${path.relative(process.cwd(), file)}`)
}

function chosenScenarios ({ only }: Settings): Scenario[] {
  const unknown = only?.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name)) ?? []
  if (unknown.length > 0) throw new TypeError(`No scenario is called ${unknown.join(', ')}. Scenarios: ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  return SCENARIOS.filter(({ name }) => only?.includes(name) ?? true)
}

function contestantsOf ({ subject, rivals }: Scenario, settings: Settings, other: string | undefined): Contestant[] {
  const contestants: Contestant[] = [{ name: subject, module: subject }]
  if (other !== undefined) contestants.push({ name: `${subject}@${settings.against}`, module: subject, env: { PACKAGE_DIR: other } })
  // Two states of the project are compared with each other only, unless rivals are asked for.
  const wanted = settings.rivals ?? (other === undefined ? rivals : [])
  for (const name of rivals.filter((name) => wanted.includes(name))) {
    const missing = missingPackages(name)
    if (missing.length === 0) contestants.push({ name, module: name })
    else console.log(`${name} takes no part: ${missing.join(', ')} is not installed.`)
  }
  return contestants
}

function progress (text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}

await main(process.argv.slice(2))

import { checkAnswer } from './check.ts'
import { contestant, isInstalled } from './contestants.ts'
import { measureBoot } from './measure/boot.ts'
import { startServer } from './measure/server.ts'
import type { Bench } from './run.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/** Every scenario once on each of its contestants that is installed. Measures nothing; throws at the first wrong answer. */
export async function smoke (bench: Bench): Promise<void> {
  for (const [name, scenarios] of scenariosByContestant()) {
    if (!isInstalled(name)) {
      console.log(`- ${name}: it is not installed`)
      continue
    }
    const server = await startServer(contestant(name), bench)
    try {
      for (const scenario of scenarios) {
        if (scenario.name.startsWith('boot')) await measureBoot(20)(contestant(name), scenario, bench)
        else await checkAnswer(contestant(name), server.origin, scenario)
      }
    } finally {
      await server.stop()
    }
    console.log(`✓ ${name}: ${scenarios.map(({ name }) => name).join(', ')}`)
  }
}

function scenariosByContestant (): Map<string, Scenario[]> {
  const map = new Map<string, Scenario[]>()
  for (const scenario of SCENARIOS) {
    for (const name of [scenario.subject, ...scenario.rivals]) map.set(name, [...map.get(name) ?? [], scenario])
  }
  return map
}

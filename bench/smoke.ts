import { checkAnswer } from './check.ts'
import { contestant, whyNot, type Contestant } from './contestants.ts'
import { startServer } from './measure/server.ts'
import { withRedis } from './redis.ts'
import type { Bench } from './run.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/** Every scenario once on each of its contestants that can run. Measures nothing; throws at the first wrong answer. */
export async function smoke (bench: Bench): Promise<void> {
  for (const [name, scenarios] of scenariosByContestant()) {
    const missing = whyNot(name)
    if (missing !== false) {
      console.log(`- ${name}: ${missing}`)
      continue
    }
    await withRedis(contestant(name), bench.cores, (contestant) => checkAnswers(contestant, scenarios.filter(({ smoke }) => smoke === undefined), bench))
    for (const scenario of scenarios) await scenario.smoke?.(contestant(name), scenario, bench)
    console.log(`✓ ${name}: ${scenarios.map(({ name }) => name).join(', ')}`)
  }
}

async function checkAnswers (contestant: Contestant, scenarios: Scenario[], bench: Bench): Promise<void> {
  const server = await startServer(contestant, bench)
  try {
    for (const scenario of scenarios) await checkAnswer(contestant, server.origin, scenario)
  } finally {
    await server.stop()
  }
}

function scenariosByContestant (): Map<string, Scenario[]> {
  const map = new Map<string, Scenario[]>()
  for (const scenario of SCENARIOS) {
    for (const name of [scenario.subject, ...scenario.rivals]) map.set(name, [...map.get(name) ?? [], scenario])
  }
  return map
}

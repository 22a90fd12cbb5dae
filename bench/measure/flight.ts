import { checkAnswer } from '../check.ts'
import { startPeer } from '../processes.ts'
import { withRedis } from '../redis.ts'
import type { Measure } from './measure.ts'
import { startServer, type Server } from './server.ts'

const REQUESTS = 1000
const TIMES = 5

/**
 * How often a handler runs when its answer has expired and everybody asks for it at once: the most of five times. Nothing is timed, so
 * processes run on whatever core is free.
 */
export function measureFlight (processes: number): Measure {
  return (contestant, scenario, bench) => withRedis(contestant, undefined, async (contestant) => {
    const servers: Server[] = []
    try {
      for (let i = 0; i < processes; i++) {
        const server = await startServer(contestant, { ...bench, cores: undefined })
        servers.push(server)
        await checkAnswer(contestant, server.origin, scenario)
      }
      const origins = servers.map(({ origin }) => origin)
      let runs = 0
      for (let time = 0; time < TIMES; time++) runs = Math.max(runs, await runsOfBurst(origins, scenario.request.path))
      return { runs }
    } finally {
      for (const server of servers) await server.stop()
    }
  })
}

async function runsOfBurst (origins: string[], path: string): Promise<number> {
  await fetch(`${origins[0]}${path}/runs`, { method: 'DELETE' })
  const before = await runsOf(origins, path)
  const client = startPeer(undefined, 'load/burst.mjs', [String(REQUESTS), ...origins.map((origin) => origin + path)])
  try {
    await client.answer()
  } finally {
    await client.stop()
  }
  return await runsOf(origins, path) - before
}

async function runsOf (origins: string[], path: string): Promise<number> {
  const counts = await Promise.all(origins.map(async (origin) => (await (await fetch(`${origin}${path}/runs`)).json() as { runs: number }).runs))
  return counts.reduce((sum, runs) => sum + runs, 0)
}

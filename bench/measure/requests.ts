import type { Contestant } from '../contestants.ts'
import type { Bench } from '../run.ts'
import type { Scenario } from '../scenarios.ts'
import type { Figures, Measure, MeasureAll } from './measure.ts'
import { withServers, type Server } from './server.ts'

/** What was measured of one server so far. */
interface Sum { requests: number, seconds: number, cpu: number, allocated: number, rss: number }

/**
 * Requests per second, and what each of them costs the server. All servers run at once and are asked in turn, one second each:
 * whatever slows the machine down for a while hits all of them. A server that is not asked does nothing.
 */
export const measureRequestsInTurn: MeasureAll = (contestants, scenario, bench, progress) => withServers(contestants, scenario, bench, async (servers) => {
  const { settings } = bench
  for (const { origin } of servers) await ask(origin, settings.warmUp, scenario, bench)
  const sums = servers.map((): Sum => ({ requests: 0, seconds: 0, cpu: 0, allocated: 0, rss: 0 }))
  for (let second = 0; second < settings.seconds; second++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const index = (turn + second) % servers.length
      progress(contestants[index]!.name)
      await addSecond(sums[index]!, servers[index]!, scenario, bench)
    }
  }
  return Object.fromEntries(contestants.map(({ name }, index) => [name, figuresOf(sums[index]!, settings.cpu)]))
})

/** The same of one server alone. */
export const measureRequests: Measure = async (contestant: Contestant, scenario, bench) => (await measureRequestsInTurn([contestant], scenario, bench, () => {}))[contestant.name]!

async function addSecond (sum: Sum, { origin, usage }: Server, scenario: Scenario, bench: Bench): Promise<void> {
  const before = await usage()
  const { requests, seconds } = await ask(origin, 1, scenario, bench)
  const after = await usage()
  sum.requests += requests
  sum.seconds += seconds
  sum.cpu += after.cpu - before.cpu
  sum.allocated += after.allocated - before.allocated
  sum.rss = after.rss
}

const ask = (origin: string, seconds: number, { request }: Scenario, { generate, cores }: Bench): ReturnType<Bench['generate']> => generate({ url: origin + request.path, request, core: cores?.client, seconds })

function figuresOf ({ requests, seconds, cpu, allocated, rss }: Sum, countsAllocations: boolean): Figures {
  return { throughput: requests / seconds, cpu: cpu / requests, rss, ...(countsAllocations ? { allocated: allocated / requests } : {}) }
}

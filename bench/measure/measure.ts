import type { Contestant } from '../contestants.ts'
import type { Bench } from '../run.ts'
import type { Scenario } from '../scenarios.ts'

/** What can be measured, with its unit, and which way is better. */
export const METRICS = {
  throughput: { unit: 'requests/s', better: 'more' },
  cpu: { unit: 'CPU µs/request', better: 'less' },
  allocated: { unit: 'bytes allocated/request', better: 'less' },
  rss: { unit: 'MiB resident', better: 'less' },
  p99: { unit: 'p99, µs', better: 'less' },
  bandwidth: { unit: 'MiB/s', better: 'more' },
  bandwidthCpu: { unit: 'CPU ms/GiB', better: 'less' },
  eventCpu: { unit: 'CPU µs/event', better: 'less' },
  events: { unit: 'events/s', better: 'more' },
  startUp: { unit: 'start-up, ms', better: 'less' },
  routeMemory: { unit: 'heap bytes/route', better: 'less' },
  invalidation1k: { unit: 'ms, 1,000 entries', better: 'less' },
  invalidation100k: { unit: 'ms, 100,000 entries', better: 'less' },
  invalidation1m: { unit: 'ms, 1,000,000 entries', better: 'less' },
  invalidationGrowth: { unit: '× as long with the most as with 1,000', better: 'less' },
  kept: { unit: 'MiB kept, by its own account', better: 'less' },
  heapGrowth: { unit: 'MiB more heap and buffers', better: 'less' },
  rssGrowth: { unit: 'MiB more resident', better: 'less' },
  runs: { unit: 'runs of the handler', better: 'less' }
} as const

export type Metric = keyof typeof METRICS
export type Figures = Partial<Record<Metric, number>>

/** Measures one contestant once, in a process that nothing else was measured in. */
export type Measure = (contestant: Contestant, scenario: Scenario, bench: Bench) => Promise<Figures>

/** Measures all contestants of a round; gives their figures by their names. */
export type MeasureAll = (contestants: Contestant[], scenario: Scenario, bench: Bench, progress: (name: string) => void) => Promise<Record<string, Figures>>

/** Measures one contestant after the other. */
export const oneByOne = (measure: Measure): MeasureAll => async (contestants, scenario, bench, progress) => {
  const measured: Record<string, Figures> = {}
  for (const contestant of contestants) {
    progress(contestant.name)
    measured[contestant.name] = await measure(contestant, scenario, bench)
  }
  return measured
}

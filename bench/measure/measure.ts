import type { Contestant } from '../contestants.ts'
import type { Bench } from '../run.ts'
import type { Scenario } from '../scenarios.ts'

/** What can be measured, with its unit, and which way is better. */
export const METRICS = {
  throughput: { unit: 'requests/s', better: 'more' },
  cpu: { unit: 'CPU µs/request', better: 'less' },
  allocated: { unit: 'bytes/request', better: 'less' }
} as const

export type Metric = keyof typeof METRICS
export type Figures = Partial<Record<Metric, number>>

/** Measures one contestant once, in a process that nothing else was measured in. The first figure is what the scenario is about. */
export type Measure = (contestant: Contestant, scenario: Scenario, bench: Bench) => Promise<Figures>

import type { Contestant } from './contestants.ts'
import { METRICS, type Metric } from './measure/measure.ts'
import type { Bench } from './run.ts'
import type { Scenario } from './scenarios.ts'

/** The figures of each contestant, one for each round. */
export type Measured = Record<string, Partial<Record<Metric, number[]>>>

export interface Ratio { metric: Metric, rival: string, min: number, median: number, max: number, target?: number }

/** Each round measures every contestant, and each begins with another one, so that what drifts hits all. */
export async function runRounds (scenario: Scenario, contestants: Contestant[], bench: Bench, progress: (text: string) => void): Promise<Measured> {
  const measured: Measured = Object.fromEntries(contestants.map(({ name }) => [name, {}]))
  const rounds = scenario.isOnce === true ? 1 : bench.settings.rounds
  for (let round = 0; round < rounds; round++) {
    const figures = await scenario.measure(rotated(contestants, round), scenario, bench, (name) => { progress(`${scenario.name}: round ${round + 1} of ${rounds}, ${name}`) })
    for (const [name, own] of Object.entries(figures)) {
      for (const [metric, value] of Object.entries(own)) (measured[name]![metric as Metric] ??= []).push(value)
    }
  }
  return measured
}

function rotated<T> (list: T[], by: number): T[] {
  const at = by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

/** The subject's figures divided by each rival's of the same round. */
export function ratiosOf (scenario: Scenario, measured: Measured, nodeMajor: number): Ratio[] {
  const { [scenario.subject]: own, ...rivals } = measured
  return (Object.keys(own!) as Metric[]).flatMap((metric) => Object.entries(rivals).map(([rival, figures]) => {
    const ratios = own![metric]!.map((value, round) => value / figures[metric]![round]!)
    const target = targetOf(scenario, metric, rival, nodeMajor)
    return { metric, rival, ...spread(ratios), ...(target !== undefined ? { target } : {}) }
  }))
}

function targetOf ({ metrics, targets, slackOn20 = 0 }: Scenario, metric: Metric, rival: string, nodeMajor: number): number | undefined {
  const target = targets[rival]
  if (target === undefined || !metrics.includes(metric)) return undefined
  const slack = nodeMajor === 20 ? slackOn20 : 0
  const wanted = METRICS[metric].better === 'more' ? target - slack : target + slack
  return Math.round(wanted * 100) / 100
}

export function spread (values: number[]): { min: number, median: number, max: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const median = sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}

import { METRICS, type Metric } from './measure/measure.ts'
import { spread, type Measured, type Ratio } from './rounds.ts'

/** A run as it is written to JSON. */
export interface Result {
  date: string
  /** Of the servers. */
  node: string
  machine: string
  revision: string
  loadGenerator: string
  /** Whether server and load generator had a core of their own. */
  pinned: boolean
  rounds: number
  /** Of one measurement. */
  seconds: number
  scenarios: Array<{ name: string, title: string, subject: string, metrics: Metric[], measured: Measured, ratios: Ratio[] }>
}

/** Under which conditions a run was made, and the head of its table. */
export function heading ({ date, node, machine, revision, loadGenerator, pinned, rounds, seconds }: Result): string {
  const cores = pinned ? 'server and load generator pinned to a core each' : 'NOT pinned to cores, since taskset or a second core is missing'
  return `Node.js ${node}, ${machine}; ${loadGenerator}, 32 connections, ${rounds} interleaved rounds of ${seconds} s, ${cores}; ${date.slice(0, 10)}, revision ${revision}.

| scenario | measured | to | ratio: median (min – max) | target | ours | theirs |
| --- | --- | --- | --- | --- | ---: | ---: |`
}

/** The lines of a scenario: what it is about, and other metrics if asked for. */
export function rows ({ title, subject, metrics, measured, ratios }: Result['scenarios'][number], others: readonly Metric[] = []): string {
  const shown = ratios.filter(({ metric }) => metrics.includes(metric) || others.includes(metric))
  return shown.map(({ metric, rival, min, median, max, target }) => {
    const spread = `${median.toFixed(2)} (${min.toFixed(2)} – ${max.toFixed(2)})`
    const [ours, theirs] = [subject, rival].map((name) => typical(measured[name]![metric]!))
    return `| ${title} | ${METRICS[metric].unit} | ${rival} | ${spread} | ${judged(median, target, metric)} | ${ours} | ${theirs} |`
  }).join('\n')
}

function judged (ratio: number, target: number | undefined, metric: Metric): string {
  if (target === undefined) return ''
  const more = METRICS[metric].better === 'more'
  return `${more ? '≥' : '≤'} ${target.toFixed(2)}${(more ? ratio >= target : ratio <= target) ? '' : ' missed'}`
}

function typical (values: number[]): string {
  const { median } = spread(values)
  return median >= 100 ? Math.round(median).toLocaleString('en') : median.toPrecision(3)
}

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
  scenarios: Array<{ name: string, title: string, subject: string, metrics: Metric[], limits?: Partial<Record<Metric, number>>, measured: Measured, ratios: Ratio[] }>
}

/** Under which conditions a run was made, and the head of its table. */
export function heading ({ date, node, machine, revision, loadGenerator, pinned, rounds, seconds }: Result): string {
  const cores = pinned ? 'server and load generator pinned to a core each' : 'NOT pinned to cores, since taskset or a second core is missing'
  return `Node.js ${node}, ${machine}; ${loadGenerator}, 32 connections, ${rounds} interleaved rounds of ${seconds} s, ${cores}; ${date.slice(0, 10)}, revision ${revision}.

| scenario | measured | to | ratio: median (min – max) | target | ours | theirs |
| --- | --- | --- | --- | --- | ---: | ---: |`
}

/** The lines of a scenario: what it is about, and other metrics if asked for. */
export function rows (scenario: Result['scenarios'][number], others: readonly Metric[] = []): string {
  const { title, subject, metrics, limits, measured, ratios } = scenario
  const shown = ratios.filter(({ metric }) => metrics.includes(metric) || others.includes(metric))
  const compared = shown.map(({ metric, rival, min, median, max, target }) => {
    const [ours, theirs] = [subject, rival].map((name) => readable(spread(measured[name]![metric]!).median))
    const wanted = target === undefined ? '' : judged(target.toFixed(2), metric, METRICS[metric].better === 'more' ? median >= target : median <= target)
    return `| ${title} | ${METRICS[metric].unit} | ${rival} | ${median.toFixed(2)} (${min.toFixed(2)} – ${max.toFixed(2)}) | ${wanted} | ${ours} | ${theirs} |`
  })
  return [...limits === undefined ? [] : limitedRows(scenario, limits), ...compared].join('\n')
}

/** A limit is kept to in every round, or is missed. */
function limitedRows ({ title, subject, metrics, measured }: Result['scenarios'][number], limits: Partial<Record<Metric, number>>): string[] {
  return metrics.filter((metric) => measured[subject]![metric] !== undefined).map((metric) => {
    const { min, median, max } = spread(measured[subject]![metric]!)
    const limit = limits[metric]
    const wanted = limit === undefined ? '' : judged(String(limit), metric, METRICS[metric].better === 'more' ? min >= limit : max <= limit)
    return `| ${title} | ${METRICS[metric].unit} | | | ${wanted} | ${readable(median)} (${readable(min)} – ${readable(max)}) | |`
  })
}

function judged (wanted: string, metric: Metric, isReached: boolean): string {
  return `${METRICS[metric].better === 'more' ? '≥' : '≤'} ${wanted}${isReached ? '' : ' missed'}`
}

function readable (value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}

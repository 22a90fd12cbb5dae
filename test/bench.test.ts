import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Contestant } from '../bench/contestants.ts'
import { findLoadGenerator } from '../bench/load/load.ts'
import { oneByOne } from '../bench/measure/measure.ts'
import { ratiosOf, runRounds, spread } from '../bench/rounds.ts'
import type { Bench } from '../bench/run.ts'
import type { Scenario } from '../bench/scenarios.ts'
import { parseSettings } from '../bench/settings.ts'
import { rows, type Result } from '../bench/table.ts'
import { withoutRedis } from './cache/redis-server.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Ended { code: number, output: string, problems: string }

const bench = (...args: string[]): Promise<Ended> => benchWith(process.env, ...args)

async function benchWith (env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(ROOT, 'bench/run.ts'), ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, problems, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, output, problems }
}

t.test('every scenario is answered rightly by every server that takes part', async (t) => {
  const { code, output, problems } = await bench('--smoke')
  t.equal(code, 0, 'no answer is wrong', { output, problems })
  const seen = new Map([...output.matchAll(/^(✓|-) ([\w-]+): (.+)$/gm)].map(([, mark, name, rest]) => [name!, { isChecked: mark === '✓', rest: rest! }]))
  for (const name of ['app-routes', 'app-routes-express', 'app-routes-proxy-unmatched', 'app-routes-proxy-next', 'fastify-hook', 'fastify', 'node-http', 'express']) t.ok(seen.get(name)?.isChecked, name)
  for (const scenarios of ['json, next-response, params, session, echo, upload, stream, events', 'static, invalidate, bound, flight']) t.match(seen.get('app-routes')?.rest, scenarios)
  for (const name of ['app-routes-redis', 'app-routes-redis-near', 'fastify-redis']) t.ok(seen.get(name)?.isChecked, name, { skip: withoutRedis() })
  for (const name of ['hono', 'h3', 'remix', 'whatwg-node', 'next']) {
    const rival = seen.get(name)
    if (rival?.isChecked === false) t.pass(name, { skip: rival.rest })
    else t.ok(rival, name)
  }
})

t.test('a run writes its figures, its ratios and its conditions', async (t) => {
  const file = path.join(t.testdir({}), 'result.json')
  const hasLoadGenerator = findLoadGenerator().name === 'wrk' || existsSync(path.join(ROOT, 'bench/rivals/node_modules'))
  const only = ['stream', 'events', 'flight', ...(hasLoadGenerator ? ['json'] : [])]
  const { code, output, problems } = await bench('--quick', '--rounds', '1', '--cpu', '--only', only.join(), '--rivals', 'fastify', '--json', file)
  t.equal(code, 0, 'it ends well', { output, problems })
  const result = JSON.parse(readFileSync(file, 'utf8')) as Result
  t.match(result, { node: process.version.slice(1), rounds: 1, seconds: 1, loadGenerator: /wrk|autocannon/ })
  const metrics = new Map(result.scenarios.map(({ name, ratios }) => [name, ratios.map(({ metric, rival }) => `${metric} to ${rival}`)]))
  t.same(metrics.get('stream'), ['bandwidth to fastify', 'bandwidthCpu to fastify', 'rss to fastify'])
  t.same(metrics.get('flight'), [], 'it has no rival')
  t.match(output, '| runs of the handler | | | ≤ 1 | 1.00 (1.00 – 1.00) | |')
  t.same(metrics.get('events'), ['eventCpu to fastify', 'events to fastify', 'rss to fastify'])
  if (!hasLoadGenerator) t.pass('requests', { skip: 'neither wrk nor autocannon is installed' })
  else t.same(metrics.get('json'), ['throughput to fastify', 'cpu to fastify', 'rss to fastify', 'allocated to fastify'])
  for (const { name, ratios } of result.scenarios) t.ok(ratios.every(({ median }) => median > 0 && Number.isFinite(median)), name, { ratios })
  for (const { title } of result.scenarios) t.match(output, `| ${title} | `)
})

t.test('a mistake on the command line is named', async (t) => {
  t.match(await bench('--only', 'jsn'), { code: 1, problems: 'No scenario is called jsn. There are: json, ' })
  t.match(await bench('--rivals', 'hapi'), { code: 1, problems: 'No rival is called hapi. There are: fastify, ' })
  t.match(await bench('--quik'), { code: 1, problems: "Unknown option '--quik'" })
  for (const seconds of ['0', '1.5', '-1', 'x']) t.throws(() => parseSettings([`--seconds=${seconds}`]), { message: '--seconds takes a whole number greater than 0' })
})

t.test('what needs Redis is left out where there is none', async (t) => {
  const git = process.env.PATH!.split(path.delimiter).map((dir) => path.join(dir, 'git')).find((file) => existsSync(file))!
  const PATH = t.testdir({ git: t.fixture('symlink', git) })
  const { code, problems } = await benchWith({ ...process.env, PATH }, '--quick', '--only', 'redis,flight-redis', '--json', path.join(PATH, 'result.json'))
  t.equal(code, 0)
  t.equal(problems, 'redis is left out: redis-server is not installed.\nflight-redis is left out: redis-server is not installed.\n')
})

const SCENARIO = { name: 'json', title: 'JSON', subject: 'app-routes', metrics: ['throughput'], rivals: ['fastify', 'hono'], targets: { fastify: 0.95 }, slackOn20: 0.05 } as unknown as Scenario

t.test('rounds are interleaved, and begin with another contestant each', async (t) => {
  const order: string[] = []
  const measure = async ({ name }: Contestant): Promise<object> => {
    order.push(name)
    return { throughput: order.length }
  }
  const contestants = ['app-routes', 'fastify', 'hono'].map((name) => ({ name, module: name }))
  const measured = await runRounds({ ...SCENARIO, measure: oneByOne(measure) }, contestants, { settings: { rounds: 4 } } as Bench, () => {})
  t.same(order, ['app-routes', 'fastify', 'hono', 'fastify', 'hono', 'app-routes', 'hono', 'app-routes', 'fastify', 'app-routes', 'fastify', 'hono'])
  t.same(measured, { 'app-routes': { throughput: [1, 6, 8, 10] }, fastify: { throughput: [2, 4, 9, 11] }, hono: { throughput: [3, 5, 7, 12] } })
  order.length = 0
  await runRounds({ ...SCENARIO, measure: oneByOne(measure), isOnce: true }, contestants, { settings: { rounds: 4 } } as Bench, () => {})
  t.same(order, ['app-routes', 'fastify', 'hono'], 'what takes long is measured once')
})

t.test('a ratio is of two figures of one round', async (t) => {
  const measured = { 'app-routes': { throughput: [90, 50, 100], cpu: [10, 20, 10] }, fastify: { throughput: [100, 50, 80], cpu: [10, 10, 10] } }
  t.same(ratiosOf(SCENARIO, measured, 24), [
    { metric: 'throughput', rival: 'fastify', min: 0.9, median: 1, max: 1.25, target: 0.95 },
    { metric: 'cpu', rival: 'fastify', min: 1, median: 1, max: 2 }
  ])
  t.match(ratiosOf(SCENARIO, measured, 20)[0], { target: 0.9 }, 'Node.js 20 has some slack')
  t.same(spread([4, 1, 3, 2]), { min: 1, median: 2.5, max: 4 })
})

t.test('the table says which targets are missed, in either direction', async (t) => {
  const lines = (metric: 'throughput' | 'startUp', ours: number): string => {
    const measured = { 'app-routes': { [metric]: [ours] }, fastify: { [metric]: [100] } }
    return rows({ ...SCENARIO, metrics: [metric], measured, ratios: ratiosOf({ ...SCENARIO, metrics: [metric] }, measured, 24) })
  }
  t.equal(lines('throughput', 95), '| JSON | requests/s | fastify | 0.95 (0.95 – 0.95) | ≥ 0.95 | 95.0 | 100 |')
  t.match(lines('throughput', 94), '| ≥ 0.95 missed |')
  t.match(lines('startUp', 95), '| ≤ 0.95 |')
  t.match(lines('startUp', 96), '| ≤ 0.95 missed |')
})

t.test('a limit is for the figures of all rounds, and has a line for each metric', async (t) => {
  const lines = (...runs: number[]): string[] => rows({ ...SCENARIO, metrics: ['runs', 'rssGrowth'], limits: { runs: 1 }, measured: { 'app-routes': { runs, rssGrowth: [12.5] } }, ratios: [] }).split('\n')
  t.same(lines(1, 1, 1), ['| JSON | runs of the handler | | | ≤ 1 | 1.00 (1.00 – 1.00) | |', '| JSON | MiB more resident | | |  | 12.5 (12.5 – 12.5) | |'])
  t.equal(lines(1, 2, 1)[0], '| JSON | runs of the handler | | | ≤ 1 missed | 1.00 (1.00 – 2.00) | |')
})

import assert from 'node:assert/strict'
import { startPeer } from '../processes.ts'
import { withRedis } from '../redis.ts'
import type { Measure, Metric } from './measure.ts'

const METRIC_OF_SIZE = ['invalidation1k', 'invalidation100k', 'invalidation1m'] satisfies Metric[]

/**
 * How long it takes to invalidate a tag with many entries behind it (--quick: with the first two numbers of them only).
 * @param sizes one for each metric
 */
export function measureInvalidation (sizes: [number, number, number]): Measure {
  return (contestant, { request, expect }, { settings, cores }) => withRedis(contestant, cores, async ({ name, env }) => {
    const measured = settings.quick ? sizes.slice(0, 2) : sizes
    const nodeArgs = ['--expose-gc', '--max-old-space-size=4096']
    const peer = startPeer(cores?.server, 'tagged.mjs', measured.map(String), { node: settings.node, nodeArgs, env })
    try {
      const { answer, times } = await peer.answer<{ answer: string, times: Array<{ median: number, longest: number }> }>()
      assert.equal(answer, expect.body, `${name} answers wrongly at ${request.path}`)
      return {
        ...Object.fromEntries(times.map(({ longest }, i) => [METRIC_OF_SIZE[i]!, longest])),
        invalidationGrowth: times.at(-1)!.median / times[0]!.median
      }
    } finally {
      await peer.stop()
    }
  })
}

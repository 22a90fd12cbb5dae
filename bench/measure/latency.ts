import { startPeer } from '../processes.ts'
import type { Measure } from './measure.ts'
import { measureRequests } from './requests.ts'
import { withServer } from './server.ts'

/** p99 latency at half of what plain Fastify can do, which is one rate for everybody. */
export const measureLatency: Measure = async (contestant, scenario, bench) => {
  capacity ??= measureRequests({ name: 'fastify', module: 'fastify' }, scenario, bench).then(({ throughput }) => throughput!)
  const rate = Math.round(await capacity / 2)
  return await withServer(contestant, scenario, bench, async ({ origin }) => {
    const { settings, cores } = bench
    const client = startPeer(cores?.client, 'load/pace.mjs', [origin + scenario.request.path, ...[rate, settings.warmUp, settings.seconds].map(String)])
    try {
      return await client.answer<{ p99: number }>()
    } finally {
      await client.stop()
    }
  })
}

let capacity: Promise<number> | undefined

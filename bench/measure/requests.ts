import type { Measure } from './measure.ts'
import { withServer } from './server.ts'

/** Requests per second, and what each of them costs the server. */
export const measureRequests: Measure = (contestant, scenario, bench) => withServer(contestant, scenario, bench, async ({ origin, usage }) => {
  const { settings, cores } = bench
  const load = { url: origin + scenario.request.path, request: scenario.request, core: cores?.client }
  await bench.generate({ ...load, seconds: settings.warmUp })
  const before = await usage()
  const { requests, seconds } = await bench.generate({ ...load, seconds: settings.seconds })
  const after = await usage()
  return {
    throughput: requests / seconds,
    cpu: (after.cpu - before.cpu) / requests,
    rss: after.rss,
    ...(settings.cpu ? { allocated: (after.allocated - before.allocated) / requests } : {})
  }
})

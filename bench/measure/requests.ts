import { checkAnswer } from '../check.ts'
import { startServer } from '../server-process.ts'
import type { Measure } from './measure.ts'

/** Requests per second, and what each of them costs the server. */
export const measureRequests: Measure = async (contestant, scenario, bench) => {
  const server = await startServer(contestant, bench)
  try {
    const { settings, cores } = bench
    const load = { url: server.origin + scenario.request.path, request: scenario.request, core: cores?.client }
    await checkAnswer(contestant, server.origin, scenario)
    await bench.generate({ ...load, seconds: settings.warmUp })
    const before = await server.usage()
    const { requests, seconds } = await bench.generate({ ...load, seconds: settings.seconds })
    const after = await server.usage()
    await checkAnswer(contestant, server.origin, scenario)
    return {
      throughput: requests / seconds,
      cpu: (after.cpu - before.cpu) / requests,
      ...(settings.cpu ? { allocated: (after.allocated - before.allocated) / requests } : {})
    }
  } finally {
    await server.stop()
  }
}

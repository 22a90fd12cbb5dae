import { startPeer } from '../processes.ts'
import type { Measure } from './measure.ts'
import { withServer } from './server.ts'

const CHUNK = 64 * 1024
const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** One body of 1 GiB (--quick: 128 MiB) in chunks of 64 KiB, to one client that throws it away. */
export const measureStream: Measure = (contestant, scenario, bench) => withServer(contestant, scenario, bench, async ({ origin, usage }) => {
  const { settings, cores } = bench
  const size = settings.quick ? 128 * MIB : GIB
  await drain(origin, 64 * MIB, cores?.client)
  const before = await usage()
  const seconds = await drain(origin, size, cores?.client)
  const after = await usage()
  return { bandwidth: size / MIB / seconds, bandwidthCpu: (after.cpu - before.cpu) / 1000 / (size / GIB), rss: after.rss }
})

async function drain (origin: string, size: number, core: number | undefined): Promise<number> {
  const client = startPeer(core, 'load/drain.mjs', [`${origin}/stream?chunks=${size / CHUNK}`, String(size)])
  try {
    return (await client.answer<{ seconds: number }>()).seconds
  } finally {
    await client.stop()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { startPeer } from '../processes.ts'
import type { Measure } from './measure.ts'
import { withServer } from './server.ts'

const CLIENTS = 1000

/** What 1,000 clients cost that each get an event every 100 ms. */
export const measureEvents: Measure = (contestant, scenario, bench) => withServer(contestant, scenario, bench, async ({ origin, usage }) => {
  const { settings, cores } = bench
  const client = startPeer(cores?.client, 'load/listen.mjs', [origin + scenario.request.path, String(CLIENTS)])
  const state = async () => ({ ...await client.ask<{ events: number }>(), ...await usage(), time: performance.now() })
  try {
    await client.answer()
    await sleep(settings.warmUp * 1000)
    const before = await state()
    await sleep(settings.seconds * 1000)
    const after = await state()
    const events = after.events - before.events
    return { eventCpu: (after.cpu - before.cpu) / events, events: events / (after.time - before.time) * 1000, rss: after.rss }
  } finally {
    await client.stop()
  }
})

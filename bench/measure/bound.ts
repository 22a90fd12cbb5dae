import assert from 'node:assert/strict'
import { checkAnswer } from '../check.ts'
import { startPeer } from '../processes.ts'
import type { Measure } from './measure.ts'

interface Memory { entries: number, kept: number, heap: number, rss: number }

const WARM_UP = 1000

/** What is kept, and how much the process has grown, after everybody has asked for something else (--quick: a tenth of the keys). */
export function measureBound (keys: number): Measure {
  return async (contestant, scenario, { settings, cores }) => {
    const count = settings.quick ? keys / 10 : keys
    const server = startPeer(cores?.server, 'bounded.mjs', [], { node: settings.node, nodeArgs: ['--expose-gc'], env: contestant.env })
    try {
      const origin = `http://127.0.0.1:${(await server.answer<{ port: number }>()).port}`
      await checkAnswer(contestant, origin, scenario)
      await askForKeys(`${origin}/keys`, 0, WARM_UP, cores?.client)
      const before = await server.ask<Memory>()
      await askForKeys(`${origin}/keys`, WARM_UP, WARM_UP + count, cores?.client)
      const after = await server.ask<Memory>()
      await checkAnswer(contestant, origin, scenario)
      assert(after.entries > 0 && after.entries < count, `${after.entries} of ${count} entries are kept, so that the bound is not what decides`)
      return { kept: after.kept, heapGrowth: after.heap - before.heap, rssGrowth: after.rss - before.rss }
    } finally {
      await server.stop()
    }
  }
}

async function askForKeys (url: string, from: number, to: number, core: number | undefined): Promise<void> {
  const client = startPeer(core, 'load/keys.mjs', [url, String(from), String(to)])
  try {
    await client.answer()
  } finally {
    await client.stop()
  }
}

import { checkAnswer } from '../check.ts'
import type { Contestant } from '../contestants.ts'
import { startPeer } from '../processes.ts'
import { withRedis } from '../redis.ts'
import type { Bench } from '../run.ts'
import type { Scenario } from '../scenarios.ts'

/** What a server has used since its start: CPU time in µs, allocations in bytes; and its memory in MiB. */
export interface Usage { cpu: number, allocated: number, rss: number }

export interface Server { origin: string, usage: () => Promise<Usage>, stop: () => Promise<void> }

/** Starts a contestant's server, sees that it answers rightly before and after, and stops it. */
export async function withServer<T> (contestant: Contestant, scenario: Scenario, bench: Bench, use: (server: Server) => Promise<T>): Promise<T> {
  return await withRedis(contestant, bench.cores, async (contestant) => {
    const server = await startServer(contestant, bench)
    try {
      await checkAnswer(contestant, server.origin, scenario)
      const result = await use(server)
      await checkAnswer(contestant, server.origin, scenario)
      return result
    } finally {
      await server.stop()
    }
  })
}

/** The same for several at once. */
export async function withServers<T> ([first, ...rest]: Contestant[], scenario: Scenario, bench: Bench, use: (servers: Server[]) => Promise<T>): Promise<T> {
  if (first === undefined) return await use([])
  return await withServer(first, scenario, bench, (server) => withServers(rest, scenario, bench, (others) => use([server, ...others])))
}

export async function startServer ({ module, env }: Contestant, { settings: { node, cpu }, cores }: Bench): Promise<Server> {
  const { answer, ask, stop } = startPeer(cores?.server, 'server.mjs', [module], { node, env: { ...env, ...(cpu ? { COUNT_ALLOCATIONS: '1' } : {}) } })
  const { port } = await answer<{ port: number }>()
  return { origin: `http://127.0.0.1:${port}`, usage: ask<Usage>, stop }
}

import { once } from 'node:events'
import path from 'node:path'
import { spawnOn } from './cores.ts'
import type { Contestant } from './contestants.ts'
import type { Bench } from './run.ts'

/** What a server has used since its start: CPU time in µs, memory and allocations in bytes. */
export interface Usage { cpu: number, rss: number, allocated: number }

export interface ServerProcess {
  origin: string
  usage: () => Promise<Usage>
  stop: () => Promise<void>
}

/** Starts the server of a contestant in a process of its own, on its core. */
export async function startServer ({ name, module, env }: Contestant, { settings, cores }: Bench): Promise<ServerProcess> {
  const child = spawnOn(cores?.server, settings.node, [path.join(import.meta.dirname, 'server.mjs'), module], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', ...(settings.cpu ? { COUNT_ALLOCATIONS: '1' } : {}), ...env }
  })
  const exited = once(child, 'exit').then(([code, signal]) => { throw new Error(`The server of ${name} ended (${code ?? signal}).`) })
  exited.catch(() => {})
  const answer = async <T>(): Promise<T> => (await Promise.race([once(child, 'message'), exited]))[0] as T
  const { port } = await answer<{ port: number }>()
  return {
    origin: `http://127.0.0.1:${port}`,
    usage: async () => {
      child.send('usage')
      return await answer<Usage>()
    },
    stop: async () => {
      child.kill('SIGKILL')
      await exited.catch(() => {})
    }
  }
}

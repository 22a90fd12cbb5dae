import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A core for the server and one for the load generator; undefined where processes cannot be pinned. */
export interface Cores { server: number, client: number }

/** The first two cores that this process may use, or the given ones. Pinning needs `taskset` (Linux) and two cores. */
export function findCores (wanted?: number[]): Cores | undefined {
  if (spawnSync('taskset', ['--version']).error !== undefined) return undefined
  const [server, client] = wanted ?? allowedCores()
  return server === undefined || client === undefined ? undefined : { server, client }
}

/** The kernel writes the list as `0-3,8`. */
function allowedCores (): number[] {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))!
  return list!.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number) as [number, number?]
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
}

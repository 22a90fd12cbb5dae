import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'

/** `spawn()` on one core. taskset replaces itself by the command, so that signals and the IPC channel reach it. */
function spawnOn (core: number | undefined, command: string, args: string[], options: SpawnOptions): ChildProcess {
  return core === undefined ? spawn(command, args, options) : spawn('taskset', ['-c', String(core), command, ...args], options)
}

/** What a command prints that runs on one core. */
export async function outputOf (core: number | undefined, command: string, args: string[]): Promise<string> {
  const child = spawnOn(core, command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, problems, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')])
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${problems}`)
  return output
}

/** A process that sends messages. */
export interface Peer {
  /** Its next message. */
  answer: <T>() => Promise<T>
  /** Its answer to a message of ours. */
  ask: <T>() => Promise<T>
  stop: () => Promise<void>
}

/** Starts a file of this folder on one core. */
export function startPeer (core: number | undefined, file: string, args: string[], { node = process.execPath, nodeArgs = [], env = {} }: { node?: string, nodeArgs?: string[], env?: Record<string, string> } = {}): Peer {
  const child = spawnOn(core, node, [...nodeArgs, path.join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Nothing of the runner's own (tsx) goes into what it starts.
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', ...env }
  })
  const exited = once(child, 'exit').then(([code, signal]) => { throw new Error(`${file} ${args.join(' ')} ended (${code ?? signal}).`) })
  exited.catch(() => {})
  const answer = async <T>(): Promise<T> => (await Promise.race([once(child, 'message'), exited]))[0] as T
  return {
    answer,
    ask: async () => {
      child.send('')
      return await answer()
    },
    stop: async () => {
      child.kill('SIGKILL')
      await exited.catch(() => {})
    }
  }
}

/** Real Redis servers, each with a directory and a port of its own. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

export { until } from '../waiting.ts'

export const run = promisify(execFile)

/** The reason to skip, where there is no redis-server. */
export function withoutRedis (): string | false {
  try {
    execFileSync('redis-server', ['--version'])
    return false
  } catch {
    return 'redis-server is not installed'
  }
}

export async function freePort (): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  // The bus of a cluster has 10,000 more.
  return port > 55_000 ? await freePort() : port
}

export class RedisServer {
  readonly port: number
  readonly #dir = mkdtempSync(path.join(tmpdir(), 'redis-'))
  readonly #args: string[]
  #process: ChildProcess | undefined

  constructor (port: number, args: string[] = []) {
    this.port = port
    this.#args = args
  }

  get url (): string { return `redis://127.0.0.1:${this.port}` }

  /** Goes on with what it has saved. */
  async start (): Promise<this> {
    const file = path.join(this.#dir, 'redis.conf')
    // Sentinels write theirs.
    writeFileSync(file, `port ${this.port}\nbind 127.0.0.1\ndir ${this.#dir}\n`)
    this.#process = spawn('redis-server', [file, ...this.#args], { stdio: 'ignore' })
    for (let attempt = 0; attempt < 100; attempt++) {
      if (await this.cli('PING').catch(() => '') === 'PONG') return this
      await sleep(50)
    }
    throw new Error('redis-server does not start')
  }

  async cli (...args: string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', String(this.port), ...args])
    return stdout.trim()
  }

  /** All keys that match a pattern. */
  async keys (pattern: string): Promise<string[]> {
    return (await this.cli('KEYS', pattern)).split('\n').filter((key) => key !== '')
  }

  /** What a cable that is pulled out does: nothing is answered any more, and nothing ends. */
  freeze (): void { this.#process!.kill('SIGSTOP') }
  thaw (): void { this.#process!.kill('SIGCONT') }

  async kill (): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise((resolve) => { child.once('exit', resolve) })
    child.kill('SIGKILL')
    await ended
  }

  async remove (): Promise<void> {
    await this.kill()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

export async function startRedis (t: any, args: string[] = [], port?: number): Promise<RedisServer> {
  const server = new RedisServer(port ?? await freePort(), args)
  t.teardown(() => server.remove())
  return await server.start()
}

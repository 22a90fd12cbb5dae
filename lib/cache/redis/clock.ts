import type { RedisCommands } from './commands.ts'

const RESYNC = 60_000

/**
 * The clock of a Redis server, as far as it can be known here: all processes that share it stamp by it, so that their own
 * clocks need not agree. It is as exact as half a round trip.
 */
export class RedisClock {
  readonly #commands: RedisCommands
  /** What is added to the clock of this process. */
  #offset = 0
  #synced: Promise<void> | undefined
  #nextSync = 0

  constructor (commands: RedisCommands) {
    this.#commands = commands
  }

  now (): number { return local() + this.#offset }

  /** Has looked at the clock of the server not long ago. */
  async sync (): Promise<void> {
    if (performance.now() >= this.#nextSync) {
      this.#nextSync = performance.now() + RESYNC
      this.#synced = this.#look()
    }
    await this.#synced
  }

  async #look (): Promise<void> {
    try {
      const before = local()
      // In a cluster, one node's for all.
      const [seconds, microseconds] = await this.#commands.send('app-routes', true, ['TIME']) as [Buffer, Buffer]
      const after = local()
      this.#offset = Number(seconds) * 1000 + Number(microseconds) / 1000 - (before + after) / 2
    } catch (error) {
      this.#nextSync = 0
      throw error
    }
  }
}

const local = (): number => performance.timeOrigin + performance.now()

import { performance } from 'node:perf_hooks'
import { monotonic } from '../monotonic.ts'
import type { RedisCommands } from './commands.ts'

const RESYNC = 60_000

/** Milliseconds of a round trip that may have had to wait for something else, as the first one for the connection. */
const SLOW = 5
const MOST_LOOKS = 3

/** What states are rounded to. */
const TICK = 0.001

/**
 * The clock of the Redis server that keeps the tags, so that the clocks of the processes need not agree. It is never ahead
 * of that one, and behind by a round trip at most: an entry never seems younger than it is, and what is invalidated by the
 * clock of Redis itself can only concern too much.
 */
export class RedisClock {
  readonly #commands: RedisCommands
  /** In a cluster it is on the node whose clock counts. */
  readonly #key: string
  /** What is added to the clock of this process. */
  #offset = 0
  #seen = 0
  #synced: Promise<void> | undefined
  #nextSync = 0

  constructor (commands: RedisCommands, key: string) {
    this.#commands = commands
    this.#key = key
  }

  now (): number { return monotonic() + this.#offset }

  /** Has looked at the clock of the server not long ago. */
  async sync (): Promise<void> {
    if (performance.now() >= this.#nextSync) {
      this.#nextSync = performance.now() + RESYNC
      this.#synced = this.#look().finally(() => { this.#synced = undefined })
    }
    await this.#synced
  }

  /** Whether it is to be synced before anything else is done. */
  get isDue (): boolean { return this.#synced !== undefined || performance.now() >= this.#nextSync }

  /** Is told a time of the server: what happens here from now on is later. */
  saw (time: number): void {
    if (time <= this.#seen) return
    this.#seen = time
    this.#offset = Math.max(this.#offset, time + TICK - monotonic())
  }

  async #look (): Promise<void> {
    try {
      let offset = -Infinity
      for (let looks = 0, isSlow = true; isSlow && looks < MOST_LOOKS; looks++) {
        const before = monotonic()
        const [seconds, microseconds] = await this.#commands.send(this.#key, false, ['eval', "return redis.call('TIME')", '1', this.#key]) as [Buffer, Buffer]
        const after = monotonic()
        offset = Math.max(offset, Number(seconds) * 1000 + Number(microseconds) / 1000 - after)
        isSlow = after - before > SLOW
      }
      this.#offset = offset
      this.#seen = 0
    } catch (error) {
      this.#nextSync = 0
      throw error
    }
  }
}

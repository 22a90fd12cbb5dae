import type { RedisCommands } from './commands.ts'
import type { NearCache } from './near-cache.ts'
import { warnOfProcess } from '../../warn.ts'

/** What processes are told. */
interface Message {
  tag: string
  /** Seconds after which what is stale expires, or `-`. */
  how: string
  /** Milliseconds, by the clock of Redis. */
  at: string
}

/** Concerns nothing; shows that messages may be sent. */
const NOTHING = JSON.stringify({ tag: '', how: '0', at: '0' } satisfies Message)

/** Milliseconds after which another attempt is made to be told. */
const PAUSE = 5000

/** Has a near cache told of what is invalidated, by a connection of its own, and switches it off while that is not so. */
export class Messages {
  readonly #commands: RedisCommands
  readonly #channel: string
  readonly #near: NearCache
  #end: (() => void) | undefined
  #nextTry = 0
  #hasWarned = false

  constructor (commands: RedisCommands, channel: string, near: NearCache) {
    this.#commands = commands
    this.#channel = channel
    this.#near = near
  }

  /** Once, when it is first needed, and again some time after an attempt that failed. */
  listen (): void {
    if (this.#end !== undefined || performance.now() < this.#nextTry) return
    const end = this.#commands.subscribe(this.#channel, {
      received: (text) => {
        const { tag, how, at } = JSON.parse(text) as Message
        this.#near.invalidate([tag], how === '-' ? {} : { expire: Number(how) }, Number(at))
      },
      on: () => {
        this.#near.switch(true)
        // Where this process may not tell others, they may not tell it either, having the same user as a rule.
        this.#commands.send(this.#channel, false, ['publish', this.#channel, NOTHING]).then(() => { this.#hasWarned = false }, (error: unknown) => { this.#giveUp(end, error) })
      },
      off: () => { this.#near.switch(false) },
      failed: (error) => { this.#giveUp(end, error) }
    })
    this.#end = end
  }

  end (): void {
    this.#near.switch(false)
    this.#end?.()
    this.#end = undefined
  }

  #giveUp (end: () => void, error: unknown): void {
    if (this.#end !== end) return
    this.end()
    this.#nextTry = performance.now() + PAUSE
    if (this.#hasWarned) return
    this.#hasWarned = true
    warnOfProcess(`The near cache is not used: its process cannot be told through the channel ${this.#channel} of what is invalidated (${String(error)}).`, 'FAR_CACHE')
  }
}

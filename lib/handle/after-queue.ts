import { AsyncResource } from 'node:async_hooks'
import { onceClosed, type NodeResponse } from '../web/exchange.ts'

type Task = () => unknown

/** The tasks of `after()`. They start once the answer is out and the handler has come to its end, whichever is later. */
export class AfterQueue {
  readonly #tasks: Task[] = []
  readonly #start: (tasks: Task[]) => void
  #waitsFor = 2

  /** @param start takes the tasks once they may run */
  constructor (res: NodeResponse, start: (tasks: Task[]) => void) {
    this.#start = start
    onceClosed(res, () => { this.#proceed() })
  }

  add (task: Task): void {
    // The event that starts the tasks comes from the connection, where neither our context nor the host's stores are.
    this.#tasks.push(AsyncResource.bind(task))
  }

  /** To be called once the handler has come to its end; a client may leave long before. */
  settle (): void {
    this.#proceed()
  }

  #proceed (): void {
    if (--this.#waitsFor === 0) this.#start(this.#tasks)
  }
}

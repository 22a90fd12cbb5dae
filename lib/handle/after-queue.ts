import { AsyncResource } from 'node:async_hooks'
import { onceClosed, type NodeResponse } from '../web/exchange.ts'

type Task = () => unknown

/** Whose tasks they are. */
interface Owner {
  /** The tasks start now, and none can be added any more. */
  begin: () => void
  /** All of them are through. */
  done: () => void
  failed: (error: unknown) => void
}

/** The tasks of `after()`. They start once the answer is out and the handler has come to its end, whichever is later. */
export class AfterQueue {
  readonly #tasks: Task[] = []
  readonly #owner: Owner
  #isOut = false
  #isSettled = false

  constructor (res: NodeResponse, owner: Owner) {
    this.#owner = owner
    onceClosed(res, () => {
      this.#isOut = true
      this.#proceed()
    })
  }

  add (task: Task): void {
    // The event that starts the tasks comes from the connection, where neither our context nor the host's stores are.
    this.#tasks.push(AsyncResource.bind(task))
  }

  /** To be called once the handler has come to its end; a client may leave long before. */
  settle (): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#proceed()
  }

  /** The same behind whoever calls: no task runs within the call of `after()` that queues it, however late that comes. */
  settleSoon (): void { queueMicrotask(() => { this.settle() }) }

  #proceed (): void {
    if (!this.#isOut || !this.#isSettled) return
    this.#owner.begin()
    void Promise.all(this.#tasks.map((task) => this.#run(task))).finally(this.#owner.done)
  }

  async #run (task: Task): Promise<void> {
    try {
      await task()
    } catch (error) {
      this.#owner.failed(error)
    }
  }
}

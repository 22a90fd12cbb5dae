/** Why the signals of streaming answers are aborted when the server closes. */
export const SERVER_CLOSING = new DOMException('The server is closing.', 'AbortError')

/** What still runs, and how it is brought to an end when the server closes. */
export class Lifecycle {
  readonly #closeTimeout: number
  readonly #streams = new Set<OpenStream>()
  #pending = 0
  readonly #waiting: Array<() => void> = []
  #closing = false
  #timer: NodeJS.Timeout | undefined

  /** @param closeTimeout milliseconds that streams get to end by themselves */
  constructor (closeTimeout: number) {
    this.#closeTimeout = closeTimeout
  }

  /** Once the server is closing, an answer should be the last on its connection: closing waits for idle ones. */
  get closing (): boolean { return this.#closing }

  /** Counts a piece of work that closing waits for; the result ends it. */
  begin (): () => void {
    this.#pending++
    return () => {
      if (--this.#pending === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  /** Notes a streaming answer; the result forgets it. */
  addStream (stream: OpenStream): () => void {
    this.#streams.add(stream)
    if (this.#closing) this.#stop([stream])
    return () => {
      this.#streams.delete(stream)
      if (this.#streams.size > 0) return
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  /** Tells the streams to end: their signals are aborted now, and what is left after the time-out is cancelled. */
  close (): void {
    this.#closing = true
    this.#stop([...this.#streams])
  }

  #stop (streams: OpenStream[]): void {
    for (const stream of streams) stream.abort(SERVER_CLOSING)
    if (streams.length === 0) return
    // It holds the process, which might end before whoever waits for the closing could go on.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      for (const stream of this.#streams) stream.cancel()
    }, this.#closeTimeout)
  }

  /** Resolves once nothing is pending. */
  async idle (): Promise<void> {
    if (this.#pending > 0) await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
  }
}

export interface OpenStream {
  /** Aborts the request's signal. */
  abort (reason: unknown): void
  /** Cuts the answer off. */
  cancel (): void
}

/** Milliseconds for which one request waits for what another one, or another process, is about. */
export const LONGEST_WAIT = 10_000

/** Something that one request fetches or computes, and that others wait for. */
export class Flight {
  begun = 0
  readonly #waiting = new Set<() => void>()

  get isYoung (): boolean { return performance.now() - this.begun < LONGEST_WAIT }

  /**
   * Until it has landed, but for 10 s at most.
   * @throws the reason of the signal
   */
  wait (signal?: AbortSignal | null): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(landed)
        signal?.removeEventListener('abort', aborted)
      }
      const landed = (): void => {
        leave()
        resolve()
      }
      const aborted = (): void => {
        leave()
        reject(signal!.reason)
      }
      const timer = setTimeout(landed, LONGEST_WAIT).unref()
      this.#waiting.add(landed)
      signal?.addEventListener('abort', aborted)
      if (signal?.aborted === true) aborted()
    })
  }

  land (): void { for (const landed of this.#waiting) landed() }
}

/**
 * What the requests of one cache fetch and compute just now. One that never ends is waited for by those who come in its first
 * 10 s; then somebody else takes its place.
 */
export class Flights {
  /** The oldest first. */
  readonly #flights = new Map<string, Flight>()

  /** The one that is worth waiting for. */
  get (key: string): Flight | undefined {
    const flight = this.#flights.get(key)
    return flight?.isYoung === true ? flight : undefined
  }

  /** @returns what tells its end. Of several under one key the first to end is the end of all: what it gave is there then. */
  begin (key: string): () => void {
    const flight = this.#flights.get(key) ?? new Flight()
    flight.begun = performance.now()
    this.#flights.delete(key)
    this.#flights.set(key, flight)
    this.#forgetOld()
    return () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
      flight.land()
    }
  }

  /** Nobody who comes from now on waits for what is under way. */
  clear (): void { this.#flights.clear() }

  #forgetOld (): void {
    for (const [key, flight] of this.#flights) {
      if (flight.isYoung) return
      this.#flights.delete(key)
    }
  }
}

import { LONGEST_WAIT } from '../cache/flights.ts'

/** Work of which one is under way at a time for each key: whoever comes meanwhile waits for it, for 10 s at most. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, { work: Promise<T>, begun: number }>()

  has (key: string): boolean { return this.#flights.has(key) }

  /** The work that is under way, unless it takes too long to wait for. */
  get (key: string): Promise<T> | undefined {
    const flight = this.#flights.get(key)
    return flight === undefined || performance.now() - flight.begun > LONGEST_WAIT ? undefined : flight.work
  }

  run (key: string, work: () => Promise<T>): Promise<T> {
    return this.get(key) ?? this.#fly(key, work())
  }

  #fly (key: string, work: Promise<T>): Promise<T> {
    const flight = work.finally(() => { if (this.#flights.get(key)?.work === flight) this.#flights.delete(key) })
    this.#flights.set(key, { work: flight, begun: performance.now() })
    return flight
  }
}

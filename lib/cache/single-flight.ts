/** Work of which one is under way at a time for each key: whoever comes meanwhile waits for it. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>()

  /** The work that is under way. */
  get (key: string): Promise<T> | undefined { return this.#flights.get(key) }

  run (key: string, work: () => Promise<T>): Promise<T> {
    const underway = this.#flights.get(key)
    if (underway !== undefined) return underway
    const flight = work().finally(() => { this.#flights.delete(key) })
    this.#flights.set(key, flight)
    return flight
  }
}

import type { Outgoing } from '../web/outgoing.ts'
import { searchOf } from '../web/target.ts'
import type { Arrival } from './arrival.ts'
import type { Gate } from './gate.ts'

/** How a request comes through a gate. */
export class Passage {
  readonly gate: Gate
  /** What was asked for at the gate. */
  readonly target: string
  /** Where the request is to go. */
  path: string
  search: string
  /** How many of the gate's later rewrites have been tried. */
  step = 0
  /** Whether the host was asked to route it anew. */
  isRerouted = false
  /** Names (in lower case) and values in turn, for the answer. */
  headers: readonly string[] = NONE
  /** Through another gate, which has sent it here. */
  readonly outer: Passage | undefined
  readonly #req: Passing
  /** How many of the headers the host's present answer has. */
  #given = 0

  constructor (gate: Gate, { req, target, path }: Pick<Arrival, 'req' | 'target' | 'path'>) {
    this.gate = gate
    this.#req = req as Passing
    this.target = target
    this.path = path
    this.search = searchOf(target)
    this.outer = lastOf(req)
  }

  addHeaders (headers: readonly string[]): void {
    if (headers.length > 0) this.headers = [...this.headers, ...headers]
  }

  /** The headers that the host's answer does not have yet: cookies would be in it twice. */
  takeHeaders (): readonly string[] {
    const rest = this.headers.slice(this.#given)
    this.#given = this.headers.length
    return rest
  }

  /** Has whatever answers know of the headers, if there are any. */
  keepHeaders (): void {
    if (this.headers.length > 0) this.#keep()
  }

  reroute (): void {
    this.isRerouted = true
    // The host begins a new answer.
    for (let passage: Passage | undefined = this; passage !== undefined; passage = passage.outer) passage.#given = 0
    this.#keep()
  }

  #keep (): void {
    areKept = true
    if (passageOf(this.#req, this.gate) === undefined) this.#req[PASSAGE] = this
  }

  /** An answer of a route file with the headers of rules and proxy: theirs win, cookies and `Vary` come together. */
  overlay (outgoing: Outgoing): Outgoing {
    const headers = [...outgoing.headers]
    for (let index = 0; index < this.headers.length; index += 2) {
      const name = this.headers[index]!
      if (name === 'set-cookie' || name === 'vary') continue
      for (let own = 0; own < headers.length; own += 2) if (headers[own] === name) headers[own + 1] = this.headers[index + 1]!
    }
    return { ...outgoing, headers }
  }
}

const NONE: readonly string[] = []

/** Where a request keeps its passages, the last one first. */
const PASSAGE = Symbol('passage')

interface Passing { [PASSAGE]?: Passage }

/** In most servers none is ever kept, and no request needs to be looked at for one. */
let areKept = false

const lastOf = (req: object): Passage | undefined => areKept ? (req as Passing)[PASSAGE] : undefined

/** How a request has come through a gate; undefined where it has not, or nothing is to be known of it. */
export function passageOf (req: object, gate: Gate): Passage | undefined {
  let passage = lastOf(req)
  while (passage !== undefined && passage.gate !== gate) passage = passage.outer
  return passage
}

/** Whether a gate had a request routed anew. */
export function wasRerouted (req: object): boolean {
  for (let passage = lastOf(req); passage !== undefined; passage = passage.outer) if (passage.isRerouted) return true
  return false
}

/** The headers that gates have for an answer which has none of them yet, the first one's first. */
export function takeHeadersOfGates (req: object): readonly string[] {
  let headers = NONE
  for (let passage = lastOf(req); passage !== undefined; passage = passage.outer) headers = [...passage.takeHeaders(), ...headers]
  return headers
}

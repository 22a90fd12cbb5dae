import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Exchange, NodeRequest, NodeResponse } from '../web/exchange.ts'
import { PeekedBody } from '../web/peeked-body.ts'
import type { Arrival } from './arrival.ts'

/** A request as the proxy looks at it: what it reads of the body is there for the handler, too. */
export class ProxyExchange implements Exchange {
  readonly #arrival: Arrival
  #body: PeekedBody | undefined = undefined

  constructor (arrival: Arrival) {
    this.#arrival = arrival
  }

  get req (): NodeRequest { return this.#arrival.req }
  get res (): NodeResponse { return this.#arrival.res }
  get method (): string { return this.#arrival.method }
  get headers (): IncomingHttpHeaders { return this.#arrival.headers }
  get target (): string { return this.#arrival.target }
  get bodyLimit (): number { return this.#arrival.bodyLimit }

  origin (): string { return this.#arrival.origin() }

  body (): Readable | Uint8Array {
    const source = this.#arrival.body()
    return source instanceof Readable ? this.#body ??= new PeekedBody(source) : source
  }

  /** Whether the proxy has asked for the body. */
  get hasRead (): boolean { return this.#body !== undefined }

  /** For the next one; the proxy has had its turn. */
  putBodyBack (): void {
    this.#body?.putBack()
    this.#body?.destroy()
  }
}

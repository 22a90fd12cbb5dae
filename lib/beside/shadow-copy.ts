import { Readable } from 'node:stream'
import type { HandlerContext, HostExchange } from '../handle/context.ts'
import type { Endpoint } from '../handle/endpoint.ts'
import { handle } from '../handle/handle.ts'
import type { OpenStream } from '../handle/lifecycle.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { wholeBody } from './seen-answer.ts'
import type { SeenAnswer } from './shadow-report.ts'

/** A request that the old code has answered, for the new handler to handle once more. */
export interface Copied {
  endpoint: Endpoint
  exchange: HostExchange
  /** The headers as they were before the old code. */
  headers: HostExchange['headers']
  path: string
  /** Milliseconds that the handler gets. */
  timeout: number
}

type Give = (answer: SeenAnswer | undefined) => void

/**
 * Runs the new handler, whose answer goes nowhere. It is cut off after its time, and after `closeTimeout` where the server
 * closes: nobody waits for it.
 * @param give takes the answer, once; undefined where there is nothing to compare
 */
export function handleCopy (copied: Copied, give: Give): void {
  const { endpoint, exchange, headers, path } = copied
  const run = new CopyRun(copied, give)
  // The same request, with an end of its own.
  const copy = Object.create(exchange, {
    headers: { value: headers },
    isShadow: { value: true },
    bodyLimit: { value: endpoint.bodyLimit },
    answer: { value: (outgoing: Outgoing) => { run.answer(outgoing) } },
    // It leaves this request to the old code.
    passOn: { value: () => { run.end(undefined) } },
    fail: { value: (error: Error) => { run.fail(error) } }
  }) as HostExchange
  run.context = handle(endpoint, copy, path)
}

class CopyRun implements OpenStream {
  context: HandlerContext | undefined = undefined
  readonly #file: string
  readonly #give: Give
  readonly #timer: NodeJS.Timeout
  readonly #forget: () => void
  #body: Outgoing['body'] = null
  #ended = false

  constructor ({ endpoint: { route, mount }, timeout }: Copied, give: Give) {
    this.#file = route.file
    this.#give = give
    this.#timer = setTimeout(() => { this.#cut(new DOMException(`no answer within ${timeout} ms`, 'TimeoutError')) }, timeout).unref()
    this.#forget = mount.lifecycle.addStream(this)
  }

  /** A closing server waits for the end: without its connections, the process must not end before. */
  abort (reason: unknown): void {
    this.#timer.ref()
    this.context?.abort(reason)
  }

  cancel (): void {
    this.end(undefined)
    // What it has given to after() waits for its end.
    this.context?.settle()
    if (this.#body instanceof Readable) this.#body.destroy()
  }

  #cut (reason: Error): void {
    this.fail(reason, 504)
    this.context?.abort(reason)
    this.cancel()
  }

  end (answer: SeenAnswer | undefined): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#forget()
    this.#give(answer)
  }

  fail ({ message }: Error, status = 500): void {
    this.end({ status, headers: new Map([['x-failed', `${this.#file}: ${message}`]]), body: undefined })
  }

  answer ({ status, headers, body }: Outgoing): void {
    this.#body = body
    if (this.#ended) return this.cancel()
    wholeBody(body).then((whole) => { this.end({ status, headers: pairsToMap(headers), body: whole }) }, (error: unknown) => { this.fail(error as Error) })
  }
}

function pairsToMap (pairs: string[]): Map<string, string> {
  const map = new Map<string, string>()
  for (let index = 0; index < pairs.length; index += 2) {
    const [name, value] = [pairs[index]!, pairs[index + 1]!]
    map.set(name, map.has(name) ? `${map.get(name)}, ${value}` : value)
  }
  return map
}

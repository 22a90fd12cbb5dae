import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { NodeRequest, NodeResponse } from '../web/exchange.ts'
import type { Outgoing } from '../web/outgoing.ts'

/** A request that the old code is to answer, as a host hands it over. */
export interface PassedRequest {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** Path and query as the client sent them, the mount prefix included. */
  readonly target: string
  /** Scheme and authority as the host sees them. */
  origin (): string
  /** The client's addresses as the host trusts them, for `x-forwarded-for`: the nearest is the last. */
  addresses (): string[]
  /** The unread body, or what a parser of the host has made of it. */
  body (): Readable | Uint8Array
  /** Lets the old code write to `res` itself: headers that the host has for the answer are set on it. */
  handOver (): void
  /** Sends an answer as the host sends all of its own. */
  send (outgoing: Outgoing): void
  /** Has what a closing server would wait for cut off, after its time-out; the result forgets it. */
  follow (stream: Followed): () => void
  /** Leaves the request to the host, which has nothing for it. */
  next (): void
  /**
   * Gives an error to the host, which answers it.
   * @param message for the log, where the error alone would not say enough
   */
  fail (error: unknown, message?: string): void
  /** Tells the host's log what went wrong. */
  log (error: unknown, message: string): void
}

export interface Followed {
  /** The server begins to close: told at once. */
  closing?: () => void
  cut: () => void
}

/** Any handler by its own types: an Express application or router, middleware, an error handler of four parameters. */
export type AnyNodeHandler = ((req: never, res: never, next: never) => unknown) | ((error: never, req: never, res: never, next: never) => unknown)

/** What answers requests that no route file answers. */
export interface OldCode {
  answer (passed: PassedRequest): void
  /** Whether it wants a WebSocket upgrade; a handler has no say in them. */
  wantsUpgrade? (req: IncomingMessage): boolean
  /** Lets go of the connections that it keeps, once nothing is on them. */
  close (): Promise<void>
}

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

export type NodeRequest = IncomingMessage | Http2ServerRequest
export type NodeResponse = ServerResponse | Http2ServerResponse

/**
 * One request and its answer, as a host hands them over. Everything is asked for only when the handler asks:
 * nothing of it may be computed ahead.
 */
export interface Exchange {
  readonly req: NodeRequest
  readonly res: NodeResponse
  readonly method: string
  /** The headers as the host's hooks and middleware left them. */
  readonly headers: IncomingHttpHeaders
  /** Scheme and authority as the host sees them (its trust of proxies included): `https://example.com`. */
  origin (): string
  /** Path and query as the client sent them, the mount prefix included. */
  readonly target: string
  /** The unread body, or what a parser of the host has made of it. */
  body (): Readable | Uint8Array
  /** What somebody has put in place of the body that the client's headers speak of, if anybody has. */
  remadeBody? (): Readable | Uint8Array | undefined
  /** How many bytes of the body may be read. */
  readonly bodyLimit: number
  /** Whether it stands for no request of a client at all. */
  readonly isEmpty?: boolean
  /** Whether its answer may be for other clients, too, so that nothing ends with this one. */
  readonly isForOthers?: boolean
}

/**
 * Calls back once, when the answer is on its way to the client or can no longer be.
 * @param listener told whether the client got all of it
 */
export function onceClosed (res: NodeResponse, listener: (complete: boolean) => void): void {
  // An HTTP/2 response tells of neither event before the request's body was read as well, and of both where the client
  // has left; its stream knows better.
  const source: Writable & { aborted?: boolean } = (res as Http2ServerResponse).stream ?? res
  if (source.closed || source.destroyed) {
    listener(source.writableFinished && source.aborted !== true)
    return
  }
  // The answer to a pipelined request waits for its turn without a socket, and is not told when the connection ends.
  const socket = res.socket === null ? res.req?.socket : undefined
  if (socket?.destroyed === true) {
    listener(false)
    return
  }
  let finished = source.writableFinished && source.aborted !== true
  const finish = (): void => {
    finished = source.aborted !== true
    done()
  }
  const done = (): void => {
    source.off('finish', finish)
    source.off('close', done)
    forget?.()
    listener(finished)
  }
  source.on('finish', finish)
  source.on('close', done)
  const forget = socket === undefined ? undefined : onceDisconnected(socket, done)
}

/** Who waits for the end of a connection: all answers of a pipeline do, and Node.js would warn of that many listeners. */
const waiting = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls back when a connection has ended.
 * @returns what takes the listener back
 */
export function onceDisconnected (socket: Socket, listener: () => void): () => void {
  if (socket.destroyed) {
    listener()
    return () => {}
  }
  let listeners = waiting.get(socket)
  if (listeners === undefined) {
    const all = listeners = new Set()
    waiting.set(socket, all)
    socket.once('close', () => { for (const each of all) each() })
  }
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

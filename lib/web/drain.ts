import { onceClosed, onceDisconnected, type Exchange } from './exchange.ts'
import { isWatched } from './watch-body.ts'

const MOST_DRAINED = 16 * 1024 * 1024
const LONGEST_DRAIN_MS = 5000

/**
 * Reads on what is left of a body once the answer is out: a client that is still sending gets to see its answer (a 413
 * above all), and the connection can serve its next request. Who sends too much or too long is cut off. Node.js reads on
 * by itself, without any limit, for bodies that nobody began to read.
 */
export function drainAfterAnswer (exchange: Pick<Exchange, 'req' | 'res'>): void {
  onceClosed(exchange.res, () => { drain(exchange) })
}

/**
 * Ends a read that is not through when the answer is out: once its client has left, of which Node.js tells the body of an
 * answered request no more, or sends nothing for a while. How much it may be is the reader's limit.
 */
export function endReadWithClient (exchange: Pick<Exchange, 'req' | 'res'>): void {
  if (isWatched(exchange.req)) onceClosed(exchange.res, () => { drain(exchange, true) })
}

/** @param isRead whether a reader of its own has a limit for it */
export function drain ({ req }: Pick<Exchange, 'req'>, isRead = false): void {
  if (req.readableEnded || req.destroyed) return
  let left = MOST_DRAINED
  const timer = setTimeout(cut, LONGEST_DRAIN_MS).unref()
  const forget = 'stream' in req ? undefined : onceDisconnected(req.socket, () => { if (!req.complete) cut() })
  req.on('data', (chunk: Uint8Array) => {
    left -= chunk.length
    if (isRead) timer.refresh()
    else if (left < 0) cut()
  })
  req.once('close', () => {
    clearTimeout(timer)
    forget?.()
  })
  req.resume()
  function cut (): void {
    clearTimeout(timer)
    req.destroy()
  }
}

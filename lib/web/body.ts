import type { Readable } from 'node:stream'
import { BodyTooLargeError } from '../errors.ts'
import { onceClosed, type Exchange } from './exchange.ts'

/** Whether the client announced more than the limit: such a request is refused before its handler runs. */
export function announcesTooMuch (exchange: Exchange): boolean {
  return Number(exchange.headers['content-length']) > exchange.bodyLimit
}

/**
 * Collects the whole body.
 * @throws BodyTooLargeError where it grows over the limit
 * @throws Error where the client goes away before its end
 */
export function collect (exchange: Exchange): Promise<Uint8Array> {
  const source = exchange.body()
  if (source instanceof Uint8Array) return Promise.resolve(source)
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    watch(source, {
      data (chunk) {
        length += chunk.length
        if (length > exchange.bodyLimit) return stop(new BodyTooLargeError())
        chunks.push(chunk)
      },
      end () { resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)) },
      error: reject
    })
    // A stream that a hook has put in the place of the connection may have been paused.
    source.resume()
    function stop (error: Error): void {
      unwatch(source as Readable)
      drainAfterAnswer(exchange)
      reject(error)
    }
  })
}

/** The body as a byte stream that reads no faster than its consumer. Errors as `collect` does. */
export function stream (exchange: Exchange): ReadableStream<Uint8Array> {
  const source = exchange.body()
  if (source instanceof Uint8Array) return new Response(source).body!
  let answered = false
  onceClosed(exchange.res, () => {
    answered = true
    drain(exchange)
  })
  let length = 0
  return new ReadableStream({
    type: 'bytes',
    start (controller) {
      watch(source, {
        data (chunk) {
          length += chunk.length
          if (length > exchange.bodyLimit) {
            unwatch(source)
            controller.error(new BodyTooLargeError())
            return
          }
          // A byte stream takes its chunks' memory over, and Node.js may share it among chunks.
          if (chunk.length > 0) controller.enqueue(new Uint8Array(chunk))
          if (controller.desiredSize! <= 0 && !answered) source.pause()
        },
        end () {
          controller.close()
          // A pending read into the consumer's own buffer is answered by hand.
          controller.byobRequest?.respond(0)
        },
        error (error) { controller.error(error) }
      })
      source.pause()
    },
    pull () { source.resume() },
    cancel () { unwatch(source) }
  }, { highWaterMark: HIGH_WATER_MARK })
}

/**
 * Bytes as a body whose content type, by which some readers take it, is the one that the headers have when all is read.
 * @param bytes null for a null body, of which nothing is waited for
 */
export async function withType (bytes: Promise<Uint8Array | ArrayBuffer> | null, headers: Headers): Promise<Response> {
  const body = bytes && await bytes
  return new Response(body, { headers: { 'content-type': headers.get('content-type') ?? '' } })
}

const HIGH_WATER_MARK = 64 * 1024

interface Watcher {
  data (chunk: Uint8Array): void
  end (): void
  error (error: Error): void
}

/** `end`, `error` or a premature `close`: exactly one of them is reported. */
function watch (source: Readable & { aborted?: boolean, complete?: boolean }, watcher: Watcher): void {
  if (source.destroyed && !source.readableEnded) {
    watcher.error(source.errored ?? abortedError())
    return
  }
  if (source.readableEnded) {
    watcher.end()
    return
  }
  const listeners = {
    data (chunk: Uint8Array | string) { watcher.data(typeof chunk === 'string' ? Buffer.from(chunk) : chunk) },
    end () {
      unwatch(source)
      // HTTP/2 tells of a truncated body by an ordinary `end`.
      if (source.aborted === true || source.complete === false) watcher.error(abortedError())
      else watcher.end()
    },
    error (error: NodeJS.ErrnoException) {
      unwatch(source)
      watcher.error(error.code === 'ECONNRESET' ? abortedError() : error)
    },
    close () {
      unwatch(source)
      watcher.error(abortedError())
    }
  }
  watched.set(source, listeners)
  for (const [event, listener] of Object.entries(listeners)) source.on(event, listener as () => void)
}

const watched = new WeakMap<Readable, Record<string, (argument: never) => void>>()

/** Stops reading. What is left of the body is taken care of when the answer is out. */
function unwatch (source: Readable): void {
  const listeners = watched.get(source)
  if (listeners === undefined) return
  watched.delete(source)
  for (const [event, listener] of Object.entries(listeners)) source.off(event, listener as () => void)
  // A late error (the client resets the connection) has no reader any more.
  source.on('error', noop)
  source.pause()
}

const noop = (): void => {}

/** What Fetch gives to those who wait for a body that will not come. */
function abortedError (): Error {
  return new DOMException('The client closed the connection before the whole request body had arrived.', 'AbortError')
}

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

function drain ({ req }: Pick<Exchange, 'req'>): void {
  if (req.readableEnded || req.destroyed) return
  let left = MOST_DRAINED
  const timer = setTimeout(cut, LONGEST_DRAIN_MS).unref()
  req.on('data', (chunk: Uint8Array) => {
    left -= chunk.length
    if (left < 0) cut()
  })
  req.once('close', () => { clearTimeout(timer) })
  req.resume()
  function cut (): void {
    clearTimeout(timer)
    req.destroy()
  }
}

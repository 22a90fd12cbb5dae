import type { Readable } from 'node:stream'
import { BodyTooLargeError } from '../errors.ts'
import { onceClosed, type Exchange } from './exchange.ts'

/** Whether the client announced more than the limit: such a request is refused before its handler runs. */
export function announcesTooMuch (exchange: Exchange): boolean {
  return Number(exchange.headers['content-length']) > exchange.bodyLimit
}

/**
 * Collects the whole body and makes something of it.
 * @throws BodyTooLargeError where it grows over the limit
 * @throws Error where the client goes away before its end
 * @throws whatever `convert` throws
 */
export function collect<T> (exchange: Exchange, convert: (bytes: Uint8Array) => T): Promise<T> {
  const source = exchange.body()
  return new Promise((resolve, reject) => {
    if (source instanceof Uint8Array) {
      resolve(convert(source))
      return
    }
    const chunks: Uint8Array[] = []
    let length = 0
    const stop = watch(source, {
      data (chunk) {
        length += chunk.length
        if (length > exchange.bodyLimit) {
          stop()
          drainAfterAnswer(exchange)
          reject(new BodyTooLargeError())
        } else chunks.push(chunk)
      },
      end () {
        try {
          resolve(convert(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)))
        } catch (error) {
          reject(error instanceof Error ? error : new Error('A body could not be converted', { cause: error }))
        }
      },
      error: reject
    })
    // A stream that a hook has put in the place of the connection may have been paused.
    source.resume()
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
  let stop = (): void => {}
  return new ReadableStream({
    type: 'bytes',
    start (controller) {
      stop = watch(source, {
        data (chunk) {
          length += chunk.length
          if (length > exchange.bodyLimit) {
            stop()
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
    cancel () { stop() }
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

/**
 * Reports the chunks of a body and then one of `end` and `error`, which a premature `close` is, too.
 * @returns what stops that; what is left of the body is taken care of when the answer is out
 */
function watch (source: Readable & { aborted?: boolean, complete?: boolean }, watcher: Watcher): () => void {
  let done = false
  const data = (chunk: Uint8Array | string): void => { watcher.data(typeof chunk === 'string' ? Buffer.from(chunk, source.readableEncoding!) : chunk) }
  if (source.readableEnded || source.destroyed) {
    queueMicrotask(() => {
      // What has arrived completely is there, even if its client has left since.
      const isWhole = source.readableEnded || source.complete === true
      const rest = isWhole ? source.read() as Uint8Array | string | null : null
      if (rest !== null && !done) data(rest)
      if (done) return
      done = true
      if (isWhole) watcher.end()
      else watcher.error(source.errored ?? abortedError())
    })
    return () => { done = true }
  }
  source.on('data', data)
  source.on('end', () => {
    if (done) return
    done = true
    // HTTP/2 tells of a truncated body by an ordinary `end`.
    if (source.aborted === true || source.complete === false) watcher.error(abortedError())
    else watcher.end()
  })
  // Stays: a late error (the client resets the connection) has no other listener.
  source.on('error', (error: NodeJS.ErrnoException) => {
    if (done) return
    done = true
    watcher.error(error.code === 'ECONNRESET' ? abortedError() : error)
  })
  source.on('close', () => {
    if (done) return
    done = true
    watcher.error(abortedError())
  })
  return () => {
    done = true
    source.off('data', data)
    source.pause()
  }
}

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

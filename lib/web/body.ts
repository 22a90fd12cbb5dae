import type { Readable } from 'node:stream'
import { BodyTooLargeError } from '../errors.ts'
import { drain, drainAfterAnswer, endReadWithClient } from './drain.ts'
import { onceClosed, type Exchange } from './exchange.ts'
import { Response } from './native.ts'
import { unwatch, watch, type Watcher } from './watch-body.ts'

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
    if (source instanceof Uint8Array) resolve(convert(source))
    else {
      watch(source, new Collector(exchange, source, convert, resolve, reject))
      // A stream that a hook has put in the place of the connection may have been paused.
      source.resume()
      if (exchange.res.headersSent) endReadWithClient(exchange)
    }
  })
}

class Collector<T> implements Watcher {
  readonly #exchange: Exchange
  readonly #source: Readable
  readonly #convert: (bytes: Uint8Array) => T
  readonly #resolve: (value: T) => void
  readonly #reject: (error: Error) => void
  /** Mostly there is one chunk only. */
  #first: Uint8Array | undefined = undefined
  #others: Uint8Array[] | undefined = undefined
  #length = 0

  constructor (exchange: Exchange, source: Readable, convert: (bytes: Uint8Array) => T, resolve: (value: T) => void, reject: (error: Error) => void) {
    this.#exchange = exchange
    this.#source = source
    this.#convert = convert
    this.#resolve = resolve
    this.#reject = reject
  }

  data (chunk: Uint8Array): void {
    this.#length += chunk.length
    if (this.#length > this.#exchange.bodyLimit) {
      unwatch(this.#source)
      drainAfterAnswer(this.#exchange)
      this.#reject(new BodyTooLargeError())
    } else if (this.#first === undefined) this.#first = chunk
    else (this.#others ??= []).push(chunk)
  }

  end (): void {
    try {
      this.#resolve(this.#convert(this.#bytes()))
    } catch (error) {
      this.#reject(error instanceof Error ? error : new Error('A body could not be converted', { cause: error }))
    }
  }

  error (error: Error): void { this.#reject(error) }

  #bytes (): Uint8Array {
    if (this.#first === undefined) return Buffer.alloc(0)
    return this.#others === undefined ? this.#first : Buffer.concat([this.#first, ...this.#others], this.#length)
  }
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

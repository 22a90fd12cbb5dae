import { OutgoingMessage } from 'node:http'
import { Http2ServerResponse } from 'node:http2'
import { Readable } from 'node:stream'

/** In HTTP/1 or HTTP/2. */
type Answer = OutgoingMessage & { flush?: () => void }

const CHUNKS_IN_TURN = 16

/**
 * A web stream as a Node.js stream: one pending read, backpressure both ways, cancelled when destroyed.
 * Piped to an answer it hands its chunks over itself, without the buffer and the events of a `Readable` in between, which
 * would cost as much again for each chunk.
 */
export class BodyReadable extends Readable {
  readonly #reader: ReadableStreamDefaultReader<unknown>
  /** How many bytes are still to come, where the handler has announced a length. */
  #left: number | undefined
  #answer: Answer | undefined
  #endsAnswer = true
  #inTurn = 0
  /** Whether a chunk waits for the answer to take more. */
  #waits = false
  #listens = false

  constructor (body: ReadableStream<unknown>, contentLength: string | null) {
    super()
    this.#reader = body.getReader()
    if (contentLength !== null) this.#left = Number(contentLength)
  }

  override pipe<T extends NodeJS.WritableStream> (destination: T, options?: { end?: boolean }): T {
    // Whoever reads already, a hook of the host perhaps, goes on reading.
    if (!isAnswer(destination) || this.readableFlowing !== null || this.listenerCount('readable') > 0) return super.pipe(destination, options)
    this.#answer = destination
    this.#endsAnswer = options?.end !== false
    destination.emit('pipe', this)
    this.#next()
    return destination
  }

  override _read (): void {
    if (this.#answer === undefined) this.#next()
  }

  readonly #next = (): void => {
    this.#reader.read().then(this.#take, this.#fail)
  }

  readonly #take = ({ done, value }: { done: boolean, value?: unknown }): void => {
    if (this.destroyed) return
    if (done) this.#end()
    // Like Next.js, takes strings too.
    else if (typeof value === 'string' || value instanceof Uint8Array) this.#handOver(value)
    // What FileHandle.readableWebStream() of Node.js 20 gives
    else if (value instanceof ArrayBuffer) this.#handOver(new Uint8Array(value))
    else this.destroy(new TypeError(`A response stream gave a chunk that is neither bytes nor a string: ${typeof value}`))
  }

  readonly #fail = (error: unknown): void => {
    this.destroy(error instanceof Error ? error : new Error('A response stream failed', { cause: error }))
  }

  #handOver (chunk: string | Uint8Array): void {
    // An empty chunk would end the reading: Readable waits for data before it reads again.
    if (chunk.length === 0) return this.#goOn()
    if (this.#left !== undefined && (this.#left -= Buffer.byteLength(chunk)) < 0) return this.#isOff()
    if (this.#answer === undefined) this.push(chunk)
    else this.#write(this.#answer, chunk)
  }

  #write (answer: Answer, chunk: string | Uint8Array): void {
    // The host has ended it by other ways.
    if (answer.writableEnded) {
      this.destroy()
      return
    }
    if (this.listenerCount('data') > 0) this.emit('data', chunk)
    const goesOn = answer.write(chunk)
    // A compressing middleware holds small chunks back unless it is told.
    answer.flush?.()
    if (goesOn) this.#goOn()
    else this.#wait(answer)
  }

  /** By one listener for the whole body: `compression` keeps each that was added by `once()`. */
  #wait (answer: Answer): void {
    this.#waits = true
    if (this.#listens) return
    this.#listens = true
    answer.on('drain', this.#onDrain)
  }

  readonly #onDrain = (): void => {
    if (!this.#waits) return
    this.#waits = false
    this.#goOn()
  }

  /**
   * A source that always has more would keep the process to itself, for what is written may be gone before anything else
   * gets its turn: nobody would hear of other requests, or of the client that leaves.
   */
  readonly #goOn = (): void => {
    this.#inTurn = (this.#inTurn + 1) % CHUNKS_IN_TURN
    if (this.#inTurn === 0) setImmediate(this.#next)
    else this.#next()
  }

  #end (): void {
    if (this.#left !== undefined && this.#left > 0) return this.#isOff()
    this.push(null)
    if (this.#answer === undefined) return
    if (this.#endsAnswer) this.#answer.end()
    // Tells those who watch this stream of its end.
    this.resume()
  }

  /** Sent as announced, it would be taken for a part of the next answer, or the next for a part of it. */
  #isOff (): void {
    this.destroy(new RangeError('A response stream is not as long as its content-length says'))
  }

  override _destroy (error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#listens) this.#answer!.off('drain', this.#onDrain)
    this.#reader.cancel(error ?? undefined).catch(() => {})
    callback(error)
  }
}

function isAnswer (destination: unknown): destination is Answer {
  return destination instanceof OutgoingMessage || destination instanceof Http2ServerResponse
}

import type { Readable } from 'node:stream'

/** Who is told what arrives of a body. */
export interface Watcher {
  data (chunk: Uint8Array): void
  end (): void
  error (error: Error): void
}

/** Where a body keeps who watches it: so its listeners are the same for all bodies. */
const WATCHER = Symbol('watcher')

interface Source extends Readable {
  aborted?: boolean
  complete?: boolean
  [WATCHER]?: Watcher | undefined
}

/** Reports the chunks of a body and then one of `end` and `error`, which a premature `close` is, too. */
export function watch (source: Source, watcher: Watcher): void {
  source[WATCHER] = watcher
  if (source.readableEnded || source.destroyed) queueMicrotask(() => { reportRest(source) })
  // The one for errors stays: a late one (the client resets the connection) has no other listener.
  else source.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
}

/** Whether somebody waits for more of it. */
export const isWatched = (source: object): boolean => (source as Source)[WATCHER] !== undefined

/** What is left of the body is taken care of when the answer is out. */
export function unwatch (source: Source): void {
  source[WATCHER] = undefined
  source.off('data', onData)
  source.pause()
}

/** What has arrived completely is there, even if its client has left since. */
function reportRest (source: Source): void {
  const isWhole = source.readableEnded || source.complete === true
  const rest = isWhole ? source.read() as Uint8Array | string | null : null
  if (rest !== null) onData.call(source, rest)
  if (isWhole) take(source)?.end()
  else take(source)?.error(asAborted(source.errored))
}

/** The watcher, who is told nothing more afterwards. */
function take (source: Source): Watcher | undefined {
  const watcher = source[WATCHER]
  source[WATCHER] = undefined
  return watcher
}

function onData (this: Source, chunk: Uint8Array | string): void {
  this[WATCHER]?.data(typeof chunk === 'string' ? Buffer.from(chunk, this.readableEncoding!) : chunk)
}

function onEnd (this: Source): void {
  const watcher = take(this)
  // HTTP/2 tells of a truncated body by an ordinary `end`.
  if (this.aborted === true || this.complete === false) watcher?.error(abortedError())
  else watcher?.end()
}

function onError (this: Source, error: NodeJS.ErrnoException): void {
  take(this)?.error(asAborted(error))
}

function onClose (this: Source): void {
  take(this)?.error(abortedError())
}

/** An end before time, whether it comes while somebody reads or was there before. */
function asAborted (error: NodeJS.ErrnoException | null | undefined): Error {
  return error == null || error.code === 'ECONNRESET' ? abortedError() : error
}

/** What Fetch gives to those who wait for a body that will not come. */
function abortedError (): Error {
  return new DOMException('The client closed the connection before the whole request body had arrived.', 'AbortError')
}

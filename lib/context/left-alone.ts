/**
 * What ends the making of a static answer may be thrown into work that a handler has begun and left alone. Next.js's server
 * passes over such rejections; in others, Node.js would end the process.
 */
const passedOver = new WeakSet()
let listening: NodeJS.Timeout | undefined

/** Keeps the process alive where nobody handles an error that is thrown now. */
export function passOverIfLeftAlone<T extends Error> (error: T): T {
  passedOver.add(error)
  if (listening === undefined) {
    // The first of all, so that others that listen once are still seen.
    process.prependListener('unhandledRejection', passOver)
    listening = setTimeout(stop, LISTENED_FOR).unref()
  }
  return error
}

/** Milliseconds; a rejection is known to be left alone at the end of its turn. */
const LISTENED_FOR = 1000

function stop (): void {
  clearTimeout(listening)
  listening = undefined
  process.off('unhandledRejection', passOver)
}

function passOver (reason: unknown): void {
  if (passedOver.has(reason as object) || process.listenerCount('unhandledRejection') > 1) return
  // Another's, and nobody else listens: Node.js deals with it as if nobody did.
  stop()
  void Promise.reject(reason)
}

/** Waiting that fails with words, long before the time limit of a test file, which would only say that there is one. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for what has to come. */
export async function within<T> (milliseconds: number, promise: Promise<T>, what: string): Promise<T> {
  const over = new AbortController()
  const late = sleep(milliseconds, undefined, { signal: over.signal }).then((): never => { throw new Error(`Not within ${milliseconds} ms: ${what}`) })
  return await Promise.race([promise, late]).finally(() => { over.abort() })
}

/** Waits until something holds. */
export async function until (holds: () => boolean | Promise<boolean>, milliseconds = 5000): Promise<void> {
  for (const end = performance.now() + milliseconds; !await holds();) {
    if (performance.now() > end) throw new Error(`Not within ${milliseconds} ms: ${holds}`)
    await sleep(20)
  }
}

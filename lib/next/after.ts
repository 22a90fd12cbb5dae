import { currentContext } from '../context/request-context.ts'

/** What `after()` takes: work to run once the response is out, or a promise to wait for. */
export type AfterTask<T = unknown> = Promise<T> | (() => T | Promise<T>)

/**
 * Runs work once the response is out (a stream: once it has ended), also where the handler threw.
 * Closing the server waits for it; an error in it is logged.
 * @throws OutsideRequestError
 * @throws Error where `task` is neither a function nor a promise
 * @see https://nextjs.org/docs/app/api-reference/functions/after
 */
export function after<T> (task: AfterTask<T>): void {
  const context = currentContext('after')
  if (typeof task === 'function') context.defer(task)
  else if (typeof (task as { then?: unknown } | null | undefined)?.then === 'function') {
    // Until the response is out nobody else looks at it: a rejection meanwhile must not end the process.
    const promise = Promise.resolve(task)
    promise.catch(() => {})
    context.defer(() => promise)
  } else throw new Error('`after()`: Argument must be a promise or a function')
}

export { after as unstable_after }

import { currentContext } from '../context/request-context.ts'

/**
 * Waits for a request to be there; in a route handler one always is.
 * @throws OutsideRequestError
 * @see https://nextjs.org/docs/app/api-reference/functions/connection
 */
export function connection (): Promise<void> {
  currentContext('connection')
  return Promise.resolve()
}

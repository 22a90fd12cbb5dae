import { dynamicContext } from '../context/request-context.ts'

/**
 * Waits for a request to be there; in a route handler one always is.
 * @throws OutsideRequestError
 * @throws Error in route files with `dynamic = 'error'`
 * @see https://nextjs.org/docs/app/api-reference/functions/connection
 */
export function connection (): Promise<void> {
  dynamicContext('connection')
  return Promise.resolve()
}

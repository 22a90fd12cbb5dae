import { currentContext } from '../context/request-context.ts'
import { jarOf, type CookieJar } from './cookie-jar.ts'
import { ReadonlyHeaders } from './readonly-headers.ts'
import { promiseWithMembers } from './thenable.ts'

export { draftMode } from './draft-mode.ts'
export type { DraftMode } from './draft-mode.ts'
export type { CookieJar as ReadonlyRequestCookies } from './cookie-jar.ts'
export type { ReadonlyHeaders } from './readonly-headers.ts'

/**
 * The request's cookies. What is set here goes out with the handler's response; where that sets the same name, it wins.
 * @throws OutsideRequestError
 * @see https://nextjs.org/docs/app/api-reference/functions/cookies
 */
export function cookies (): Promise<CookieJar> & CookieJar {
  return promiseWithMembers(jarOf(currentContext('cookies')))
}

/**
 * The request's headers, read-only.
 * @throws OutsideRequestError
 * @see https://nextjs.org/docs/app/api-reference/functions/headers
 */
export function headers (): Promise<ReadonlyHeaders> & ReadonlyHeaders {
  return promiseWithMembers(new ReadonlyHeaders(currentContext('headers').request.headers))
}

import { dynamicContext } from '../context/request-context.ts'
import { CookieJar, jarOf, LateCookies, type ReadonlyRequestCookies } from './cookie-jar.ts'
import type { DraftMode } from './draft-mode.ts'
import { ReadonlyHeaders } from './readonly-headers.ts'
import { promiseClassFor } from './thenable.ts'

export { draftMode } from './draft-mode.ts'
export type { DraftMode, ReadonlyHeaders, ReadonlyRequestCookies }

/** Names by which Next.js 15 cast to the synchronous members: `cookies() as unknown as UnsafeUnwrappedCookies`. */
export type { ReadonlyRequestCookies as UnsafeUnwrappedCookies, ReadonlyHeaders as UnsafeUnwrappedHeaders, DraftMode as UnsafeUnwrappedDraftMode }

/**
 * The request's cookies. What is set here goes out with the handler's response; where that sets the same name, it wins.
 * @throws OutsideRequestError
 * @throws Error in route files with `dynamic = 'error'`
 * @see https://nextjs.org/docs/app/api-reference/functions/cookies
 */
export function cookies (): Promise<ReadonlyRequestCookies> & ReadonlyRequestCookies {
  const context = dynamicContext('cookies')
  if (context.phase === 'after') return new LateCookiesPromise(new LateCookies(context.request.headers))
  return (context.cookies ??= new CookiesPromise(jarOf(context))) as ReturnType<typeof cookies>
}

const CookiesPromise = promiseClassFor<ReadonlyRequestCookies>(CookieJar)
const LateCookiesPromise = promiseClassFor<ReadonlyRequestCookies>(LateCookies)

/**
 * The request's headers, read-only.
 * @throws OutsideRequestError
 * @throws Error in route files with `dynamic = 'error'`
 * @see https://nextjs.org/docs/app/api-reference/functions/headers
 */
export function headers (): Promise<ReadonlyHeaders> & ReadonlyHeaders {
  const context = dynamicContext('headers')
  if (context.headers === undefined) {
    const list = new ReadonlyHeaders(context.request)
    context.headers = { list, promise: new HeadersPromise(list) }
  }
  return context.headers.promise as ReturnType<typeof headers>
}

const HeadersPromise = promiseClassFor<ReadonlyHeaders>(ReadonlyHeaders)

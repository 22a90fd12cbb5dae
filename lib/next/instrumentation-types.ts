/** What `instrumentation.ts` exports, and what it gets. */

export interface RequestErrorContext {
  /** `'Pages Router'` for handlers under `pages/api`. */
  routerKind: 'Pages Router' | 'App Router'
  /** The path of the route as its folders spell it: `/users/[id]`. */
  routePath: string
  /** Here always `'route'`, or `'proxy'`. */
  routeType: 'render' | 'route' | 'action' | 'proxy'
  renderSource?: 'react-server-components' | 'react-server-components-payload' | 'server-rendering' | undefined
  /** Undefined for ordinary requests. */
  revalidateReason: 'on-demand' | 'stale' | undefined
}

/** The request whose handler failed. */
export interface ErrorRequest {
  /** Path and query. */
  path: string
  method: string
  headers: NodeJS.Dict<string | string[]>
}

export type InstrumentationOnRequestError = (error: unknown, errorRequest: Readonly<ErrorRequest>, errorContext: Readonly<RequestErrorContext>) => void | Promise<void>

/** @see https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation */
export declare namespace Instrumentation {
  export type onRequestError = InstrumentationOnRequestError
}

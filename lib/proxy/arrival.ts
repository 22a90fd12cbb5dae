import type { RequestContext } from '../context/request-context.ts'
import type { PassedRequest } from '../handle/passed-request.ts'
import type { TrailingSlash } from '../routes/options.ts'
import type { Route } from '../routes/table.ts'
import type { Passage } from './passage.ts'

/** A request on its way to its route, as a host hands it over to rules and proxy. */
export interface Arrival extends PassedRequest {
  /** The path by which the host routes it, the mount prefix included; canonical. */
  readonly path: string
  /** What the host has for that path itself: a route of its own, with or without parameters. */
  readonly hostRoute: 'static' | 'dynamic' | undefined
  /** Whether the proxy may look at it; rules may at all that come here. */
  readonly showsProxy: boolean
  /** Whether the host's router lets letters differ in case. */
  readonly ignoresCase: boolean
  readonly slashRedirects: TrailingSlash
  readonly bodyLimit: number
  /** The host's own objects, for `hostRequest()`. */
  readonly host: RequestContext['host']
  /** The client's address as the host sees it. */
  clientIp (): string | undefined
  /** The route file that a path belongs to. */
  routeOf (path: string): Route | null
  /** Whether the host, asked to route a path anew, may have something for it. */
  mayServe (path: string): boolean
  /** The same request for another place. */
  to (target: string): PassedRequest
  /** Sets headers for the answer, whoever gives it: names (in lower case) and values in turn. */
  setHeaders (headers: readonly string[]): void
  /** Lets the request go on to what the host has matched. */
  proceed (passage: Passage): void
  /** Has the host route the request anew, for the place where its passage stands. */
  reroute (passage: Passage): void
}

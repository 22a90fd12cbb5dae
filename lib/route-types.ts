import type { NextRequest } from './next/next-request.ts'

/** The parameters of a route: awaited (15, 16) or read right away (13, 14). */
export type RouteParams = Record<string, string | string[] | undefined>

/** The second argument of a handler. */
export interface RouteContext<Params extends RouteParams = RouteParams> {
  params: Promise<Params> & Params
}

/** A function that a route file exports for a verb. */
export type RouteHandler<Params extends RouteParams = RouteParams> = (request: NextRequest, context: RouteContext<Params>) => Response | Promise<Response>

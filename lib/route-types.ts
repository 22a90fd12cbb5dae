import type { NextRequest } from './next/next-request.ts'

/** The parameters of a route: awaited (15, 16) or read right away (13, 14). */
export type RouteParams = Record<string, string | string[] | undefined>

/** The parameters of a path in folder spelling: `ParamsOf<'/shop/[...path]'>` is `{ path: string[] }`. */
export type ParamsOf<Path extends string> = Flat<PathParams<Path>>

type PathParams<Path extends string> = Path extends `${infer Segment}/${infer Rest}` ? SegmentParams<Segment> & PathParams<Rest> : SegmentParams<Path>

type SegmentParams<Segment extends string> =
  Segment extends `[[...${infer Name}]]` ? { [K in Name]?: string[] } :
    Segment extends `[...${infer Name}]` ? { [K in Name]: string[] } :
      Segment extends `[${infer Name}]` | `(${string})[${infer Name}]` ? { [K in Name]: string } : unknown

type Flat<T> = { [K in keyof T]: T[K] }

type ParamsFor<Route> = Route extends string ? ParamsOf<Route> : Route

/** The second argument of a handler: `RouteContext<'/users/[id]'>`, or `RouteContext<{ id: string }>`. */
export interface RouteContext<Route extends string | RouteParams = RouteParams> {
  params: Promise<ParamsFor<Route>> & ParamsFor<Route>
}

/**
 * A function that a route file exports for a verb: `RouteHandler<'/users/[id]'>`, or `RouteHandler<{ id: string }>`.
 * One that ends by `redirect()` alone returns nothing.
 */
export type RouteHandler<Route extends string | RouteParams = RouteParams> = {
  // A method's parameters may be narrower than declared: those of Next.js's own types are, by private members.
  handle (request: NextRequest, context: RouteContext<Route>): Response | void | Promise<Response | void>
}['handle']

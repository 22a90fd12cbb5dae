// As Next.js writes it to .next/types/routes.d.ts.
type AppRouteHandlerRoutes = '/users/[id]'
interface ParamMap { '/users/[id]': { id: string } }
export type { AppRouteHandlerRoutes, ParamMap }
declare global {
  interface RouteContext<AppRouteHandlerRoute extends AppRouteHandlerRoutes> {
    params: Promise<ParamMap[AppRouteHandlerRoute]>
  }
}

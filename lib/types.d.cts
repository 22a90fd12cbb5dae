/**
 * What `next/*` is where the package `next` is not installed, for `tsconfig.json`'s `types` or a reference.
 *
 * The names are patterns, since TypeScript asks patterns last: where `next` is installed, it is found first.
 * A trailing star also stands for the `.js` of `next/server.js`.
 */

declare module 'next/server*' {
  export * from 'fastify-app-routes/server'
}

declare module 'next/headers*' {
  export * from 'fastify-app-routes/headers'
}

declare module 'next/navigation*' {
  export * from 'fastify-app-routes/navigation'
}

declare module 'next/cache*' {
  export * from 'fastify-app-routes/cache'
}

declare module 'next/og*' {
  export * from 'fastify-app-routes/og'
}

declare module 'next/constants*' {
  export const PHASE_ANALYZE: 'phase-analyze'
  export const PHASE_DEVELOPMENT_SERVER: 'phase-development-server'
  export const PHASE_EXPORT: 'phase-export'
  export const PHASE_INFO: 'phase-info'
  export const PHASE_PRODUCTION_BUILD: 'phase-production-build'
  export const PHASE_PRODUCTION_SERVER: 'phase-production-server'
  export const PHASE_TEST: 'phase-test'
}

// 'next' alone: a star is needed somewhere, and here nothing else fits in practice.
declare module 'ne*xt' {
  export * from 'fastify-app-routes/next'
}

declare module 'server-onl*y' {}

/** What `fetch()` takes beside the options of the Web, as Next.js declares it. */
interface NextFetchRequestConfig {
  revalidate?: number | false
  tags?: string[]
}

/** Node.js's own types know no `cache`. */
type RequestCacheOption = typeof globalThis extends { onmessage: any } ? {} : { cache?: 'default' | 'force-cache' | 'no-cache' | 'no-store' | 'only-if-cached' | 'reload' }

interface RequestInit extends RequestCacheOption {
  next?: NextFetchRequestConfig | undefined
}

/** The second argument of a handler, as Next.js 15.5 and later declare it when they build. */
interface RouteContext<AppRouteHandlerRoute extends string> {
  params: Promise<import('fastify-app-routes/next').ParamsOf<AppRouteHandlerRoute>>
}

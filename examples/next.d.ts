// Tells TypeScript what `next/*` is here, where the package `next` is not installed.
declare module 'next/server' { export * from 'fastify-app-routes/server' }
declare module 'next/headers' { export * from 'fastify-app-routes/headers' }
declare module 'next/navigation' { export * from 'fastify-app-routes/navigation' }

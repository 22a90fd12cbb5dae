// @ts-ignore -- With `node16`, TypeScript does not know yet that require() loads ES modules.
export * from '../../dist/next/server.js'

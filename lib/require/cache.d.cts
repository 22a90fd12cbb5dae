export * from '../../dist/next/cache.js'

export * from '../../dist/next/next.js'

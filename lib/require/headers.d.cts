export * from '../../dist/next/headers.js'

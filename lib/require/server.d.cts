export * from '../../dist/next/server.js'

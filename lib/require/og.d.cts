export * from '../../dist/next/og.js'

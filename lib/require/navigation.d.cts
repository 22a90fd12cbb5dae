export * from '../../dist/next/navigation.js'

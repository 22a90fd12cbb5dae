export * from '../../dist/legacy.js'

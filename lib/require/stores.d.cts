export * from '../../dist/stores.js'

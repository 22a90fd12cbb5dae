'use strict'

// Jest's own `require()` cannot load ES modules, and would say no more than that.
if (!(require('node:module').builtinModules instanceof Array)) {
  const error = new Error("The modules of this process are loaded by a test runner's own module system, as Jest has one, which cannot load ES modules by require() and which Node.js's module hooks do not reach. Use node:test, tap or Vitest, or start the server in a child process.")
  throw Object.assign(error, { code: 'FAR_ERR_FOREIGN_LOADER' })
}

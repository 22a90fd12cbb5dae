import { MissingPackageError } from '../errors.ts'

const Native = (globalThis as { URLPattern?: new (...args: unknown[]) => object }).URLPattern

/** The platform's `URLPattern`, which Node.js has since 23.8. */
export const URLPattern = Native ?? class URLPattern {
  constructor () {
    throw new MissingPackageError(`Node.js ${process.versions.node} has no URLPattern. Load a polyfill before the server starts: import 'urlpattern-polyfill'.`, 'urlpattern-polyfill')
  }
}

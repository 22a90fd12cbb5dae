import { MissingPackageError } from '../errors.ts'

export interface URLPatternInit {
  baseURL?: string | undefined
  protocol?: string | undefined
  username?: string | undefined
  password?: string | undefined
  hostname?: string | undefined
  port?: string | undefined
  pathname?: string | undefined
  search?: string | undefined
  hash?: string | undefined
}

export type URLPatternInput = URLPatternInit | string

export interface URLPatternComponentResult {
  input: string
  groups: Record<string, string | undefined>
}

export interface URLPatternResult extends Record<keyof Omit<URLPatternInit, 'baseURL'>, URLPatternComponentResult> {
  inputs: [URLPatternInput]
}

/** @see https://urlpattern.spec.whatwg.org/ */
export interface URLPattern extends Readonly<Record<keyof Omit<URLPatternInit, 'baseURL'>, string>> {
  test (input?: URLPatternInput, baseURL?: string): boolean
  exec (input?: URLPatternInput, baseURL?: string): URLPatternResult | null
}

type URLPatternConstructor = new (init?: URLPatternInput, baseURL?: string) => URLPattern

/** The platform's `URLPattern`, which Node.js has since 23.8. */
export const URLPattern: URLPatternConstructor = (globalThis as { URLPattern?: URLPatternConstructor }).URLPattern ?? class URLPattern {
  constructor () {
    throw new MissingPackageError(`Node.js ${process.versions.node} has no URLPattern. Load a polyfill before the server starts: import 'urlpattern-polyfill'.`, 'urlpattern-polyfill')
  }
} as unknown as URLPatternConstructor

import type { IncomingMessage } from 'node:http'
import { createSecureContext, type ConnectionOptions, type SecureContextOptions } from 'node:tls'
import { checkOptions, type Checks } from '../check-options.ts'
import { AppRoutesOptionError } from '../errors.ts'

/** Another server that answers. */
export interface UpstreamOptions {
  /** Its origin, `http:` or `https:`, perhaps with a path that stands in front of every path. */
  upstream: string | URL
  /**
   * Milliseconds that it gets to accept a connection, and to begin its answer. Else the client gets 504.
   * @default 30000
   */
  timeout?: number | undefined
  /**
   * Milliseconds between two pieces of an answer before it is broken off; 0 for as long as it takes.
   * @default 300000
   */
  idleTimeout?: number | undefined
  /**
   * Which WebSocket upgrades it gets, of those that nobody else takes.
   * @default true
   */
  upgrade?: boolean | ((req: IncomingMessage) => boolean) | undefined
  /**
   * How to speak TLS with it: `ca`, `cert` and `key`, `servername` and the like, as `tls.connect()` takes them.
   * @see https://nodejs.org/api/tls.html#tlsconnectoptions-callback
   */
  tls?: UpstreamTls | undefined
}

/** What `tls.connect()` takes of TLS itself. */
export type UpstreamTls = SecureContextOptions & Pick<ConnectionOptions, 'checkServerIdentity' | 'rejectUnauthorized' | 'servername'>

const CHECKS: Checks<UpstreamOptions> = {
  upstream: { valid: isHttp, expected: "an http: or https: URL without query, as 'http://legacy:3000'" },
  timeout: { valid: (value) => isMilliseconds(value) && value !== 0, expected: 'a positive whole number of milliseconds' },
  idleTimeout: { valid: isMilliseconds, expected: 'a whole number of milliseconds' },
  upgrade: { valid: (value) => typeof value === 'boolean' || typeof value === 'function', expected: 'true, false or a function' },
  tls: { valid: (value) => typeof value === 'object' && value !== null, expected: 'an object of options of tls.connect()' }
}

/** @throws AppRoutesOptionError */
export function parseUpstream (given: UpstreamOptions, name: string): Required<Omit<UpstreamOptions, 'upstream'>> & { upstream: URL } {
  checkOptions(given, CHECKS, `${name}.`)
  const { upstream, timeout = 30_000, idleTimeout = 300_000, upgrade = true, tls } = given
  const url = new URL(upstream)
  if (tls !== undefined) checkTls(tls, url, name)
  return { upstream: url, timeout, idleTimeout, upgrade, tls: tls ?? {} }
}

function checkTls (tls: UpstreamTls, { protocol }: URL, name: string): void {
  if (protocol !== 'https:') throw new AppRoutesOptionError(`The option \`${name}.tls\` is for an upstream of https:.`)
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw new AppRoutesOptionError(`The option \`${name}.tls\` has what TLS cannot use: ${(cause as Error).message}`, { cause })
  }
}

function isHttp (value: unknown): boolean {
  if (!(value instanceof URL) && !(typeof value === 'string' && URL.canParse(value))) return false
  const { protocol, search, hash, username } = new URL(value)
  return /^https?:$/.test(protocol) && search === '' && hash === '' && username === ''
}

function isMilliseconds (value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

import { createRequire } from 'node:module'
import type { buildConnector, Pool } from 'undici'
import { MissingPackageError } from '../errors.ts'
import { findPeer } from '../peers.ts'
import { NODE_MAJOR } from '../node-major.ts'

/** As much of `undici` as is used here. */
export interface Undici { Pool: typeof Pool, buildConnector: typeof buildConnector }

/**
 * The HTTP client.
 * @throws MissingPackageError where there is none
 */
export function loadUndici (): Undici {
  const file = findPeer('undici')
  if (file === undefined) throw new MissingPackageError('An `upstream` needs the package undici.', NODE_MAJOR < 22 ? 'undici@7' : 'undici')
  return createRequire(import.meta.url)(file) as Undici
}

import { createRequire } from 'node:module'
import path from 'node:path'
import type { buildConnector, Pool } from 'undici'
import { MissingPackageError } from '../errors.ts'

/** As much of `undici` as is used here. */
export interface Undici { Pool: typeof Pool, buildConnector: typeof buildConnector }

let undici: Undici | undefined

/**
 * The HTTP client, the application's own or the one beside us.
 * @throws MissingPackageError where there is none
 */
export function loadUndici (): Undici {
  if (undici !== undefined) return undici
  for (const from of [path.join(process.cwd(), 'x'), import.meta.url]) {
    try {
      return undici = createRequire(from)('undici') as Undici
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  throw new MissingPackageError('An `upstream` needs the package undici.', Number(process.versions.node.split('.')[0]) < 22 ? 'undici@7' : 'undici')
}

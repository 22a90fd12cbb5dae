import { createRequire } from 'node:module'
import path from 'node:path'

/**
 * Packages that only some servers need: the application installs them, and they are loaded when they are first needed.
 * The application's own are looked for before those beside us.
 * @returns the file that `require()` of the package would load; undefined where it is not installed
 */
export function findPeer (name: string): string | undefined {
  for (const from of [path.join(process.cwd(), 'x'), import.meta.url]) {
    try {
      return createRequire(from).resolve(name)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  return undefined
}

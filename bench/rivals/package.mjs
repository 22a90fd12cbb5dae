import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const appDir = fileURLToPath(new URL('../app', import.meta.url))

/**
 * A face of the library as its package.json exports it: of this checkout, or of the one that `PACKAGE_DIR` names, which is
 * how two states are compared.
 */
export async function importFace (face) {
  const dir = process.env.PACKAGE_DIR ?? fileURLToPath(new URL('../..', import.meta.url))
  const { exports } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'))
  return await import(pathToFileURL(path.join(dir, exports[face].import.default)).href)
}

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const appDir = fileURLToPath(new URL('../app', import.meta.url))

/** The library: this checkout, or another one, which is how two states are compared. */
export const packageDir = process.env.PACKAGE_DIR ?? fileURLToPath(new URL('../..', import.meta.url))

/** A face of it as its package.json exports it. */
export async function importFace (face) {
  const { exports } = JSON.parse(readFileSync(path.join(packageDir, 'package.json'), 'utf8'))
  return await import(pathToFileURL(path.join(packageDir, exports[face].import.default)).href)
}

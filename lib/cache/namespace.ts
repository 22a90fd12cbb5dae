import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The application, by the name in the nearest package.json, and what tells one deployment of it from another: a digest of
 * the route files, and of the version there. Other modules are not looked at; who deploys without a new version names it.
 */
export function namespaceOf (dir: string, files: readonly string[], deployment?: string): { application: string, deployment: string } {
  const { name, version } = packageAbove(dir)
  return { application: name, deployment: deployment ?? digest(dir, version, files) }
}

function digest (dir: string, version: string, files: readonly string[]): string {
  const hash = createHash('sha256').update(version)
  for (const file of [...files].sort()) hash.update(`\0${file}\0`).update(readFileSync(path.join(dir, ...file.split('/'))))
  return hash.digest('base64url').slice(0, 16)
}

function packageAbove (dir: string): { name: string, version: string } {
  for (let at = dir; ; at = path.dirname(at)) {
    try {
      const { name = '', version = '' } = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8')) as { name?: string, version?: string }
      return { name, version }
    } catch {
      if (path.dirname(at) === at) return { name: '', version: '' }
    }
  }
}

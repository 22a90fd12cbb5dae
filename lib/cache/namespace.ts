import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * What tells one deployment from another in a store that they share: a digest of the route files, and of the version that
 * the nearest package.json states. Other modules are not looked at; who deploys without a new version names it.
 */
export function deploymentOf (dir: string, files: readonly string[]): string {
  const hash = createHash('sha256').update(versionAbove(dir))
  for (const file of [...files].sort()) hash.update(`\0${file}\0`).update(readFileSync(path.join(dir, ...file.split('/'))))
  return hash.digest('base64url').slice(0, 16)
}

function versionAbove (dir: string): string {
  for (let at = dir; ; at = path.dirname(at)) {
    try {
      const { name = '', version = '' } = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8')) as { name?: string, version?: string }
      return `${name}@${version}`
    } catch {
      if (path.dirname(at) === at) return ''
    }
  }
}

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'

const RIVALS = path.join(import.meta.dirname, 'rivals')
export const ROOT = path.dirname(import.meta.dirname)
export const CACHE = path.join(ROOT, '.cache', 'bench')

/** The packages of rivals/package.json, installed once. */
export function installRivals (): void {
  if (existsSync(path.join(RIVALS, 'node_modules'))) return
  console.log('Installing the rivals …')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], RIVALS)
}

/** Another revision of this project, built beside this one with the same packages. Returns its directory. */
export function buildRevision (revision: string): string {
  const dir = path.join(CACHE, 'against')
  removeRevision(dir)
  mkdirSync(CACHE, { recursive: true })
  run('git', ['worktree', 'add', '--quiet', '--detach', dir, revision], ROOT)
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc')], dir)
  return dir
}

function removeRevision (dir: string): void {
  rmSync(dir, { recursive: true, force: true })
  run('git', ['worktree', 'prune'], ROOT)
}

export function revision (): string {
  const described = execFileSync('git', ['describe', '--always', '--dirty'], { cwd: ROOT, encoding: 'utf8' })
  return described.trim()
}

function run (command: string, args: string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
}

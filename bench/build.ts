import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export const ROOT = path.dirname(import.meta.dirname)
export const RIVALS = path.join(import.meta.dirname, 'rivals')
export const CACHE = path.join(ROOT, '.cache', 'bench')

const QUIETLY = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

/** The packages of rivals/package.json. */
export function installRivals (): void {
  console.error('Installing the rivals …')
  run('npm', ['ci', ...QUIETLY], RIVALS)
}

/** The routes of app/ that are measured in Next.js, too. */
export const NEXT_ROUTES = ['json', 'static', 'next-response', 'items']

/** A Next.js application of the routes that are measured there, in its production build. */
export const buildNext = once((): string => {
  const dir = path.join(CACHE, 'next')
  if (!existsSync(path.join(dir, 'node_modules'))) {
    console.error('Installing Next.js …')
    mkdirSync(dir, { recursive: true })
    writeFileSync(path.join(dir, 'package.json'), '{ "private": true }')
    run('npm', ['install', ...QUIETLY, 'next@16', 'react@19', 'react-dom@19', 'typescript@5', '@types/node@20', '@types/react@19'], dir)
  }
  console.error('Building the Next.js application …')
  for (const route of NEXT_ROUTES) cpSync(path.join(import.meta.dirname, 'app', route), path.join(dir, 'app', route), { recursive: true })
  writeFileSync(path.join(dir, 'next.config.mjs'), 'export default { turbopack: { root: import.meta.dirname } }\n')
  run(process.execPath, [path.join(dir, 'node_modules/next/dist/bin/next'), 'build'], dir)
  return dir
})

/** Another revision of this project, built with the packages of this one. Returns its directory. */
export const buildRevision = once((revision: string): string => {
  const dir = path.join(CACHE, 'against')
  console.error(`Building ${revision} …`)
  rmSync(dir, { recursive: true, force: true })
  run('git', ['worktree', 'prune'], ROOT)
  run('git', ['worktree', 'add', '--quiet', '--detach', dir, revision], ROOT)
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc')], dir)
  return dir
})

export function removeRevision (): void {
  rmSync(path.join(CACHE, 'against'), { recursive: true, force: true })
  run('git', ['worktree', 'prune'], ROOT)
}

/** What is measured: the commit, and whether files differ from it. */
export function currentRevision (): string {
  return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: ROOT, encoding: 'utf8' }).trim()
}

function once<A extends unknown[]> (build: (...args: A) => string): (...args: A) => string {
  let built: string | undefined
  return (...args) => (built ??= build(...args))
}

/** Output is shown only where a command fails. */
function run (command: string, args: string[], cwd: string): void {
  try {
    execFileSync(command, args, { cwd, stdio: 'pipe', env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' } })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer, stderr: Buffer }
    throw new Error(`${command} ${args.join(' ')} failed in ${cwd}:\n${stdout}${stderr}`)
  }
}

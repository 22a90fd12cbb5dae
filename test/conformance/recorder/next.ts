import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { majorOf } from './recording.ts'

/** A folder with `node_modules/next`, in which projects are made. */
export interface Installation {
  dir: string
  /** The exact version, such as `16.4.6`. */
  version: string
}

export interface RunningNext {
  url: string
  close: () => Promise<void>
}

/** The installation in a folder, if there is one. */
export function installed (dir: string): Installation | undefined {
  const manifest = path.join(dir, 'node_modules/next/package.json')
  // Next.js alone cannot build route files in TypeScript.
  if (!existsSync(manifest) || !existsSync(path.join(dir, 'node_modules/typescript'))) return undefined
  // Turbopack refuses a project that is reached by a link.
  return { dir: realpathSync(dir), version: (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version }
}

/**
 * Installs Next.js of a version or range (`16`, `16.4.6`). npm adds the React that it asks for as a peer, and its compiler, an optional
 * dependency with a binary for this platform. TypeScript is what a project with `.ts` files has.
 */
export async function install (dir: string, version: string): Promise<Installation> {
  mkdirSync(dir, { recursive: true })
  writeFileSync(path.join(dir, 'package.json'), '{ "private": true }\n')
  const packages = [`next@${version}`, 'typescript@5', '@types/node', '@types/react']
  await run('npm', ['install', '--ignore-scripts', '--include=optional', '--legacy-peer-deps=false', '--no-audit', '--no-fund', ...packages], dir)
  return installed(dir)!
}

const ENTRY_POINTS = ['next/server', 'next/headers', 'next/navigation', 'next/cache', 'next/og']

/** The names of the values that each entry point for route handlers exports; `next/og` is missing in 13. */
export async function exportsOf (next: Installation): Promise<Record<string, string[]>> {
  const script = `const names = (id) => { try { return Object.keys(require(id)).sort() } catch { return [] } }
    console.log(JSON.stringify(Object.fromEntries(${JSON.stringify(ENTRY_POINTS)}.map((id) => [id, names(id)]))))`
  return JSON.parse(await run(process.execPath, ['-e', script], next.dir, { NODE_NO_WARNINGS: '1' })) as Record<string, string[]>
}

const binOf = (next: Installation): string => path.join(next.dir, 'node_modules/next/dist/bin/next')

/** Builds a corpus directory, or a project with a folder `app`, as `next build` does: a copy of it. */
export async function buildProject (next: Installation, corpus: string, env?: NodeJS.ProcessEnv): Promise<{ project: string, remove: () => void }> {
  const project = makeProject(next, corpus)
  const remove = (): void => { rmSync(project, { recursive: true, force: true }) }
  try {
    await run(process.execPath, [binOf(next), 'build'], project, env)
    return { project, remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** Builds a corpus directory and serves it as `next build` and `next start` do. */
export async function startNext (next: Installation, corpus: string, originUrl: string): Promise<RunningNext> {
  const env = { ORIGIN_URL: originUrl }
  const { project, remove } = await buildProject(next, corpus, env)
  try {
    const port = await freePort()
    const { child, log } = launch(process.execPath, [binOf(next), 'start', '-p', String(port)], project, env)
    await listening(child, port, log)
    return { url: `http://localhost:${port}`, close: async () => { await stop(child); remove() } }
  } catch (error) {
    remove()
    throw error
  }
}

/** A project below the installation, where Next.js finds its packages and Turbopack its root. */
function makeProject (next: Installation, corpus: string): string {
  const project = mkdtempSync(path.join(next.dir, 'project-'))
  const isProject = existsSync(path.join(corpus, 'app'))
  cpSync(corpus, isProject ? project : path.join(project, 'app'), { recursive: true })
  const proxy = path.join(project, 'proxy.ts')
  // Its name before 16.
  if (majorOf(next.version) < 16 && existsSync(proxy)) renameSync(proxy, path.join(project, 'middleware.ts'))
  const config = path.join(project, 'next.config.mjs')
  const own = existsSync(config)
  if (own) renameSync(config, path.join(project, 'corpus.config.mjs'))
  writeFileSync(config, [
    own ? "import corpus from './corpus.config.mjs'" : 'const corpus = {}',
    `export default { ...${JSON.stringify(configFor(next))}, ...corpus }`
  ].join('\n\n') + '\n')
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n')
  return project
}

/** What the corpora need, and what keeps the build from being about anything but answers. */
function configFor (next: Installation): object {
  const major = majorOf(next.version)
  return {
    typescript: { ignoreBuildErrors: true },
    ...(major < 16 ? { eslint: { ignoreDuringBuilds: true } } : { turbopack: { root: next.dir } }),
    ...(major < 15 ? {} : { experimental: { authInterrupts: true } })
  }
}

function launch (command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): { child: ChildProcess, log: () => string } {
  // The loaders of whoever runs the recorder are not those of Next.js, and npm's variables would change what `npm install` does.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|NODE_ENV|TAP.*|npm_.*)$/i.test(name))
  const child = spawn(command, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  return { child, log: () => output }
}

export async function run (command: string, args: string[], cwd: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const { child, log } = launch(command, args, cwd, env)
  const [code] = await once(child, 'close') as [number | null]
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}:\n${log()}`)
  return log()
}

async function stop (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  // Not SIGTERM: it waits for answers that stream for ever.
  child.kill('SIGKILL')
  await closed
}

export async function freePort (): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** Resolves when something listens on the port; nothing is asked of it, for it would count as a request. */
async function listening (child: ChildProcess, port: number, log: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`next start ended with ${child.exitCode}:\n${log()}`)
    const socket = connect(port, 'localhost')
    const [up] = await Promise.race([once(socket, 'connect').then(() => [true]), once(socket, 'close').then(() => [false])]).catch(() => [false])
    socket.destroy()
    if (up) return
    await setTimeout(100)
  }
  await stop(child)
  throw new Error(`next start does not listen after a minute:\n${log()}`)
}

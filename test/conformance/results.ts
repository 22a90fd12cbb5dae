/**
 * What becomes of every case of the corpora: on each Node.js, host and major, with the fast paths and without, in packages
 * of both kinds. Tests and documents are made from these rows.
 */
import { fork } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export type Major = 13 | 14 | 15 | 16

export const HOSTS = ['fastify', 'fastify inject', 'fastify http2', 'express 4', 'express 5', 'node:http'] as const
export type Host = typeof HOSTS[number]

/** The corpora, and the answers that they are compared with. */
export const SUITES: ReadonlyArray<{ suite: string, major: Major, version: string }> = [
  { suite: 'classic', major: 13, version: '13.5.11' },
  { suite: 'classic', major: 14, version: '14.2.35' },
  { suite: 'modern', major: 15, version: '15.5.29' },
  { suite: 'modern', major: 16, version: '16.4.6' },
  ...['proxy', 'config-routing', 'config-basepath', 'config-trailing', 'metadata'].flatMap((suite) => [
    { suite, major: 14, version: '14.2.35' },
    { suite, major: 15, version: '15.5.29' },
    { suite, major: 16, version: '16.4.6' }
  ] as const)
]

/** What is built so far; the other features of the corpora belong to later work. */
export const FEATURES: readonly string[] = ['methods', 'request', 'response', 'nextresponse', 'cookies', 'headers', 'navigation', 'routing', 'segment-config', 'after-draft', 'metadata', 'streaming', 'robustness', 'static-isr', 'data-cache', 'proxy', 'config']

/** A place where a case is meant to be answered otherwise than Next.js answers it. */
export interface Exception {
  id: string
  /** All, where missing. */
  hosts?: Host[]
  /** All that have the case, where missing. */
  majors?: Major[]
  /** What is answered here. */
  here: string
  reason: string
}

export interface Result {
  id: string
  feature: string
  suite: string
  major: Major
  host: Host
  outcome: 'equal' | 'exception' | 'differs'
  /** One sentence for each difference; none where the answer is Next.js's. */
  differences: string[]
  exception?: Exception
}

/** One process with its own package, in which all hosts and majors run side by side. */
export interface Run {
  /** A Node.js binary. */
  bin: string
  hosts: readonly Host[]
  packageType: 'commonjs' | 'module'
  /**
   * Without the fast paths: route files that make native responses, hosts with hooks of every kind.
   */
  slow: boolean
  /** With the light classes in the place of the global ones. */
  globals?: boolean
}

const here = import.meta.dirname

export const exceptions = (JSON.parse(readFileSync(path.join(here, 'exceptions.json'), 'utf8')) as { exceptions: Exception[] }).exceptions

type Row = Omit<Result, 'outcome' | 'exception'>

/** Runs all cases, and sorts out what was meant to be different. */
export async function run ({ bin, hosts, packageType, slow, globals = false }: Run): Promise<Result[]> {
  const project = mkdtempSync(path.join(tmpdir(), 'conformance-'))
  try {
    for (const suite of new Set(SUITES.map(({ suite }) => suite))) {
      const dir = path.join(project, `app-${suite}`)
      cpSync(path.join(here, `app-${suite}`), dir, { recursive: true })
      if (slow) withNativeResponses(dir)
    }
    writeFileSync(path.join(project, 'package.json'), JSON.stringify(packageType === 'module' ? { type: packageType } : {}))
    const rows = await inChild(bin, project, { hosts, suites: SUITES, features: FEATURES, slow, globals })
    return rows.map(judged)
  } finally {
    rmSync(project, { recursive: true })
  }
}

/** A module that declares a name itself is not given ours for it. */
function withNativeResponses (dir: string): void {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.[jt]sx?$/.test(entry.name)) continue
    const file = path.join(entry.parentPath, entry.name)
    writeFileSync(file, `const { Response } = globalThis\n${readFileSync(file, 'utf8')}`)
  }
}

function inChild (bin: string, cwd: string, job: object): Promise<Row[]> {
  const child = fork(path.join(here, 'run.mjs'), [JSON.stringify(job)], { cwd, env: { ...process.env, NODE_OPTIONS: '' }, execPath: bin, execArgv: ['--no-warnings'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let errors = ''
  child.stderr!.on('data', (chunk: Buffer) => { errors = (errors + chunk.toString()).slice(-2000) })
  return new Promise((resolve, reject) => {
    child.once('message', (rows: Row[]) => {
      child.disconnect()
      resolve(rows)
    })
    child.once('exit', (code) => { reject(new Error(`the run ended with ${String(code)}: ${errors}`)) })
  })
}

function judged (row: Row): Result {
  const exception = exceptions.find((candidate) => applies(candidate, row))
  if (row.differences.length === 0) return { ...row, outcome: 'equal', ...(exception === undefined ? {} : { exception }) }
  return exception === undefined ? { ...row, outcome: 'differs' } : { ...row, outcome: 'exception', exception }
}

function applies ({ id, hosts, majors }: Exception, row: Row): boolean {
  return id === row.id && (hosts?.includes(row.host) ?? true) && (majors?.includes(row.major) ?? true)
}

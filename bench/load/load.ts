import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { installRivals, RIVALS } from '../build.ts'
import { outputOf } from '../processes.ts'
import type { Sent } from '../scenarios.ts'

const CONNECTIONS = 32

export interface Load { url: string, request: Sent, seconds: number, core: number | undefined }

/** What came back. Nothing but answered requests are in it: a failed one is an error of the run. */
export interface Answered { requests: number, seconds: number }

/** Sends one request again and again, on 32 connections, for whole seconds. */
export type LoadGenerator = (load: Load) => Promise<Answered>

/** wrk where it is installed, since it leaves most to the server; else autocannon. */
export function findLoadGenerator (): { name: 'wrk' | 'autocannon', generate: LoadGenerator } {
  return spawnSync('wrk', ['--version']).error === undefined ? { name: 'wrk', generate: wrk } : { name: 'autocannon', generate: autocannon }
}

async function wrk ({ url, request, seconds, core }: Load): Promise<Answered> {
  const script = path.join(import.meta.dirname, 'wrk.lua')
  const headers = Object.entries(request.headers ?? {}).flat()
  return await withBodyFile(request.body, async (file) => {
    const output = await outputOf(core, 'wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url, '--', request.method ?? 'GET', file ?? '-', ...headers])
    const { errors, ...answered } = JSON.parse(/^RESULT (.+)$/m.exec(output)![1]!) as Answered & { errors: Record<string, number> }
    refuseErrors(url, errors)
    return answered
  })
}

async function autocannon ({ url, request, seconds, core }: Load): Promise<Answered> {
  const program = path.join(RIVALS, 'node_modules/autocannon/autocannon.js')
  if (!existsSync(program)) installRivals()
  const headers = Object.entries(request.headers ?? {}).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  return await withBodyFile(request.body, async (file) => {
    const body = file === undefined ? [] : ['-i', file]
    const output = await outputOf(core, process.execPath, [program, '-j', `-c${CONNECTIONS}`, `-d${seconds}`, '-m', request.method ?? 'GET', ...headers, ...body, url])
    const { errors, timeouts, non2xx, requests, duration } = JSON.parse(output) as { errors: number, timeouts: number, non2xx: number, requests: { total: number }, duration: number }
    refuseErrors(url, { errors, timeouts, non2xx })
    return { requests: requests.total, seconds: duration }
  })
}

async function withBodyFile<T> (body: string | Buffer | undefined, use: (file: string | undefined) => Promise<T>): Promise<T> {
  if (body === undefined) return await use(undefined)
  const dir = mkdtempSync(path.join(tmpdir(), 'bench-'))
  try {
    const file = path.join(dir, 'body')
    writeFileSync(file, body)
    return await use(file)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function refuseErrors (url: string, errors: Record<string, number>): void {
  const seen = Object.entries(errors).filter(([, count]) => count > 0)
  if (seen.length > 0) throw new Error(`${url} failed under load: ${seen.map(([kind, count]) => `${count} × ${kind}`).join(', ')}`)
}

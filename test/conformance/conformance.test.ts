import t from 'tap'
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** What is built so far; the other features of the corpus belong to later work. */
const FEATURES = new Set(['methods', 'request', 'response', 'nextresponse', 'cookies', 'headers', 'navigation', 'routing', 'streaming', 'robustness'])

const here = import.meta.dirname
const accidents = new Set(Object.keys((JSON.parse(readFileSync(path.join(here, 'accidents.json'), 'utf8')) as { cases: object }).cases))

const MANIFESTS = { 'without "type"': '{}', 'with "type": "module"': '{ "type": "module" }' }

/** This Node.js, and those that the environment names: NODE_22, NODE_24, NODE_26. */
const RUNTIMES: Array<{ name: string, bin: string | undefined, hosts: string[] }> = [
  { name: process.version, bin: process.execPath, hosts: ['fastify', 'express4', 'express5'] },
  ...['22', '24', '26'].map((major) => ({ name: `v${major}`, bin: process.env[`NODE_${major}`], hosts: ['fastify', 'express5'] }))
]

function freePort (): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => { resolve(port) })
    })
  })
}

/** Starts `server.mjs` in a project of its own, and says where it listens. */
function serve (bin: string, cwd: string, host: string, originPort: number): Promise<{ child: ChildProcess, port: number }> {
  const env = { ...process.env, ORIGIN_URL: `http://127.0.0.1:${originPort}`, NODE_OPTIONS: '' }
  const child = fork(path.join(here, 'server.mjs'), [host], { cwd, env, execPath: bin, execArgv: ['--no-warnings'] })
  return new Promise((resolve, reject) => {
    child.once('message', (message: { port: number }) => { resolve({ child, port: message.port }) })
    child.once('exit', (code) => { reject(new Error(`the server ended with ${String(code)}`)) })
  })
}

function compare (port: number, originPort: number): Promise<string> {
  const args = ['compare.mjs', `http://localhost:${port}`, 'cases-modern.json', 'expected/modern/16.4.6.json', '--verbose', '--origin-port', String(originPort)]
  const child = spawn(process.execPath, args, { cwd: here, env: { ...process.env, NODE_OPTIONS: '' } })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  return new Promise((resolve) => { child.once('close', () => { resolve(output) }) })
}

interface Result { id: string, feature: string, difference: string }

function failures (output: string): Result[] {
  return output.split(/^(?=FAIL |ok {3}|\n)/m).flatMap((block) => {
    const match = /^FAIL (\S+) \[(\S+)\]/.exec(block)
    return match === null ? [] : [{ id: match[1]!, feature: match[2]!, difference: block.trim() }]
  })
}

// Most of a run is waiting for streams and timers.
t.jobs = 6

for (const { name, bin, hosts } of RUNTIMES) {
  for (const host of hosts) {
    for (const [kind, manifest] of Object.entries(MANIFESTS)) {
      t.test(`${host} on Node.js ${name}, package ${kind}`, { buffered: true, skip: bin === undefined ? `no such Node.js: NODE_${name.slice(1)} is not set` : false }, async (t) => {
        const project = mkdtempSync(path.join(tmpdir(), 'conformance-'))
        t.teardown(() => { rmSync(project, { recursive: true }) })
        cpSync(path.join(here, 'app-modern'), path.join(project, 'app'), { recursive: true })
        writeFileSync(path.join(project, 'package.json'), manifest)
        const originPort = await freePort()
        const { child, port } = await serve(bin!, project, host, originPort)
        t.teardown(() => child.kill())
        const output = await compare(port, originPort)
        t.ok((output.match(/^ok {3}/gm) ?? []).length > 150, 'the cases were run')
        for (const { id, feature, difference } of failures(output)) {
          if (FEATURES.has(feature) && !accidents.has(id)) t.fail(difference)
        }
      })
    }
  }
}

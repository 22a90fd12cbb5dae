// Runs the corpora in the working directory on some hosts and sends the rows of their results to the parent process:
//   { hosts: [...], suites: [{ suite, major, version }], features: [...], slow: boolean, globals: boolean } as JSON in argv[2]
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { makeContext, pool, runCase } from './client.mjs'
import { differences } from './diff.mjs'
import { HOSTS } from './hosts.mjs'
import { startOrigin } from './origin.mjs'

const { hosts, suites, features, slow, globals } = JSON.parse(process.argv[2])
const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))

const origin = await startOrigin(0)
process.env.ORIGIN_URL = origin.url

const servers = []
const runs = []
for (const { suite, major, version } of suites) {
  const expected = read(`expected/${suite}/${version}.json`).cases
  const cases = read(`cases-${suite}.json`).filter((c) => features.includes(c.feature) && expected[c.id] !== undefined)
  for (const host of hosts) {
    // Some route files count what they did: each server has its own.
    const dir = `./app-${suite}-${servers.length}`
    cpSync(`./app-${suite}`, dir, { recursive: true })
    // A case sends a body of 2 MB.
    const server = await HOSTS[host]({ ...projectOf(dir), compat: major, bodyLimit: 10_000_000, globals }, slow)
    servers.push(server)
    const context = makeContext(server.base, origin.url, server.send)
    for (const c of cases) if (server.fits(c)) runs.push({ host, suite, major, c, context, expected: expected[c.id] })
  }
}

/** A corpus is an app directory, or a project with one. */
function projectOf (dir) {
  if (!existsSync(`${dir}/app`)) return { dir }
  const nextConfig = `${dir}/next.config.mjs`
  return { dir: `${dir}/app`, ...(existsSync(nextConfig) ? { nextConfig } : {}) }
}

async function rowOf ({ host, suite, major, c, context, expected }) {
  const found = differences(c, expected, await runCase(c, context))
  return { id: c.id, feature: c.feature, suite, major, host, differences: found }
}

// Most of a run is waiting for streams and timers.
const rows = await pool(runs, 16, rowOf)
// Some cases allow a server a time, which a busy machine may not give it: they are tried again, alone.
for (const [index, { differences }] of rows.entries()) if (differences.length > 0) rows[index] = await rowOf(runs[index])
await Promise.all(servers.map((server) => server.close()))
origin.close()
// Until it has the rows: an exit may come before them.
process.once('disconnect', () => { process.exit() })
process.send(rows)

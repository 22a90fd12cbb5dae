import t from 'tap'
import { exceptions, HOSTS, run, SUITES, type Host, type Result } from './results.ts'

const SOME_HOSTS: readonly Host[] = ['fastify', 'express 5']

/** All hosts on this Node.js; two on the others, which the environment names: NODE_22, NODE_24, NODE_26. */
const RUNTIMES: Array<{ version: string, bin: string | undefined, hosts: readonly Host[] }> = [
  { version: process.version, bin: process.execPath, hosts: HOSTS },
  ...['22', '24', '26'].map((major) => ({ version: `v${major}`, bin: process.env[`NODE_${major}`], hosts: SOME_HOSTS }))
]

t.jobs = 2

for (const { version, bin, hosts } of RUNTIMES) {
  for (const packageType of ['commonjs', 'module'] as const) {
    for (const slow of [false, true]) {
      const name = `Node.js ${version}, "type": "${packageType}"${slow ? ', native responses, hooks of every kind' : ''}`
      t.test(name, { buffered: true, skip: bin === undefined ? `NODE_${version.slice(1)} is not set` : false }, async (t) => {
        const results = await run({ bin: bin!, hosts, packageType, slow })
        for (const host of hosts) {
          for (const { major } of SUITES) t.ok(results.some((result) => result.host === host && result.major === major), `${host} has run the cases of ${major}`)
        }
        for (const result of results) check(t, result)
        if (hosts === HOSTS) t.same(exceptions.filter((exception) => !results.some((result) => result.exception === exception)), [], 'every exception is of some case')
      })
    }
  }
}

function check (t: { fail: (message: string) => unknown }, { id, host, major, outcome, exception, differences }: Result): void {
  const where = `${id} on ${host}, Next.js ${major}`
  if (outcome === 'differs') t.fail(`${where}: ${differences.join('\n')}`)
  if (outcome === 'equal' && exception !== undefined) t.fail(`${where} does not differ any more: the exception can go`)
}

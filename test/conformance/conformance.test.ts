import t from 'tap'
import { exceptions, HOSTS, run, SUITES, type Host, type Result, type Run } from './results.ts'

const TWO_HOSTS: readonly Host[] = ['fastify', 'express 5']

/** Without `bin` where there is no such Node.js. */
type NamedRun = Omit<Run, 'bin'> & { version: string, bin: string | undefined }

/** All hosts on this Node.js; two on the others, which the environment names: NODE_22, NODE_24, NODE_26. */
const RUNS: NamedRun[] = [
  ...runsOn(process.version, process.execPath, HOSTS),
  { version: process.version, bin: process.execPath, hosts: TWO_HOSTS, packageType: 'commonjs', slow: true },
  { version: process.version, bin: process.execPath, hosts: TWO_HOSTS, packageType: 'module', slow: false },
  { version: process.version, bin: process.execPath, hosts: TWO_HOSTS, packageType: 'module', slow: false, globals: true },
  { version: 'v24', bin: process.env.NODE_24, hosts: TWO_HOSTS, packageType: 'module', slow: false, globals: true },
  ...['22', '24', '26'].flatMap((major) => runsOn(`v${major}`, process.env[`NODE_${major}`], TWO_HOSTS))
]

function runsOn (version: string, bin: string | undefined, hosts: readonly Host[]): NamedRun[] {
  return [
    { version, bin, hosts, packageType: 'commonjs', slow: false },
    { version, bin, hosts, packageType: 'module', slow: true }
  ]
}

t.jobs = 2
// Every case on every host, on several Node.js versions.
t.setTimeout(900_000)

for (const { version, bin, hosts, packageType, slow, globals } of RUNS) {
  const name = `Node.js ${version}, ${hosts.length} hosts, "type": "${packageType}"${slow ? ', native responses, hooks of every kind' : ''}${globals === true ? ', globals' : ''}`
  t.test(name, { buffered: true, skip: bin === undefined ? `NODE_${version.slice(1)} is not set` : false }, async (t) => {
    const results = await run({ bin: bin!, hosts, packageType, slow, globals })
    for (const host of hosts) {
      for (const { major } of SUITES) t.ok(results.some((result) => result.host === host && result.major === major), `${host} has run the cases of ${major}`)
    }
    for (const result of results) check(t, result)
    if (hosts === HOSTS) t.same(exceptions.filter((exception) => !results.some((result) => result.exception === exception)), [], 'every exception is of some case')
  })
}

function check (t: { fail: (message: string) => unknown }, { id, host, major, outcome, exception, differences }: Result): void {
  const where = `${id} on ${host}, Next.js ${major}`
  if (outcome === 'differs') t.fail(`${where}: ${differences.join('\n')}`)
  if (outcome === 'equal' && exception !== undefined) t.fail(`${where} does not differ any more: the exception can go`)
}

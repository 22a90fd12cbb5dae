/** Writes `docs/compatibility.md` from the results of all cases: `npm run compat`. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { compatibilityPage } from './compatibility/page.ts'
import { HOSTS, run } from './results.ts'

const results = await run({ bin: process.execPath, hosts: HOSTS, packageType: 'module', slow: false })
writeFileSync(path.resolve(import.meta.dirname, '../../docs/compatibility.md'), await compatibilityPage(results))
process.exit()

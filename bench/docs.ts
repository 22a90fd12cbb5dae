/** `npx tsx bench/docs.ts RESULT.json…` puts the tables of runs into docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './build.ts'
import { heading, rows, type Result } from './table.ts'

const PAGE = path.join(ROOT, 'docs/performance.md')
const FIGURES = /(?<=<!-- figures -->\n)[^]*(?=<!-- end of figures -->)/

const tables = process.argv.slice(2).map((file) => {
  const result = JSON.parse(readFileSync(file, 'utf8')) as Result
  return `\n### Node.js ${parseInt(result.node)}\n\n${[heading(result), ...result.scenarios.map((scenario) => rows(scenario))].join('\n')}\n`
})
writeFileSync(PAGE, readFileSync(PAGE, 'utf8').replace(FIGURES, () => `${tables.join('')}\n`))

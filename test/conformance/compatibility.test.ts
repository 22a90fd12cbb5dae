import t from 'tap'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { compatibilityPage } from './compatibility/page.ts'
import { HOSTS, run, type Result } from './results.ts'

const results = await run({ bin: process.execPath, hosts: HOSTS, packageType: 'module', slow: false })
const page = await compatibilityPage(results)

const cellsOf = (text: string, row: string) => text.split('\n').find((line) => line.startsWith(`| ${row} |`))!.split('|').slice(2, 6).map((cell) => cell.trim())
const changed = (id: string, outcome: Result['outcome']) => results.map((result) => result.id === id && result.host === 'express 4' ? { ...result, outcome } : result)

t.test('docs/compatibility.md is what the results give', async (t) => {
  t.equal(readFileSync(path.resolve(import.meta.dirname, '../../docs/compatibility.md'), 'utf8'), page, 'npm run compat writes it')
})

t.test('one host that differs in one case is seen', async (t) => {
  t.strictSame(cellsOf(page, '[headers()](#headers)'), ['–', '–', '✓', '✓'])
  t.strictSame(cellsOf(await compatibilityPage(changed('headers-read', 'differs')), '[headers()](#headers)'), ['–', '–', '✗ 3/4', '✗ 3/4'])
  t.strictSame(cellsOf(await compatibilityPage(changed('headers-read', 'exception')), '[headers()](#headers)'), ['–', '–', '✓ 3/4', '✓ 3/4'])
})

t.test('a case that no row names is an error', async (t) => {
  const unknown: Result = { ...results[0]!, id: 'brand-new' }
  await t.rejects(compatibilityPage([...results, unknown]), { message: 'brand-new [' + unknown.feature + '] is in 0 rows of features.ts, and belongs in one' })
})

t.test('a row that names no case is an error', async (t) => {
  await t.rejects(compatibilityPage(results.filter(({ feature }) => feature !== 'headers')), { message: 'features.ts: no case is like /^headers-/' })
})

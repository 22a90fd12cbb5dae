import { SECTIONS, type Row, type Section } from './features.ts'
import { exportRows } from './exports.ts'
import { exceptions, FEATURES, HOSTS, SUITES, type Exception, type Result } from '../results.ts'

/** Several suites were given to one version. */
const VERSIONS = [...new Map(SUITES.map(({ major, version }) => [major, version]))]
const MAJORS = VERSIONS.map(([major]) => major)
const NONE = '–'
const NOT_YET = 'no'

/** What became of one case of one major on all hosts. */
type Outcome = Result['outcome']

/** `docs/compatibility.md`, from the results of every host on one Node.js. */
export async function compatibilityPage (results: Result[]): Promise<string> {
  checkRows(results)
  return [
    '# Compatibility',
    '<!-- Written by `npm run compat` from the results of test/conformance. Do not edit. -->',
    `Real Next.js ${versions()} was given ${count(results)} cases, each a request or a few in a row.
What it answered is compared with what this library answers with \`compat\` set to the major, on ${HOSTS.length} hosts:
${HOSTS.join(', ')}. This page is what came out. How each feature is used is in the
[documentation](../README.md#documentation), the reasons for what is different in [Differences](differences.md).`,
    `- \`✓\`: every answer is that of the major, on every host.
- \`✓ 5/7\`: five of seven cases are; the others are answered otherwise on purpose, on some host at least, and named below the table.
- \`≠\`: all are answered otherwise on purpose.
- \`${NOT_YET}\`: not built, or not compared yet. The last column says what happens instead.
- \`${NONE}\`: this major was not asked. Its route files are served all the same.`,
    '## At a glance',
    table(['', ...MAJORS.map(String)], SECTIONS.map((section) => [link(section.title), ...MAJORS.map((major) => cell(results, section, major))])),
    ...SECTIONS.flatMap((section) => sectionPart(section, results)),
    '## What next/* exports',
    `\`✓\`: this major of Next.js exports the value. The last column is what the same name does here, found by calling it:
\`yes\`, it does its work; \`not yet\`, it throws an error that says so; \`throws\`, it has no meaning in a route handler, and the error
says what to use instead.`,
    ...exportTables(await exportRows())
  ].join('\n\n') + '\n'
}

/** A case without a row would be missing from the page, and a row without cases would say nothing. */
function checkRows (results: Result[]): void {
  for (const { id, feature } of results) {
    const rows = SECTIONS.filter((section) => section.feature === feature).flatMap((section) => section.rows).filter((row) => row.cases.test(id))
    if (rows.length !== 1) throw new Error(`${id} [${feature}] is in ${rows.length} rows of features.ts, and belongs in one`)
  }
  for (const { feature, rows } of SECTIONS) {
    for (const row of rows) {
      if (FEATURES.includes(feature) && !results.some(({ id }) => row.cases.test(id))) throw new Error(`features.ts: no case is like ${row.cases}`)
    }
  }
}

function sectionPart (section: Section, results: Result[]): string[] {
  const rows = section.rows.map((row) => [row.what, ...MAJORS.map((major) => cell(results, section, major, row)), row.here])
  const parts = [`## ${section.title}`, table(['', ...MAJORS.map(String), 'here'], rows)]
  const different = exceptionsOf(results, section.feature)
  if (different.length > 0) parts.push('Otherwise on purpose:', different.join('\n'))
  return parts
}

function cell (results: Result[], { feature }: Section, major: number, row?: Row): string {
  if (!FEATURES.includes(feature)) return NOT_YET
  const outcomes = new Map<string, Outcome>()
  for (const result of results) {
    if (result.feature !== feature || result.major !== major || row?.cases.test(result.id) === false) continue
    outcomes.set(result.id, worse(outcomes.get(result.id), result.outcome))
  }
  if (outcomes.size === 0) return NONE
  const equal = [...outcomes.values()].filter((outcome) => outcome === 'equal').length
  if ([...outcomes.values()].includes('differs')) return `✗ ${equal}/${outcomes.size}`
  return equal === outcomes.size ? '✓' : equal === 0 ? '≠' : `✓ ${equal}/${outcomes.size}`
}

const ORDER: Outcome[] = ['equal', 'exception', 'differs']

function worse (a: Outcome | undefined, b: Outcome): Outcome {
  return a === undefined || ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a
}

/** The exceptions that were met, those of one reason in one line. */
function exceptionsOf (results: Result[], feature: string): string[] {
  const met = new Set(results.filter((result) => result.feature === feature && result.outcome === 'exception').map(({ exception }) => exception))
  const byReason = grouped(exceptions.filter((exception) => met.has(exception)), describe)
  return [...byReason].map(([text, list]) => `- ${text} (${list.map(({ id }) => `\`${id}\``).join(', ')})`)
}

function describe ({ hosts, majors, here, reason }: Exception): string {
  const where = [...(hosts === undefined ? [] : [hosts.join(', ')]), ...(majors === undefined ? [] : [`Next.js ${majors.join(', ')}`])]
  return `${where.length === 0 ? '' : `${where.join(', ')}: `}${here}. Why: ${reason}.`
}

function exportTables (rows: Awaited<ReturnType<typeof exportRows>>): string[] {
  const head = ['', ...MAJORS.map(String), 'here']
  return [...grouped(rows, ({ entry }) => entry)].flatMap(([entry, names]) => [
    `### ${entry}`,
    table(head, names.map(({ name, versions, here }) => [`\`${name}\``, ...VERSIONS.map(([, version]) => versions.includes(version) ? '✓' : NONE), here]))
  ])
}

function table (head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const link = (title: string) => `[${title}](#${title.toLowerCase().replace(/[^\p{L}\d _-]/gu, '').replaceAll(' ', '-')})`
const versions = () => VERSIONS.map(([, version]) => version).join(', ').replace(/, ([^,]*)$/, ' and $1')
const count = (results: Result[]) => new Set(results.map(({ suite, id }) => `${suite} ${id}`)).size

function grouped<Item> (items: Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...groups.get(keyOf(item)) ?? [], item])
  return groups
}

import { MetadataError } from '../errors.ts'
import { Fields } from './fields.ts'

/**
 * The text of a robots.txt, in the order of Next.js.
 * @param data what `robots.ts` returned
 * @throws MetadataError
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/metadata/robots
 */
export function writeRobots (data: unknown, file: string): string {
  const robots = new Fields({ file, way: '' }, data)
  const lines = [...rulesOf(data, file).flatMap(writeRule), ...lineFor('Host', robots.text('host')), ...robots.texts('sitemap').flatMap((url) => lineFor('Sitemap', url))]
  const broken = lines.find((line) => /[\r\n]/.test(line))
  // What follows would be a line of its own: another rule.
  if (broken !== undefined) throw new MetadataError(`${file}: the line ${JSON.stringify(broken)} holds a line break.`)
  return lines.map((line) => line + '\n').join('')
}

function rulesOf (data: unknown, file: string): Fields[] {
  const { rules } = data as { rules?: unknown }
  return Array.isArray(rules)
    ? rules.map((rule: unknown, index) => new Fields({ file, way: `rules[${index}]` }, rule))
    : [new Fields({ file, way: 'rules' }, rules)]
}

/** A rule ends with an empty line. */
function writeRule (rule: Fields): string[] {
  const agents = rule.texts('userAgent')
  const delay = rule.number('crawlDelay', 0)
  const other = rule.object('other')
  return [
    ...(agents.length === 0 ? ['*'] : agents).map((agent) => `User-Agent: ${agent}`),
    ...rule.texts('allow').map((path) => `Allow: ${path}`),
    ...rule.texts('disallow').map((path) => `Disallow: ${path}`),
    ...lineFor('Crawl-delay', delay === '0' ? undefined : delay),
    ...other?.names().flatMap((name) => other.texts(name).map((value) => `${name}: ${value}`)) ?? [],
    ''
  ]
}

const lineFor = (name: string, value: string | undefined): string[] => value === undefined ? [] : [`${name}: ${value}`]

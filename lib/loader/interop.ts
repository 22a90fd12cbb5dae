import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatOf, isInPackage } from './module-format.ts'
import { REGISTRY_SOURCE, SCHEME, hasStandIn } from './served-modules.ts'

/**
 * CommonJS as bundlers give it to ES modules. Node.js gives them the names that it foresees, and as `default` all of
 * `module.exports`; Next.js gives any name there is, and the `default` of what was compiled from an ES module. So
 * `import { debounce } from 'lodash'` and `import NextAuth from 'next-auth'` need a module in between, which Node.js
 * evaluates in its turn. What names it has to have is read in the importer; one too many does no harm. A package that is older than
 * ours which stands in for it gets from there what it lacks.
 */

const BRIDGE = `${SCHEME}commonjs?`

/**
 * The URL of the module in between, or undefined where there is none.
 * @param url what the specifier has been resolved to
 * @param importer the URL of the module that imports it
 */
export function bridgeTo (url: string, specifier: string, importer: string | undefined): string | undefined {
  if (importer?.startsWith('file:') !== true || isInPackage(importer) || !/^file:[^?]*\.c?js$/.test(url)) return undefined
  const file = fileURLToPath(url)
  if (formatOf(file) !== 'commonjs') return undefined
  const { names, isNodeStyle } = readImports(readFileSync(fileURLToPath(importer), 'utf8'), specifier)
  return BRIDGE + new URLSearchParams({ url, names: names.join(), ...(hasStandIn(specifier) ? { lacking: specifier } : {}), ...(isNodeStyle ? { whole: '' } : {}) }).toString()
}

/** The text of a module in between; undefined where the URL is none of one. */
export function bridgeSource (url: string): string | undefined {
  if (!url.startsWith(BRIDGE)) return undefined
  const query = new URLSearchParams(url.slice(BRIDGE.length))
  const from = JSON.stringify(query.get('url'))
  const lacking = query.get('lacking')
  const standIn = lacking === null ? '' : ` ?? ${REGISTRY_SOURCE}[${JSON.stringify(lacking)}]`
  const names = query.get('names')!.split(',').filter((name) => name !== '')
  return [
    `import exported from ${from}`,
    `export * from ${from}`,
    `export default ${query.has('whole') ? 'exported' : "exported?.__esModule && 'default' in exported ? exported.default : exported"}`,
    ...names.map((name, index) => `const name${index} = exported?.${name}${standIn === '' ? '' : `${standIn}.${name}`}\nexport { name${index} as ${name} }`)
  ].join('\n')
}

/** What a module's text takes from a specifier, and whether it expects Node.js's `default`, by looking for `default` in it. */
function readImports (source: string, specifier: string): { names: string[], isNodeStyle: boolean } {
  const quoted = `['"]${specifier.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}['"]`
  const lists = source.matchAll(new RegExp(`\\{([^{}]*)\\}\\s*(?:from\\s*|=\\s*await\\s+import\\s*\\(\\s*)${quoted}`, 'g'))
  const items = [...lists].flatMap(([, list]) => list!.split(',')).map((item) => item.trim().replace(/^type\s+/, ''))
  const names = items.map((item) => /^[\w$]+/.exec(item)?.[0] ?? '')
  const locals = [...source.matchAll(new RegExp(`import\\s+([\\w$]+)\\s*(?:,[^'"]*)?from\\s*${quoted}`, 'g'))].map(([, local]) => local!)
  for (const item of items) if (/^default\s+as\s/.test(item)) locals.push(item.slice(item.lastIndexOf(' ') + 1))
  for (const [, local] of source.matchAll(new RegExp(`\\*\\s*as\\s+([\\w$]+)\\s+from\\s*${quoted}`, 'g'))) {
    names.push(...membersOf(source, local!))
    locals.push(`${local}.default`)
  }
  const isNodeStyle = locals.some((local) => membersOf(source, local).includes('default')) || /\bimport\s*\([^)]*\)\)\.default\.default\b/.test(source)
  return { names: [...new Set(names)].filter((name) => /^[A-Za-z_$]/.test(name) && name !== 'default').sort(), isNodeStyle }
}

/** The names after `local.`. */
function membersOf (source: string, local: string): string[] {
  const members = new RegExp(`(?<![\\w$.])${local.replace(/[.$]/g, '\\$&')}\\??\\.([A-Za-z_$][\\w$]*)`, 'g')
  return [...source.matchAll(members)].map(([, name]) => name!)
}

import { isBuiltin } from 'node:module'

/** How to mend what keeps a file from loading. */
export function mendOf (cause: unknown): string {
  const message = cause instanceof Error ? cause.message : ''
  return missingPackage(message) ?? missingExport(message) ?? 'Correct what the message names; the error itself, with its stack, is the `cause` of this problem.'
}

/** What Next.js projects map by `paths`; no package has such a name. Of an ES module Node.js tells the first part alone. */
const ALIAS = /^[@~](?:\/|$)/

/** What npm takes for a name. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9-][a-z0-9._~-]*$/i

/** As Node.js says it of `import` and of `require()`. Neither names a path here. */
function missingPackage (message: string): string | undefined {
  const specifier = /^Cannot find (?:package|module) '((?!\.{0,2}\/|[A-Za-z]:|file:)[^']+)'/.exec(message)?.[1]
  if (specifier === undefined) return undefined
  const name = packageOf(specifier)
  if (isBuiltin(name)) return `Correct the name: Node.js's own '${name}' has nothing of that name.`
  if (ALIAS.test(specifier) || !PACKAGE.test(name)) return mapped(ALIAS.test(specifier) ? `${specifier[0]}/` : `${name}/`)
  return `Install it: npm install ${name}`
}

const mapped = (start: string): string => `Map '${start}*' by \`compilerOptions.paths\` in the tsconfig.json or jsconfig.json of the application. If it is mapped there, no file is where it leads. Compiled files need the tsconfig.json beside their \`outDir\`.`

const packageOf = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')

/** Types are gone when Node.js looks for what a TypeScript module exports. */
function missingExport (message: string): string | undefined {
  const name = /does not provide an export named '([^']+)' \(.*\.[cm]?tsx?:\d+\)$/.exec(message)?.[1]
  return name === undefined ? undefined : `If ${name} is a type, import it as one: import type { ${name} }. Otherwise, correct the name, or export it there.`
}

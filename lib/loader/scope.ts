import { prepend } from './bind-globals.ts'
import { onlyCode } from './only-code.ts'

/**
 * What CommonJS has in scope, and Next.js's bundlers give to ES modules as well: `require`, `module`, `__dirname` and
 * `__filename`. Here the last two are those of the file, where a bundle has its own.
 */
const VALUES: Record<string, string> = {
  require: '$createRequire(import.meta.url)',
  module: 'new $Module(import.meta.filename)',
  __dirname: 'import.meta.dirname',
  __filename: 'import.meta.filename'
}

/** Gives an ES module what it takes from there. A module that declares such a name itself, or asks for its type, is left alone. */
export const bindScope = (source: string): string => bind(source, Object.keys(VALUES).filter((name) => source.includes(name)))

/** The same for one of a package, by what only few have in their text: taking apart all of them would take too long. */
export const bindPackageScope = (source: string): string => bind(source, Object.keys(IN_PACKAGES).filter((name) => source.includes(IN_PACKAGES[name]!)))

/** Packages that ask for `module` want to know whether they are CommonJS. */
const IN_PACKAGES: Record<string, string> = { require: 'require(', __dirname: '__dirname', __filename: '__filename' }

function bind (source: string, names: string[]): string {
  const likely = names.filter((name) => isUsed(source, name))
  if (likely.length === 0) return source
  const code = onlyCode(source)
  const used = likely.filter((name) => isUsed(code, name) && !isDeclared(code, name))
  if (used.length === 0) return source
  const variables = used.map((name) => `${name} = ${VALUES[name]}`)
  return prepend(source, `import { Module as $Module, createRequire as $createRequire } from 'node:module';var ${variables.join(', ')};`)
}

function isUsed (code: string, name: string): boolean {
  const uses = name === 'module' ? MODULE : new RegExp(`(?<![\\w$.])${name}(?![\\w$]|\\s*:)|\\?\\s*${name}\\s*:`)
  return uses.test(code)
}

/** Too ordinary a word to be taken for a use wherever it stands. */
const MODULE = /(?<![\w$.])module(?:\?*\.[a-z]|\s*[!=]==?)|[!=]==?\s*module(?![\w$])/

function isDeclared (code: string, name: string): boolean {
  return [
    `\\btypeof\\s+${name}(?![\\w$]|\\s*[.(])`,
    `(?<!\\bdeclare\\s+)\\b(?:const|let|var|class|function)\\b[\\s*]*${name}(?![\\w$])`,
    `\\b(?:const|let|var)\\s*(?:\\{[^}]*|\\[[^\\]]*)(?<![\\w$.])${name}(?![\\w$]|\\s*:)[^}\\]]*[}\\]]`,
    `,\\s*${name}\\s*=(?!=)`,
    `\\b(?:const|let)\\b[^;(){}[\\]]*,\\s*${name}\\s*(?![\\w$.([])`,
    `\\bimport\\b[^'"();]*(?<![\\w$])${name}(?![\\w$]|\\s+as\\b)[^'"();]*\\bfrom\\b`
  ].some((pattern) => new RegExp(pattern).test(code))
}

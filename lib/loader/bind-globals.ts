import { GLOBALS, REGISTRY_SOURCE } from './served-modules.ts'

/**
 * Binds free names of a module (`Response`, `Request`, `fetch`) to those that are served as `globals`. Lines keep their
 * numbers. A module that already runs must go on running with the same meaning: in doubt a name is left alone.
 */

/**
 * Which names are bound in a file. Packages keep the ordinary ones, which are right there and only slower, except where
 * the ordinary `Request` cannot take a received one.
 */
export function namesFor (fileOrUrl: string, globals: readonly string[]): readonly string[] {
  if (/[\\/](?:node_modules[\\/]next|\.next)[\\/]/.test(fileOrUrl)) return []
  if (!/[\\/]node_modules[\\/]/.test(fileOrUrl)) return globals
  return globals.includes('Request') ? globals.filter((name) => name !== 'Response') : []
}

/**
 * An ES module gets an import, which is there before its body runs: in a circle of imports others may call its functions by
 * then. One that imports nothing is in no circle, and a variable is resolved in no time.
 */
export function bindModule (source: string, names: readonly string[]): string {
  if (!/\bimport\b|\bfrom\b/.test(source)) return bindUnhooked(source, names)
  return bind(source, names, (list) => `import { ${list} } from '${GLOBALS}';`)
}

/** One that `require()` loads gets variables on Node.js 20, which asks no hooks for what it imports. */
export function bindUnhooked (source: string, names: readonly string[]): string {
  return bind(source, names, (list) => `var { ${list} } = ${REGISTRY_SOURCE}.globals;`)
}

function bind (source: string, names: readonly string[], statement: (list: string) => string): string {
  const used = names.filter((name) => isUsedFreely(source, name))
  return used.length === 0 ? source : prepend(source, statement(used.join(', ')))
}

/** Puts a statement in front of an ES module, on its first line. */
export function prepend (source: string, statement: string): string {
  const hashbang = /^#!.*\n/.exec(source)?.[0] ?? ''
  return hashbang + statement + source.slice(hashbang.length)
}

/**
 * A CommonJS module gets a function around it with the names as parameters, and one more inside, so that whatever it
 * declares itself is in an inner scope.
 */
export function bindScript (source: string, names: readonly string[]): string {
  const used = names.filter((name) => source.includes(name))
  // Node.js may find out only later that a file is an ES module, by its syntax.
  if (used.length === 0 || /(?:^|[;}/])\s*(?:import\b\s*[\w${*'"]|export\b\s*[\w{*])/m.test(source)) return source
  const values = used.map((name) => `${REGISTRY_SOURCE}.globals.${name}`)
  return `(function (${used.join(', ')}) { return function () {${source.replace(/^#!/, '//')}\n} })(${values.join(', ')}).apply(this, arguments)`
}

/** Whether a module uses a name, and in every place as something that is not declared there. */
function isUsedFreely (source: string, name: string): boolean {
  if (!source.includes(name)) return false
  const code = source.replace(COMMENT_LINE, '')
  let used = false
  for (const { index } of code.matchAll(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'g'))) {
    const before = code.slice(Math.max(0, index - CONTEXT), index).trimEnd()
    const after = code.slice(index + name.length, index + name.length + CONTEXT).trimStart()
    if (isProperty(before, after)) continue
    if (!isUse(before, after)) return false
    used = true
  }
  return used
}

/** Lines that are comments from end to end; a method `* name () {` is not. */
const COMMENT_LINE = /^#!.*$|^[ \t]*(?:\/\/.*|\/\*(?:[^*\n]|\*(?!\/))*(?:\*\/[ \t]*)?|\*(?![ \t]*[\w$]+[ \t]*\()(?:[^*\n]|\*(?!\/))*(?:\*\/[ \t]*)?)$/gm

/** How much text around a name is looked at. */
const CONTEXT = 400

function isProperty (before: string, after: string): boolean {
  if (before.endsWith('.')) return !before.endsWith('...')
  return /[{,]$/.test(before) && after.startsWith(':')
}

/** Words that stand in front of an expression or a type. */
const WORDS = new Set(['await', 'case', 'else', 'extends', 'implements', 'in', 'instanceof', 'is', 'keyof', 'new', 'of', 'return', 'satisfies', 'throw', 'typeof', 'void', 'yield'])

function isUse (before: string, after: string): boolean {
  if (/^=(?![=>])/.test(after)) return before.endsWith(':') && opener(before) === ''
  const word = /[\w$]+$/.exec(before)?.[0]
  // `import { x as Response }`
  if (word === 'as') return !/^[,}]/.test(after)
  if (word !== undefined) return WORDS.has(word)
  const last = before.at(-1)
  // `function * fetch ()`, and a comment in between
  if (last === '*' || last === '/') return false
  if (/^[.(]/.test(after)) return true
  switch (last) {
    // A type, a value, or the new name in a destructuring.
    case ':': return opener(before) !== '{' || /^[;<|&[]/.test(after)
    case ',': return opener(before) === '(' || after.startsWith('>')
    case '[': case '{': case '}': case ')': case ';': case undefined: return false
    default: return true
  }
}

/** The bracket that text is in; '' for none. */
function opener (before: string): string {
  let depth = 0
  for (let index = before.length - 1; index >= 0; index--) {
    const character = before[index]!
    if (')]}'.includes(character)) depth++
    else if ('([{'.includes(character) && depth-- === 0) return character
  }
  return ''
}

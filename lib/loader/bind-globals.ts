import { isInPackage } from './module-format.ts'
import { onlyCode } from './only-code.ts'
import { GLOBALS, INSIDE_NEXT, REGISTRY_SOURCE } from './served-modules.ts'

/**
 * Binds free names of a module (`Response`, `Request`, `fetch`) to those that are served as `globals`. Lines keep their
 * numbers. A module that already runs must go on running with the same meaning: in doubt a name is left alone.
 */

/**
 * Which names are bound in a file. Packages keep the ordinary ones, which are right there and only slower, except where
 * the ordinary `Request` cannot take a received one.
 */
export function namesFor (fileOrUrl: string, globals: readonly string[]): readonly string[] {
  if (INSIDE_NEXT.test(fileOrUrl)) return []
  if (!isInPackage(fileOrUrl)) return globals
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
  const looked = new Source(source)
  const used = names.filter((name) => isUsedFreely(looked, name))
  return used.length === 0 ? source : prepend(source, statement(used.join(', ')))
}

class Source {
  readonly text: string
  #code: string | undefined

  constructor (text: string) {
    this.text = text
  }

  get code (): string { return this.#code ??= onlyCode(this.text) }
}

/** Puts a statement in front of an ES module, on its first line. */
export function prepend (source: string, statement: string): string {
  const hashbang = /^#![^\n]*\n/.exec(source)?.[0] ?? ''
  return hashbang + statement + source.slice(hashbang.length)
}

/**
 * A CommonJS module gets a function around it with the names as parameters, and one more inside, so that whatever it
 * declares itself is in an inner scope.
 */
export function bindScript (source: string, names: readonly string[]): string {
  const used = names.filter((name) => source.includes(name))
  // Node.js may find out only later that a file is an ES module, by its syntax.
  if (used.length === 0 || (MODULE_SYNTAX.test(source) && MODULE_SYNTAX.test(onlyCode(source)))) return source
  const values = used.map((name) => `${REGISTRY_SOURCE}.globals.${name}`)
  return `(function (${used.join(', ')}) { return function () {${source.replace(/^#!/, '//')}\n} })(${values.join(', ')}).apply(this, arguments)`
}

/** Where a statement may begin, on one line with others, too. */
const MODULE_SYNTAX = /(?:^|[;}/])\s*(?:import\b\s*[\w${*'"]|export\b\s*[\w{*])/m

/** Whether a module uses a name, and in every place as something that is not declared there. */
function isUsedFreely (source: Source, name: string): boolean {
  if (!source.text.includes(name)) return false
  const plain = isPlainlyUsed(source.text, name)
  if (plain !== undefined) return plain
  const { code } = source
  let used = false
  for (const { index } of code.matchAll(wholeWord(name))) {
    const before = code.slice(Math.max(0, index - CONTEXT), index)
    const after = code.slice(index + name.length, index + name.length + CONTEXT).trimStart()
    if (isProperty(before.trimEnd(), after)) continue
    if (!isUse(before, after)) return false
    used = true
  }
  return used
}

const wholeWord = (name: string): RegExp => new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'g')

/**
 * What most modules are content with, for taking a text apart costs as much as all the rest: nothing that is written in
 * these ways declares a name, be it code or the words of a string.
 * @returns undefined where some place is written in another way
 */
function isPlainlyUsed (text: string, name: string): boolean | undefined {
  let used = false
  for (const { index } of text.matchAll(wholeWord(name))) {
    const before = text.slice(Math.max(0, index - 12), index)
    if (/(?:^|[^.])\.$/.test(before)) continue
    if (!isPlainUse(before, text.slice(index + name.length, index + name.length + 2))) return undefined
    used = true
  }
  return used
}

function isPlainUse (before: string, after: string): boolean {
  if (/\b(?:await|extends|instanceof|new|return|throw) $/.test(before)) return true
  switch (after[0]) {
    case '.': return after !== '..' && !before.endsWith('.')
    case '(': return /[!&(=?|>] ?$/.test(before)
    case ')': return before.endsWith(': ')
    case '>': return before.endsWith('<')
    default: return false
  }
}

/** How much code around a name is looked at. */
const CONTEXT = 1000

function isProperty (before: string, after: string): boolean {
  if (before.endsWith('.')) return !before.endsWith('...')
  return /[{,]$/.test(before) && after.startsWith(':')
}

/** Words that stand in front of an expression or a type. */
const WORDS = new Set(['async', 'await', 'case', 'default', 'else', 'extends', 'implements', 'in', 'instanceof', 'is', 'keyof', 'new', 'of', 'return', 'satisfies', 'throw', 'typeof', 'void', 'yield'])

/** Words that stand in front of what they declare, on the line before it, too. */
const DECLARING = new Set(['class', 'const', 'enum', 'function', 'import', 'interface', 'let', 'module', 'namespace', 'type', 'using', 'var'])

function isUse (textBefore: string, after: string): boolean {
  const before = textBefore.trimEnd()
  if (/^(?:\?\?|\|\||&&)?=(?![=>])/.test(after)) return before.endsWith(':') && (opener(before) !== '{' || ANNOTATED.test(before))
  const word = /[\w$]+$/.exec(before)?.[0]
  // `import { x as Response }`, `import * as Response`
  if (word === 'as') return !/\*\s*as$/.test(before) && !(/^[,}]/.test(after) && isInPattern(after))
  if (word !== undefined) return WORDS.has(word) || (!DECLARING.has(word) && textBefore.slice(before.length).includes('\n'))
  const last = before.at(-1)
  // `function * fetch ()`
  if (last === '*' || last === '/') return false
  if (/^[.(]/.test(after)) return true
  switch (last) {
    // A type, a value, or the new name in a destructuring.
    case ':': return opener(before) !== '{' || ANNOTATED.test(before) || /^[;<|&[]/.test(after) || !isInPattern(after)
    case ',': return after.startsWith('>') || (opener(before) !== '' && !isInPattern(after))
    case '[': case '{': return !isInPattern(after)
    case '}': case ')': case ';': case undefined: return false
    default: return true
  }
}

/** A variable with its type. */
const ANNOTATED = /\b(?:const|let|var)\s+[\w$]+\s*:$/

/** The bracket that code is in; '' for none. */
function opener (before: string): string {
  let depth = 0
  for (let index = before.length - 1; index >= 0; index--) {
    const character = before[index]!
    if (')]}'.includes(character)) depth++
    else if ('([{'.includes(character) && depth-- === 0) return character
  }
  return ''
}

/**
 * Whether a name is in a list that declares or assigns: `const { a: [fetch] } = x`, `import { fetch } from 'x'`. One whose
 * end is too far away may be such a list.
 * @param after the code behind the name, which is in brackets
 */
function isInPattern (after: string): boolean {
  let depth = 0
  for (let index = 0; index < after.length; index++) {
    const character = after[index]!
    if ('([{'.includes(character)) depth++
    else if (depth > 0) depth -= ')]}'.includes(character) ? 1 : 0
    else if (character === ')' || character === ';') return false
    else if (character === ']' || character === '}') {
      const rest = after.slice(index + 1).trimStart()
      if (/^(?:=(?![=>])|:|(?:from|of|in)(?![\w$]))/.test(rest)) return true
      // Then it is no part of another list.
      if (!/^[,}\]]/.test(rest)) return false
    }
  }
  return true
}

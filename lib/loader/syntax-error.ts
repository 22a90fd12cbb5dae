import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatOf, isInPackage } from './module-format.ts'
import { resolveInApp } from './resolve.ts'

/**
 * Where a syntax error is. Of an ES module Node.js keeps file and line to itself, and tells them only where the error ends a
 * process. So a process is started that ends with it. It takes its time, but only where the start fails anyway.
 */

interface ErrorPlace {
  /** File and line, or the file alone. */
  at: string
  file: string
  /** The line of code and the mark below it, as in front of the stacks that Node.js completes. */
  excerpt?: string
}

const seen = new WeakSet<Error>()
const located = new WeakSet<Error>()

/** Whether a syntax error says in which file it is. Node.js may make one for each module that imports the wrong one. */
export const isLocated = (error: unknown): error is SyntaxError => error instanceof SyntaxError && located.has(error)

/** Puts file and line into the message of a syntax error, and in front of its stack, where they are missing. */
export function locate (error: unknown, file: string): unknown {
  // What code of the application has thrown, by `JSON.parse()` perhaps, is in no module's text.
  if (!(error instanceof SyntaxError) || seen.has(error) || isThrownByCode(error)) return error
  seen.add(error)
  const place = placeIn(error.stack) ?? search(file, error.message)
  if (place === undefined) return error
  located.add(error)
  const { stack } = error
  error.message += ` (${place.at})`
  if (place.excerpt !== undefined) error.stack = `${place.excerpt}\n\n${stack}`
  return error
}

/** Node.js completes the stack of scripts, of types that it cannot strip, and of imports that find no export. */
function placeIn (stack = ''): ErrorPlace | undefined {
  const [, file, line] = /^((?:file:|\/|[A-Za-z]:\\).*):(\d+)\n/.exec(stack) ?? []
  if (file === undefined) return undefined
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  return { at: `${path}:${line}`, file: path }
}

/** Our own code is in the stacks of all of them. */
const OWN = new URL('..', import.meta.url)

function isThrownByCode ({ stack = '' }: Error): boolean {
  const frames = stack.split('\n').filter((line) => /^\s+at .*[/\\]/.test(line))
  return frames.some((frame) => !/\bnode:|[/\\]node_modules[/\\]/.test(frame) && !frame.includes(OWN.href) && !frame.includes(fileURLToPath(OWN)))
}

/** What was found, by file and message. */
const found = new Map<string, ErrorPlace>()

/** Each takes some time, and a start may fail for many files. */
const MOST_SEARCHES = 20
let searches = 0

function search (file: string, message: string): ErrorPlace | undefined {
  const modules: Array<[file: string, source: string]> = []
  try {
    for (const [path, source] of filesFrom(file)) {
      const place = found.get(`${path} ${message}`)
      if (place !== undefined) return place
      if (path.endsWith('.json') && !isJson(source)) return { at: path, file: path }
      if (/\.m?js$/.test(path) && formatOf(path, source) === 'module') modules.push([path, source])
    }
    if (searches++ >= MOST_SEARCHES) return undefined
    const place = compileAll(modules, message)
    if (place !== undefined) found.set(`${place.file} ${message}`, place)
    return place
  } catch {
    // Where a file has gone, or the process may start no other, it is the message alone, as Node.js gives it.
    return undefined
  }
}

const SPECIFIERS = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])([^'"\n]+)\1/g

/** A file of the application and those that it imports, each once. */
function * filesFrom (file: string, known = new Set<string>()): Generator<[file: string, source: string]> {
  if (known.has(file) || isInPackage(file)) return
  known.add(file)
  const source = readFileSync(file, 'utf8')
  yield [file, source]
  for (const [, , specifier] of source.matchAll(SPECIFIERS)) {
    const imported = resolveInApp(specifier!, file)
    if (imported !== undefined) yield * filesFrom(imported, known)
  }
}

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const COMPILE = `
  const [message, modules] = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
  for (const [identifier, source] of modules) {
    try {
      new (require('node:vm').SourceTextModule)(source, { identifier })
    } catch (error) {
      if (error.message === message) throw error
    }
  }`

/** Compiles modules elsewhere, and reads where the first one of them that fails so is wrong. */
function compileAll (modules: Array<[file: string, source: string]>, message: string): ErrorPlace | undefined {
  const { stderr } = spawnSync(process.execPath, ['--no-warnings', '--experimental-vm-modules', '-e', COMPILE], {
    input: JSON.stringify([message, modules]),
    encoding: 'utf8',
    timeout: 10_000,
    env: { ...process.env, NODE_OPTIONS: '' }
  })
  const place = placeIn(stderr)
  return place === undefined ? undefined : { ...place, excerpt: stderr.split('\n').slice(0, 3).join('\n') }
}

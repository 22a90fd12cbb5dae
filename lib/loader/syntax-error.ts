import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatOf, isInPackage } from './module-format.ts'
import { resolveInApp } from './resolve.ts'

/**
 * Where a syntax error is. Of an ES module Node.js keeps file and line to itself, and tells them only where the error ends a
 * process. So a process is started that ends with it. It takes its time, but only where the start fails anyway.
 */

interface Place {
  /** File and line, or the file alone. */
  at: string
  /** The line of code and the mark below it, as in front of the stacks that Node.js completes. */
  excerpt?: string
}

const seen = new WeakSet<Error>()

/** Puts file and line into the message of a syntax error, and in front of its stack, where they are missing. */
export function locate (error: unknown, file: string): unknown {
  // Node.js gives the same error each time that a module is asked for.
  if (!(error instanceof SyntaxError) || seen.has(error)) return error
  seen.add(error)
  const place = placeIn(error.stack) ?? search(file, error.message)
  if (place === undefined) return error
  const { stack } = error
  error.message += ` (${place.at})`
  if (place.excerpt !== undefined) error.stack = `${place.excerpt}\n\n${stack}`
  return error
}

/** Node.js completes the stack of scripts, of types that it cannot strip, and of imports that find no export. */
function placeIn (stack = ''): Place | undefined {
  const [, file, line] = /^((?:file:|\/|[A-Za-z]:\\).*):(\d+)\n/.exec(stack) ?? []
  return file === undefined ? undefined : { at: `${file.startsWith('file:') ? fileURLToPath(file) : file}:${line}` }
}

function search (file: string, message: string): Place | undefined {
  const modules: Array<[file: string, source: string]> = []
  try {
    for (const [found, source] of filesFrom(file)) {
      if (found.endsWith('.json') && !isJson(source)) return { at: found }
      if (/\.m?js$/.test(found) && formatOf(found, source) === 'module') modules.push([found, source])
    }
    return compileAll(modules, message)
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
function compileAll (modules: Array<[file: string, source: string]>, message: string): Place | undefined {
  const { stderr } = spawnSync(process.execPath, ['--no-warnings', '--experimental-vm-modules', '-e', COMPILE], {
    input: JSON.stringify([message, modules]),
    encoding: 'utf8',
    timeout: 10_000,
    env: { ...process.env, NODE_OPTIONS: '' }
  })
  const place = placeIn(stderr)
  return place === undefined ? undefined : { ...place, excerpt: stderr.split('\n').slice(0, 3).join('\n') }
}

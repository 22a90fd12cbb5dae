import { readFileSync } from 'node:fs'
import module from 'node:module'
import { types } from 'node:util'
import { isModule, readModule } from './app-modules.ts'
import { bindModule, bindScript, bindUnhooked, namesFor } from './bind-globals.ts'
import { refuseDirectives } from './directives.ts'
import { mayHoldJsx, toCommonJs } from './compile.ts'
import { noteFetchedFiles } from './fetched-files.ts'
import { formatOf, isInPackage } from './module-format.ts'
import { resolveByConfig, resolveLoosely } from './resolve.ts'
import { bindScope } from './scope.ts'
import { complete, globalNames, served, servedName, standIn } from './served-modules.ts'

/**
 * `require()`. Hooks of Node.js do not see all of it (none on Node.js 20, and compiling loaders go round them), so the
 * four functions of its loader that such loaders go through are wrapped. They are wrapped once for the process and
 * switched, since others may wrap them again on top of ours.
 */

interface Module { filename?: string | null, exports: unknown, loaded: boolean, _compile: Compile }
type Compile = (this: Module, content: string, filename: string, ...rest: unknown[]) => unknown
type Extension = (module: Module, filename: string) => unknown
interface Internals {
  _cache: Record<string, Module | undefined>
  _extensions: Record<string, Extension | undefined>
  _load: (request: string, parent: Module | undefined, isMain: boolean) => unknown
  _resolveFilename: (request: string, parent: Module | undefined, ...rest: unknown[]) => string
  prototype: Module
}
const internals = module as unknown as Internals

/** Whether hooks see what `require()` loads (Node.js 22.15 and later). */
const hasSyncHooks = typeof (module as { registerHooks?: unknown }).registerHooks === 'function'

let wrapped = false
let active = false

/** @returns what switches it off */
export function switchRequire (on: boolean): () => void {
  active = on
  if (!wrapped) wrap()
  wrapped = true
  const takeBack = takeExtensions()
  return () => {
    active = false
    takeBack()
  }
}

function wrap (): void {
  const { _load: load, _resolveFilename: resolve } = internals
  const { _compile: compile } = internals.prototype

  internals._load = function (this: unknown, request, parent, isMain) {
    const importer = parent?.filename ?? undefined
    const name = active && typeof request === 'string' ? servedName(request, importer) : undefined
    if (name !== undefined) return served(name)
    try {
      const exported = load.call(this, request, parent, isMain)
      return active ? complete(request, exported, importer) : exported
    } catch (error) {
      const runtime = active ? standIn(request, error, importer) : undefined
      if (runtime === undefined) throw error
      return served(runtime)
    }
  }

  internals._resolveFilename = function (this: unknown, request, parent, ...rest) {
    const importer = active ? parent?.filename : undefined
    if (importer == null) return resolve.call(this, request, parent, ...rest)
    const mapped = resolveByConfig(request, importer)
    if (mapped !== undefined) return mapped
    try {
      return resolve.call(this, request, parent, ...rest)
    } catch (error) {
      const found = resolveLoosely(request, importer, error)
      if (found === undefined) throw error
      return found
    }
  }

  internals.prototype._compile = function (content, filename, ...rest) {
    const isScript = active && typeof content === 'string' && !isModule(rest[0])
    if (isScript && !isInPackage(filename)) refuseDirectives(content, filename)
    return compile.call(this, isScript ? bindScript(content, namesFor(filename, globalNames())) : content, filename, ...rest)
  }
}

/** Whether a compiling loader runs in this process: Node.js itself has no handler for `.tsx`. */
export const hasCompilingLoader = (): boolean => internals._extensions['.tsx'] !== undefined

/** The files of the application that are loaded as CommonJS, and the names that they export. */
export function loadedScripts (): Record<string, string[]> {
  const files = Object.entries(internals._cache).filter(([file, loaded]) => !isInPackage(file) && loaded?.loaded === true && !types.isModuleNamespaceObject(loaded.exports))
  return Object.fromEntries(files.map(([file, loaded]) => [file, Object.keys(Object(loaded!.exports) as object)]))
}

/** What `require()` does with each kind of file. Its keys are visible, so they are really taken back. */
function takeExtensions (): () => void {
  const taken = ['.js', '.mjs', '.cjs', '.ts', '.tsx', '.mts', '.cts', '.jsx'].map((extension) => {
    const previous = internals._extensions[extension]
    const fallback = previous ?? internals._extensions['.js']!
    const handler: Extension = (module, filename) => loadFile(module, filename, fallback)
    internals._extensions[extension] = handler
    return () => {
      if (internals._extensions[extension] !== handler) return
      if (previous === undefined) delete internals._extensions[extension]
      else internals._extensions[extension] = previous
    }
  })
  return () => { for (const takeBack of taken) takeBack() }
}

function loadFile (module: Module, filename: string, fallback: Extension): unknown {
  const unhooked = active && !hasSyncHooks ? readUnhooked(filename) : undefined
  if (unhooked !== undefined) return module._compile(unhooked, filename, 'commonjs')
  const read = active ? readModule(filename) : undefined
  if (read === undefined || (read.format === 'commonjs' && !read.compiled)) return fallback(module, filename)
  refuseDirectives(read.source, filename)
  // An ES module stays the instance that `import` gives, which a compiling loader would not see to.
  const bind = hasSyncHooks ? bindModule : bindUnhooked
  return module._compile(isModule(read.format) ? bind(noteFetchedFiles(bindScope(read.source)), namesFor(filename, globalNames())) : read.source, filename, read.format)
}

/**
 * Node.js 20 shows no hook the imports of an ES module that `require()` is the first to reach. One that imports what we
 * serve is made CommonJS, which `import` would be given once more.
 */
function readUnhooked (file: string): string | undefined {
  if (/\.(?:cjs|cts|json|node)$/.test(file)) return undefined
  const source = readFileSync(file, 'utf8')
  const needsUs = /['"](?:next\/(?:server|headers|navigation|cache|og)(?:\.js)?|server-only)['"]/.test(source) || (holdsJsx(file, source) && !hasReact(file))
  return needsUs && formatOf(file, source) === 'module' ? toCommonJs(file, source) : undefined
}

const holdsJsx = (file: string, source: string): boolean => file.endsWith('x') || (file.endsWith('js') && mayHoldJsx(source))

function hasReact (file: string): boolean {
  try {
    module.createRequire(file).resolve('react/jsx-runtime')
    return true
  } catch {
    return false
  }
}

import module from 'node:module'
import { bindModule, bindScript, namesFor } from './bind-globals.ts'
import { asWritten } from './module-kind.ts'
import { loadTypeScript, resolveWithoutExtension } from './typescript.ts'
import { SCHEME, registered, serve, served, servedName, sourceOf, textOf, type ServedModules } from './served-modules.ts'

/**
 * Module hooks: `next/server` and the like are served by us, for ES modules and for CommonJS.
 * On Node.js 22.15+ `module.registerHooks` sees ES modules, and can be taken back. Before that, hooks for ES modules run
 * on a thread of their own and stay for good, so they carry a switch. CommonJS is caught at `Module._load` everywhere:
 * that is the one place which compiling loaders leave alone.
 */

interface SyncHooks { deregister (): void }
interface SyncHookFunctions {
  resolve: (specifier: string, context: { parentURL?: string }, next: (specifier: string, context?: object) => module.ResolveFnOutput) => module.ResolveFnOutput
  load: (url: string, context: module.LoadHookContext, next: (url: string, context?: object) => module.LoadFnOutput) => module.LoadFnOutput
}
interface ModuleInternals {
  _load: (request: string, parent: { filename?: string | null } | undefined, isMain: boolean) => unknown
  registerHooks?: (hooks: SyncHookFunctions) => SyncHooks
}
const internals = module as unknown as ModuleInternals

/** Whether this Node.js runs module hooks on the main thread, and strips types itself. */
export const hasSyncHooks = typeof internals.registerHooks === 'function'

let users = 0
let takeBack: (() => void) | undefined

/**
 * Installs the hooks for the process, once for all users.
 * @returns what takes them back when the last user is gone
 */
export function installHooks (modules: ServedModules): () => void {
  serve(modules)
  if (users++ === 0) takeBack = install()
  let released = false
  return () => {
    if (released) return
    released = true
    if (--users === 0) takeBack?.()
  }
}

function install (): () => void {
  const installed = [hasSyncHooks ? installSyncHooks() : switchThreadHooks(true), switchRequirePatches(true)]
  return () => { for (const takeBack of installed) takeBack() }
}

const has = (name: string): boolean => served(name) !== undefined

function installSyncHooks (): () => void {
  const hooks = internals.registerHooks!({
    resolve (specifier, context, next) {
      const name = servedName(specifier, context.parentURL, has)
      if (name !== undefined) return { url: SCHEME + name, format: 'module', shortCircuit: true }
      try {
        return resolveWithoutExtension(specifier, context, next)
      } catch (error) {
        if (!specifier.startsWith('react/jsx') || !has(specifier)) throw error
        return { url: SCHEME + specifier, format: 'module', shortCircuit: true }
      }
    },
    load (url, context, next) {
      if (url.startsWith(SCHEME)) {
        const name = url.slice(SCHEME.length)
        return { format: 'module', source: sourceOf(name, Object.keys(served(name)!)), shortCircuit: true }
      }
      return withGlobals(url, asWritten(url, loadTypeScript(url, context, next)))
    }
  })
  return () => { hooks.deregister() }
}

/** Binds globals in an ES module. */
function withGlobals (url: string, loaded: module.LoadFnOutput): module.LoadFnOutput {
  if (!url.startsWith('file:') || !String(loaded.format).startsWith('module') || loaded.source == null) return loaded
  const source = textOf(loaded.source)
  const bound = bindModule(source, namesFor(url, globalNames()))
  return bound === source ? loaded : { ...loaded, source: bound }
}

const globalNames = (): string[] => Object.keys(served('globals') ?? {})

type Compile = (content: string, filename: string, ...rest: unknown[]) => unknown

let patched = false
let patchesActive = false

/**
 * CommonJS: `require()` of served names is answered, and whatever has compiled a module, its text passes by `_compile`.
 * Both are wrapped once for the process and switched, since others may wrap them again on top of ours.
 */
function switchRequirePatches (on: boolean): () => void {
  patchesActive = on
  if (!patched) {
    patched = true
    const { prototype } = module as unknown as { prototype: { _compile: Compile } }
    const { _load: load } = internals
    const { _compile: compile } = prototype
    internals._load = function (this: unknown, request, parent, isMain) {
      const name = patchesActive && typeof request === 'string' ? servedName(request, parent?.filename ?? undefined, has) : undefined
      return name === undefined ? load.call(this, request, parent, isMain) : served(name)
    }
    prototype._compile = function (this: unknown, content, filename, ...rest) {
      const isScript = patchesActive && typeof content === 'string' && rest[0] !== 'module'
      return compile.call(this, isScript ? bindScript(content, namesFor(filename, globalNames())) : content, filename, ...rest)
    }
  }
  return () => { patchesActive = false }
}

let threadSwitch: Int32Array | undefined

function switchThreadHooks (on: boolean): () => void {
  if (threadSwitch === undefined) {
    threadSwitch = new Int32Array(new SharedArrayBuffer(4))
    const names = Object.fromEntries(servedNames().map((name) => [name, Object.keys(served(name)!)]))
    module.register('./hooks-thread.js', { parentURL: import.meta.url, data: { names, active: threadSwitch } })
  }
  Atomics.store(threadSwitch, 0, on ? 1 : 0)
  return () => { switchThreadHooks(false) }
}

/** What is served at any time; React's runtime only stands in for a missing one. */
function servedNames (): string[] {
  return Object.keys(registered()).filter((name) => !name.startsWith('react/'))
}

import { readFileSync } from 'node:fs'
import module from 'node:module'
import { bindGlobals, isApplication } from './bind-globals.ts'
import { loadTypeScript, resolveWithoutExtension } from './typescript.ts'
import { SCHEME, serve, served, servedName, sourceOf, type ServedModules } from './served-modules.ts'

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
  const installed = hasSyncHooks ? [installSyncHooks()] : [switchThreadHooks(true), installCompileHook()]
  installed.push(installRequireHook())
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
      return withGlobals(url, loadTypeScript(url, context, next))
    }
  })
  return () => { hooks.deregister() }
}

/** Binds globals in the modules of the application, where there are globals to bind. */
function withGlobals (url: string, loaded: module.LoadFnOutput): module.LoadFnOutput {
  if (!url.startsWith('file:') || !isApplication(url) || !/^(?:module|commonjs)/.test(String(loaded.format))) return loaded
  const source = String(loaded.source ?? readFileSync(new URL(url), 'utf8'))
  const bound = bindGlobals(source, String(loaded.format).startsWith('module'), globalNames())
  return bound === source ? loaded : { ...loaded, source: bound }
}

const globalNames = (): string[] => Object.keys(served('globals') ?? {})

/** The same for CommonJS where no load hook sees it: whatever has compiled a module, its text passes here. */
function installCompileHook (): () => void {
  const { prototype } = module as unknown as { prototype: { _compile: (content: string, filename: string, ...rest: unknown[]) => unknown } }
  const original = prototype._compile
  let active = true
  const hook: typeof original = function (this: unknown, content, filename, ...rest) {
    const source = active && typeof content === 'string' && isApplication(filename) ? bindGlobals(content, false, globalNames()) : content
    return original.call(this, source, filename, ...rest)
  }
  prototype._compile = hook
  return () => {
    active = false
    if (prototype._compile === hook) prototype._compile = original
  }
}

function installRequireHook (): () => void {
  const original = internals._load
  let active = true
  const hook: ModuleInternals['_load'] = function (this: unknown, request, parent, isMain) {
    const name = active && typeof request === 'string' ? servedName(request, parent?.filename ?? undefined, has) : undefined
    return name === undefined ? original.call(this, request, parent, isMain) : served(name)
  }
  internals._load = hook
  return () => {
    active = false
    // Somebody may have wrapped ours since; then it stays, inert.
    if (internals._load === hook) internals._load = original
  }
}

let threadSwitch: Int32Array | undefined

function switchThreadHooks (on: boolean): () => void {
  if (threadSwitch === undefined) {
    threadSwitch = new Int32Array(new SharedArrayBuffer(4))
    const names = Object.fromEntries(servedNames().map((name) => [name, Object.keys(served(name)!)]))
    module.register('./hooks-thread.js', { parentURL: import.meta.url, data: { names, globals: globalNames(), active: threadSwitch } })
  }
  Atomics.store(threadSwitch, 0, on ? 1 : 0)
  return () => { switchThreadHooks(false) }
}

function servedNames (): string[] {
  return ['server', 'headers', 'navigation', 'cache', 'og'].flatMap((name) => [`next/${name}`, `fastify-app-routes/${name}`]).concat('server-only').filter(has)
}

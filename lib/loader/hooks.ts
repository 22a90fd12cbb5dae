import module from 'node:module'
import { ForeignLoaderError } from '../errors.ts'
import { loadOwn, resolveAfter, resolved, resolveOwn, withGlobals } from './import.ts'
import { setCompilesToCommonJs } from './module-format.ts'
import { hasCompilingLoader, loadedScripts, switchRequire } from './require.ts'
import { registered, serve, type ServedModules } from './served-modules.ts'

/**
 * Module hooks: `next/server` and the like are served by us, for ES modules and for CommonJS (`require.ts`), and modules
 * of the application are resolved and compiled as Next.js does it. On Node.js 22.15+ `module.registerHooks` sees ES
 * modules, and can be taken back. Before that, hooks for ES modules run on a thread of their own and stay for good, so
 * they carry a switch.
 */

interface SyncHooks { deregister (): void }
interface SyncHookFunctions {
  resolve: (specifier: string, context: { parentURL?: string, conditions: string[] }, next: (specifier: string, context?: object) => module.ResolveFnOutput) => module.ResolveFnOutput
  load: (url: string, context: module.LoadHookContext, next: (url: string, context?: object) => module.LoadFnOutput) => module.LoadFnOutput
}
const { registerHooks } = module as unknown as { registerHooks?: (hooks: SyncHookFunctions) => SyncHooks }

let users = 0
let takeBack: (() => void) | undefined

/**
 * Installs the hooks for the process, once for all users.
 * @returns what takes them back when the last user is gone
 * @throws ForeignLoaderError
 */
export function installHooks (modules: ServedModules): () => void {
  // Not by JEST_WORKER_ID, which a server in a child process inherits. Node.js's own objects are of another realm in Jest.
  if (!(module.builtinModules instanceof Array)) throw new ForeignLoaderError()
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
  setCompilesToCommonJs(hasCompilingLoader())
  const installed = [registerHooks === undefined ? switchThreadHooks(true) : installSyncHooks(), switchRequire(true)]
  return () => { for (const takeBack of installed) takeBack() }
}

function installSyncHooks (): () => void {
  const hooks = registerHooks!({
    resolve (specifier, context, next) {
      const own = resolveOwn(specifier, context)
      if (own?.shortCircuit === true) return own
      try {
        return resolved(next(own?.url ?? specifier, context), specifier, context)
      } catch (error) {
        const found = resolveAfter(error, specifier, context)
        return found.shortCircuit === true ? found : resolved(next(found.url, context), specifier, context)
      }
    },
    load (url, context, next) {
      const own = loadOwn(url, context)
      return own.source !== undefined ? own : withGlobals(url, next(url, own.context))
    }
  })
  return () => { hooks.deregister() }
}

let threadSwitch: Int32Array | undefined

function switchThreadHooks (on: boolean): () => void {
  if (threadSwitch === undefined) {
    threadSwitch = new Int32Array(new SharedArrayBuffer(4))
    const names = Object.fromEntries(Object.entries(registered()).map(([name, exported]) => [name, Object.keys(exported)]))
    module.register('./hooks-thread.js', { parentURL: import.meta.url, data: { names, loaded: loadedScripts(), compilesToCommonJs: hasCompilingLoader(), active: threadSwitch } })
  }
  Atomics.store(threadSwitch, 0, on ? 1 : 0)
  return () => { switchThreadHooks(false) }
}

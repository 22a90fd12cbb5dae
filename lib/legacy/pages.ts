import type { PagesSource } from '../routes/load-table.ts'
import type { Handler } from '../routes/table.ts'

/** What the option `pagesDir` comes to: API routes are loaded with what they need, which others do not. */
export function pagesSource (dir: string | undefined): PagesSource | undefined {
  if (dir === undefined) return undefined
  return {
    dir,
    async handlerOf (module) {
      const { fromApiRoute } = await import('./api-route.ts')
      const { handler, config } = readApiModule(module)
      return fromApiRoute(handler as never, { config: config as never }) as unknown as Handler
    }
  }
}

/** Of CommonJS, compiled or not, the default export may be one level further down, or the module itself. */
function readApiModule (module: unknown): { handler: unknown, config: unknown } {
  const outer = module as { default?: { default?: unknown, config?: unknown }, config?: unknown }
  const handlers = [module, outer.default, outer.default?.default]
  const handler = handlers.find((candidate) => typeof candidate === 'function')
  if (handler === undefined) throw new TypeError('It does not export a default function, which an API route has to.')
  return { handler, config: outer.config ?? outer.default?.config ?? {} }
}

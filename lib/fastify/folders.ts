import path from 'node:path'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { FolderPluginError } from '../errors.ts'
import type { FolderPlugin } from '../routes/folder-plugins.ts'
import type { Route, RouteTable } from '../routes/table.ts'

/**
 * Makes an encapsulated scope for each folder with a `fastify.ts`, one in the other as the folders are, and has the routes
 * added in theirs. No scope has a prefix: routes have their whole path.
 * @param addRoutes adds routes to a scope of their own, in which our body parser touches nothing else
 */
export async function registerFolders (scope: FastifyInstance, table: RouteTable, addRoutes: (scope: FastifyInstance, routes: Route[]) => void, own?: FolderPlugin): Promise<void> {
  if (own !== undefined) await run(scope, own)
  await scope.register(named(`routes of ${folderOf(own)}`, async (inner) => { addRoutes(inner, table.routes.filter(({ plugin }) => plugin === own)) }))
  for (const plugin of table.plugins.filter(({ outer }) => outer === own)) {
    await scope.register(named(`folder ${folderOf(plugin)}`, (inner) => registerFolders(inner, table, addRoutes, plugin)))
  }
}

/** Relative to the app directory. */
const folderOf = (plugin: FolderPlugin | undefined): string => plugin === undefined ? '.' : path.posix.dirname(plugin.file)

/** Makes a scope of its own under a name: else `printPlugins()` and tracers show the source text of the function. */
export function named (name: string, plugin: FastifyPluginAsync): FastifyPluginAsync {
  return fp(plugin, { name, encapsulate: true })
}

/** Runs a plugin in the scope itself, as `fastify-plugin` does it, so that its hooks are the scope's. */
async function run (scope: FastifyInstance, { file, plugin }: FolderPlugin): Promise<void> {
  const meta = (plugin as { [META]?: object })[META]
  // Functions of our own: the same one may be another folder's plugin, too. Fastify would let what is thrown at once escape.
  const open = plugin.length < 3 ? async (...args: never[]) => { await plugin(...args) } : plugin.bind(undefined)
  try {
    await scope.register(fp(open as unknown as FastifyPluginAsync, { name: file, ...meta, encapsulate: false }))
  } catch (cause) {
    throw new FolderPluginError(file, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Where fastify-plugin keeps what a plugin asks for. */
const META = Symbol.for('plugin-meta')

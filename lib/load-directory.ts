import type { Mount } from './handle/context.ts'
import type { Lifecycle } from './handle/lifecycle.ts'
import type { ReportError } from './handle/observe.ts'
import { startInstrumentation } from './instrumentation/start.ts'
import { pagesSource } from './legacy/pages.ts'
import { releaseCompiler } from './loader/compile.ts'
import { loadModule, loadModules } from './loader/load.ts'
import { metadataSource } from './metadata/source.ts'
import type { ParsedOptions } from './options.ts'
import type { Gate } from './proxy/gate.ts'
import { loadProxy, openGate } from './proxy/open-gate.ts'
import type { ProxyFile } from './proxy/proxy-file.ts'
import { loadSettings, type Settings } from './proxy/settings.ts'
import { loadTable } from './routes/load-table.ts'
import type { RouterOptions, RouteTable } from './routes/table.ts'

/** What a host brings along for the loading of a directory. */
export interface LoadingHost {
  name: 'fastify' | 'express'
  /** What its router makes of paths; undefined for ours. */
  router?: RouterOptions
  lifecycle: Lifecycle
  /** Told what is odd but starts all the same. */
  warn: (message: string) => void
  /** Told what was read of a next.config. */
  inform: (message: string) => void
  logError: Mount['logError']
}

export interface LoadedDirectory {
  table: RouteTable
  settings: Settings
  /** What stands in front of the directory, if there is anything. */
  gate: Gate | undefined
  reportError: ReportError | undefined
}

/** Loads what is in the files of an application: its rules, instrumentation, routes and proxy, in this order. */
export async function loadDirectory (options: ParsedOptions, { name, router, lifecycle, warn, inform, logError }: LoadingHost): Promise<LoadedDirectory> {
  const settings = await loadSettings(options, inform)
  const reportError = await startInstrumentation({ ...options, loadModule, logError })
  let proxy: ProxyFile | undefined
  const table = await loadTable(options.dir, {
    host: name,
    compat: options.compat,
    router,
    loadModule,
    loadModules,
    metadata: metadataSource(options.compat),
    pages: pagesSource(options.pagesDir),
    alsoLoad: async (problems) => { proxy = await loadProxy(options, settings, warn, problems) },
    warn
  })
  releaseCompiler()
  return { table, settings, gate: await openGate(proxy, settings, options, lifecycle), reportError }
}

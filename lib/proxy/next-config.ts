import { createRequire } from 'node:module'
import path from 'node:path'
import { AppRoutesOptionError } from '../errors.ts'
import { loadModule } from '../loader/load.ts'
import { PHASE_DEVELOPMENT_SERVER, PHASE_PRODUCTION_SERVER } from '../next/constants.ts'
import type { NextConfig } from '../next/config-types.ts'

/** The settings that mean something here. */
const READ = ['basePath', 'headers', 'redirects', 'rewrites', 'skipTrailingSlashRedirect', 'trailingSlash'] as const

/** What `getConfig()` of `next/config` gives, up to Next.js 15. */
const RUNTIME = ['serverRuntimeConfig', 'publicRuntimeConfig'] as const

/** What Next.js passes to a configuration that is a function. */
const PHASE = process.env.NODE_ENV === 'development' ? PHASE_DEVELOPMENT_SERVER : PHASE_PRODUCTION_SERVER

/**
 * Reads a next.config file.
 * @param note told in one sentence which of its settings are read, and which are not
 * @throws AppRoutesOptionError where it cannot be loaded, or gives no object
 */
export async function readNextConfig (file: string, note: (message: string) => void): Promise<Partial<NextConfig>> {
  const name = path.basename(file)
  const config = await load(file).catch((cause: unknown) => {
    throw new AppRoutesOptionError(`The option \`nextConfig\`: ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  })
  const set = Object.keys(config).filter((key) => config[key] !== undefined)
  const read = READ.filter((key) => set.includes(key))
  const runtime = RUNTIME.filter((key) => set.includes(key))
  const used: string[] = runtime.length > 0 && setRuntimeConfig(file, config) ? [...read, ...runtime] : read
  const ignored = set.filter((key) => !used.includes(key))
  note(`${name}: ${used.length === 0 ? 'nothing' : used.join(', ')} read${ignored.length === 0 ? '' : `; ignored: ${ignored.join(', ')}`}`)
  return Object.fromEntries(read.map((key) => [key, config[key]]))
}

/** Has `getConfig()` of an installed Next.js give what it gives there. @returns whether there is one: 16 has none */
function setRuntimeConfig (file: string, { serverRuntimeConfig = {}, publicRuntimeConfig = {} }: Record<string, unknown>): boolean {
  const require = createRequire(file)
  try {
    require.resolve('next/config')
  } catch {
    return false
  }
  const { setConfig } = require('next/config') as { setConfig: (config: object) => void }
  setConfig({ serverRuntimeConfig, publicRuntimeConfig })
  return true
}

async function load (file: string): Promise<Record<string, unknown>> {
  const module = await loadModule(file) as { default?: unknown } | ((...args: unknown[]) => unknown)
  const exported = typeof module === 'function' ? module : module.default ?? module
  const config = typeof exported === 'function' ? await (exported as (...args: unknown[]) => unknown)(PHASE, { defaultConfig: {} }) : exported
  if (typeof config !== 'object' || config === null) throw new TypeError(`it has to give an object, not ${String(config)}`)
  return config as Record<string, unknown>
}

import { readExports } from '../recorder/recording.ts'
import path from 'node:path'

/** A value that some major of Next.js exports for route handlers. */
export interface ExportRow {
  entry: string
  name: string
  /** The recorded versions that have it. */
  versions: string[]
  here: string
}

/** Every name that a recorded version exports, and those that are only here. */
export async function exportRows (): Promise<ExportRow[]> {
  const recorded = Object.entries(readExports(path.join(import.meta.dirname, '..')))
  const entries = new Set(recorded.flatMap(([, modules]) => Object.keys(modules)))
  const rows: ExportRow[] = []
  for (const entry of entries) {
    const ours = await import(entry.replace('next/', 'fastify-app-routes/')) as Record<string, unknown>
    const names = new Set(recorded.flatMap(([, modules]) => modules[entry] ?? []))
    for (const name of [...names].sort()) {
      const versions = recorded.filter(([, modules]) => modules[entry]?.includes(name)).map(([version]) => version)
      rows.push({ entry, name, versions, here: name in ours ? await conduct(ours[name]) : 'missing' })
    }
  }
  return rows
}

/** Whether a value is refused for good. What it says of missing arguments or of a missing request is no matter. */
async function conduct (value: unknown): Promise<string> {
  if (typeof value !== 'function') return 'yes'
  try {
    // Some are classes.
    await (value.prototype === undefined ? value() : Reflect.construct(value, []))
  } catch (error) {
    const { code, message } = error as { code?: string, message: string }
    if (code === 'FAR_ERR_NOT_SUPPORTED') return message.includes('not supported yet') ? 'not yet' : 'throws'
    if (message.includes(' moved ')) return 'throws'
  }
  return 'yes'
}

import type { MetadataSource } from '../routes/load-files.ts'
import type { Compat } from '../routes/options.ts'

/** What serves metadata files is loaded where there are some. */
export function metadataSource (compat: Compat): MetadataSource {
  return async (entry, path, exported) => {
    const { serve } = await import('./serve.ts')
    return serve(entry, path, exported, compat)
  }
}

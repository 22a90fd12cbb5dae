import { readFile } from 'node:fs/promises'
import type { MetadataFile, MetadataType } from '../routes/metadata-files.ts'
import { LightResponse } from '../web/light-response.ts'
import { DEVELOPMENT, IMMUTABLE, REVALIDATE, type Origin, type RouteModule } from './module.ts'
import { isText, textTypeOf } from './text-route.ts'

const MIME_TYPES: Record<string, string> = {
  gif: 'image/gif',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml'
}

/**
 * The module that serves a file as it is. It is read when it is asked for: a file that is changed is sent as it is now,
 * unless its answer is cached.
 * @param path where it lies
 */
export function staticRoute ({ type, segment }: MetadataFile, path: string, { compat }: Origin): RouteModule {
  const headers = { 'content-type': contentTypeOf(type, segment), 'cache-control': cacheControl(type, compat) }
  return {
    GET: async () => new LightResponse(await readFile(path), { headers }),
    dynamic: 'force-static'
  }
}

const contentTypeOf = (type: MetadataType, segment: string): string =>
  isText(type) ? textTypeOf(type) : MIME_TYPES[segment.slice(segment.lastIndexOf('.') + 1)]!

function cacheControl (type: MetadataType, compat: Origin['compat']): string {
  if (process.env.NODE_ENV === 'development') return DEVELOPMENT
  return compat < 16 && type !== 'favicon' ? IMMUTABLE : REVALIDATE
}

import { MetadataError } from '../errors.ts'
import { wrong } from './fields.ts'

/**
 * The text of a web application manifest. Its members are not looked at: there are always newer ones.
 * @param data what `manifest.ts` returned
 * @throws MetadataError
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/metadata/manifest
 */
export function writeManifest (data: unknown, file: string): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw wrong({ file, way: '' }, data, 'an object')
  try {
    return JSON.stringify(data)
  } catch (error) {
    throw new MetadataError(`${file}: what it returned cannot be written as JSON: ${(error as Error).message}`)
  }
}

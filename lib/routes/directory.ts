import { stat } from 'node:fs/promises'
import { AppDirectoryNotFoundError } from '../errors.ts'

/** @throws AppDirectoryNotFoundError where `dir` is no directory */
export async function demandDirectory (kind: 'app' | 'pages', dir: string): Promise<void> {
  const stats = await stat(dir).catch(() => undefined)
  if (stats?.isDirectory() !== true) throw new AppDirectoryNotFoundError(kind, dir, stats === undefined ? 'does not exist' : 'is not a directory')
}

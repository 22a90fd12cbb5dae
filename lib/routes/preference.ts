import path from 'node:path'
import type { Compat } from './options.ts'

/** Which of `route.ts` and `route.js` in one folder Next.js takes; the module kinds that it does not know come last. */
const PREFERENCE: Record<'upTo15' | 'since16', string[]> = {
  upTo15: ['tsx', 'ts', 'jsx', 'js', 'mts', 'cts', 'mjs', 'cjs'],
  since16: ['jsx', 'tsx', 'js', 'ts', 'mjs', 'cjs', 'mts', 'cts']
}

/** Of files of one name in one folder, the one of the lowest rank is taken. */
export function rankOf (file: string, compat: Compat): number {
  return PREFERENCE[compat === 16 ? 'since16' : 'upTo15'].indexOf(path.posix.extname(file).slice(1))
}

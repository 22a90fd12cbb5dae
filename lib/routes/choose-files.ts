import path from 'node:path'
import type { LoadOptions } from './load-table.ts'
import type { Compat } from './options.ts'
import { rankOf } from './preference.ts'
import type { Entry } from './scan.ts'

/** One file for each path: of several in one folder, and (before 16) of two groups, Next.js takes one. */
export function chooseFiles (entries: Entry[], { compat, warn }: Pick<LoadOptions, 'compat' | 'warn'>): Entry[] {
  const chosen = new Map<string, Entry>()
  const unused: Entry[] = []
  for (const entry of entries) {
    if (entry.kind === 'page') continue
    const rival = chosen.get(entry.path)
    if (rival === undefined) {
      chosen.set(entry.path, entry)
      continue
    }
    const takesNew = isPreferred(entry, rival, compat)
    if (takesNew) chosen.set(entry.path, entry)
    // All other pairs are an error already.
    if (inOneFolder(entry, rival) || compat < 16 || isOfOtherForm(entry, rival)) unused.push(takesNew ? rival : entry)
  }
  for (const { file, path } of unused) warn(`${file} is not used: ${chosen.get(path)!.file} serves ${path}.`)
  return [...chosen.values()]
}

function isPreferred (entry: Entry, rival: Entry, compat: Compat): boolean {
  if (entry.kind !== rival.kind) return (entry.kind === 'route') === routeWins(entry, rival)
  if (isOfOtherForm(entry, rival)) return entry.metadata?.isCode === false
  // Of two groups 15 takes the last, 13 and 14 take the first; for 16 they are an error already.
  return inOneFolder(entry, rival) ? rankOf(entry.file, compat) < rankOf(rival.file, compat) : compat === 15
}

/** What 13 and 14 serve of a route file and a metadata file; for 15 and 16 they are an error already. */
function routeWins ({ metadata: one }: Entry, { metadata: other }: Entry): boolean {
  const { type } = (one ?? other)!
  return type === 'robots' || type === 'manifest'
}

/** A file that is sent as it is takes precedence over one that makes its content. */
const isOfOtherForm = ({ metadata: one }: Entry, { metadata: other }: Entry): boolean => one?.isCode !== other?.isCode

const inOneFolder = (one: Entry, other: Entry): boolean => path.posix.dirname(one.file) === path.posix.dirname(other.file)

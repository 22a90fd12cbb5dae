import { inspect } from 'node:util'
import type { AppDirectoryProblem } from '../errors.ts'
import { isLocated } from '../loader/syntax-error.ts'
import { mendOf } from './mend.ts'

/** Notes that a file failed to load. One cause (a missing package, a helper that is no JavaScript) may keep many from it; it is told once. */
export function addLoadProblem (problems: AppDirectoryProblem[], file: string, cause: unknown): void {
  const same = problems.find((problem) => problem.cause !== undefined && isSame(problem.cause, cause))
  if (same !== undefined) {
    same.files.push(file)
    return
  }
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  problems.push({ code: 'FAR_ERR_LOAD', message: `failed to load: ${reason}`, files: [file], mend: mendOf(cause), cause })
}

function isSame (one: unknown, other: unknown): boolean {
  if (one === other || (isMissingPackage(one) && isMissingPackage(other))) return true
  return isLocated(one) && isLocated(other) && one.message === other.message
}

// By its code: what hooks on a thread of their own throw arrives as a copy.
const isMissingPackage = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'FAR_ERR_MISSING_PACKAGE'

/** Files load at once and fail in any order; the list is the same at every start. */
export function inOrder (problems: AppDirectoryProblem[]): AppDirectoryProblem[] {
  for (const { files } of problems) files.sort()
  return problems.sort((a, b) => a.files[0]! < b.files[0]! ? -1 : a.files[0] === b.files[0] ? 0 : 1)
}

/** A wrong value, for a message. */
export const show = (value: unknown): string => typeof value === 'string' ? `'${value}'` : inspect(value, { depth: 1, breakLength: Infinity })

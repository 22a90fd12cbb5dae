import { STATUS_CODES } from 'node:http'

/** What the client gets for an error where the host has no error handler of its own. */
export interface DefaultAnswer {
  status: number
  headers?: Record<string, string>
  body: string
}

const answers = new WeakMap<Error, DefaultAnswer>()

/** An error without one is answered by an empty 500, as in a route handler of Next.js. */
export function defaultAnswer (error: Error): DefaultAnswer | undefined {
  return answers.get(error)
}

export function setDefaultAnswer (error: Error, answer: DefaultAnswer): void {
  answers.set(error, answer)
}

/** An error's own status counts as in Express, which body parsers and `http-errors` rely on. */
export function setStatusAnswer (error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { status, statusCode = status, expose, headers } = error as { status?: unknown, statusCode?: unknown, expose?: unknown, headers?: Record<string, string> }
  if (!Number.isInteger(statusCode) || (statusCode as number) < 400 || (statusCode as number) > 599) return error
  const shows = expose ?? (statusCode as number) < 500
  setDefaultAnswer(error, { status: statusCode as number, headers, body: shows === true ? error.message : STATUS_CODES[statusCode as number] ?? '' })
  return error
}

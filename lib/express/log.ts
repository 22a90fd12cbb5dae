import type { ConnectRequest } from './request.ts'

/** Through the request's logger where a logging middleware has put one on it (pino-http). */
export function logError (req: ConnectRequest, err: unknown, message: string): void {
  if (typeof req.log?.error === 'function') req.log.error({ err }, message)
  else console.error(message, err)
}

export function logWarning (req: ConnectRequest, message: string): void {
  if (typeof req.log?.warn === 'function') req.log.warn(message)
  else console.warn(message)
}

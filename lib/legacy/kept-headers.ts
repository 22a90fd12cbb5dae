import type { ServerResponse } from 'node:http'
import type { HandlerContext } from '../handle/context.ts'
import { OF_THE_CONNECTION } from '../web/connection-options.ts'
import { addKept } from '../web/send.ts'

/** What describes a body that is not sent; a policy (Content-Security-Policy) speaks of any. */
export const describesBody = (name: string): boolean => name === 'etag' || (name.startsWith('content-') && !name.startsWith('content-security-policy'))

/**
 * Leaves what an old handler has set before it failed (CORS, cookies) to whoever answers in its place: it would be there in
 * Express and Next.js, which have one response for both. What the host itself has set stays.
 */
export function keepHeaders (res: ServerResponse, { exchange }: HandlerContext): void {
  const { res: hostResponse } = exchange
  // Where an answer is only compared, or made ahead, no client waits for it.
  if (exchange.isShadow === true || !('setHeader' in hostResponse) || hostResponse.headersSent || hostResponse.destroyed) return
  const names = res.getHeaderNames().filter((name) => !describesBody(name) && name !== 'connection' && !OF_THE_CONNECTION.has(name))
  if (names.length === 0) return
  const preset = exchange.presetHeaders()
  addKept(hostResponse, names.filter((name) => JOINED.has(name) || preset[name] === undefined).flatMap((name) => pairsOf(name, res.getHeader(name)!)))
}

/** Headers that those of the host do not take the place of. */
const JOINED = new Set(['set-cookie', 'vary'])

function pairsOf (name: string, value: number | string | string[]): string[] {
  return name === 'set-cookie' ? [value].flat().flatMap((cookie) => [name, String(cookie)]) : [name, String(Array.isArray(value) ? value.join(', ') : value)]
}

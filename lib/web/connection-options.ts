import type { Exchange } from './exchange.ts'

/** What `Connection` says of the connection, and of headers that are never sent on. */
const OPTIONS = new Set(['close', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'proxy-connection'])

/**
 * Makes headers of a request those of our own side: what a client names in `Connection` are its own ones, which end here
 * (RFC 9110, 7.6.1). It must not take away what was set in their place.
 */
export function claimHeaders ({ req, headers }: Pick<Exchange, 'req' | 'headers'>, isOurs: (name: string) => boolean): void {
  const given = headers.connection
  if (given === undefined) return
  const rest = given.split(',').map((option) => option.trim()).filter((option) => OPTIONS.has(option.toLowerCase()) || !isOurs(option.toLowerCase())).join(', ')
  if (rest === given) return
  const { rawHeaders } = req
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) if (rawHeaders[index]!.toLowerCase() === 'connection') rawHeaders.splice(index, 2)
  if (rest === '') {
    delete headers.connection
    return
  }
  headers.connection = rest
  rawHeaders.push('connection', rest)
}

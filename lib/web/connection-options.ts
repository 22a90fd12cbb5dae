import type { Exchange } from './exchange.ts'
import { removeRaw } from './header-pairs.ts'

/** Headers that speak of one connection, whatever it says itself (RFC 9110, 7.6.1), but for `Connection`. */
export const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['http2-settings', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'])

/** Whether it is no name of a header that could be sent on. */
const isOption = (option: string): boolean => option === 'close' || OF_THE_CONNECTION.has(option)

/**
 * Makes headers of a request those of our own side: what a client names in `Connection` are its own ones, which end here
 * (RFC 9110, 7.6.1). It must not take away what was set in their place.
 */
export function claimHeaders ({ req, headers }: Pick<Exchange, 'req' | 'headers'>, isOurs: (name: string) => boolean): void {
  const given = headers.connection
  if (given === undefined) return
  const isKept = (option: string): boolean => isOption(option) || !isOurs(option)
  const rest = given.split(',').map((option) => option.trim()).filter((option) => isKept(option.toLowerCase())).join(', ')
  if (rest === given) return
  const { rawHeaders } = req
  removeRaw(rawHeaders, 'connection')
  if (rest === '') {
    delete headers.connection
    return
  }
  headers.connection = rest
  rawHeaders.push('connection', rest)
}

import { wantedHeaders } from '../handle/pass-on.ts'
import { REDIRECT_STATUS } from '../next/next-response.ts'
import type { Exchange } from '../web/exchange.ts'
import { ownWord, pairsOf } from '../web/light-headers.ts'
import { ownHeaders } from '../web/light-response.ts'
import { Response } from '../web/native.ts'
import { toOutgoing, type Outgoing } from '../web/outgoing.ts'
import { isAt } from '../web/url.ts'
import { textAnswer } from './answers.ts'
import { pairsWhere } from '../web/header-pairs.ts'

/** What a proxy has said of a request. */
export type Verdict =
  /** It goes on, perhaps to another place. */
  | { kind: 'pass', to: URL | undefined, headers: string[], requestHeaders: Map<string, string> | undefined }
  | { kind: 'answer', outgoing: Outgoing }

export const PASS: Verdict = { kind: 'pass', to: undefined, headers: [], requestHeaders: undefined }

/**
 * Reads what a proxy has returned.
 * @param merged its headers with those that functions such as `cookies()` add to them; undefined where there are none
 * @throws TypeError where it is no response, or leads to no URL
 */
export function readVerdict (response: unknown, merged: Headers | undefined, exchange: Exchange): Verdict {
  // Like Next.js, takes whatever is false for "go on".
  if (!response) return PASS
  if (!(response instanceof Response)) throw new TypeError('Expected an instance of Response to be returned')
  const own = ownHeaders(response)
  const headers = merged ?? own
  if (headers === undefined) return answer(response, undefined, exchange)
  if (isPlainNext(headers)) return PASS
  const rewrite = own === undefined ? null : ownWord(own, 'x-middleware-rewrite')
  if (own !== undefined && (rewrite !== null || ownWord(own, 'x-middleware-next') === '1')) {
    return {
      kind: 'pass',
      to: rewrite === null ? undefined : served(absolute(rewrite, REWRITE)),
      headers: forAnswer(toOutgoing(response, headers, 'HEAD', exchange.req.httpVersionMajor).headers),
      requestHeaders: wantedHeaders(own, exchange)
    }
  }
  const location = headers.get('location')
  if (location !== null && REDIRECT_STATUS.includes(response.status)) return redirect(response, headers, absolute(location, 'A redirect'), exchange)
  return answer(response, merged, exchange)
}

/** The one answer of most proxies. */
function isPlainNext (headers: Headers): boolean {
  const pairs = pairsOf(headers)
  return pairs?.length === 2 && pairs[0] === 'x-middleware-next' && pairs[1] === '1'
}

function answer (response: Response, merged: Headers | undefined, { method, req }: Exchange): Verdict {
  if (response.status < 200) throw new TypeError('Expected a Response that can be sent to be returned')
  if (response.bodyUsed) throw new TypeError('Expected a Response whose body was not read to be returned')
  return { kind: 'answer', outgoing: toOutgoing(response, merged, method, req.httpVersionMajor) }
}

/** Within the same origin a location is relative, and the body says it as text, as in Next.js. */
function redirect (response: Response, headers: Headers, to: URL, exchange: Exchange): Verdict {
  const rest = to.href.slice(to.origin.length)
  // Two slashes at the start would lead to another host.
  const isHere = isAt(exchange.origin(), to) && !rest.startsWith('//')
  const location = isHere ? rest : to.href
  const others = toOutgoing(response, headers, 'HEAD', exchange.req.httpVersionMajor).headers
  return { kind: 'answer', outgoing: textAnswer(response.status, location, pairsWhere(others, (name) => !/^(?:content-.*|location)$/.test(name))) }
}

function absolute (url: string, what: string): URL {
  if (!URL.canParse(url)) throw new TypeError(`${what} of the proxy leads to "${url}". Please use only absolute URLs - https://nextjs.org/docs/messages/middleware-relative-urls`)
  return new URL(url)
}

const REWRITE = 'NextResponse.rewrite()'

/** The origin of `blob:http://x/y` is that of x. */
function served (to: URL): URL {
  if (to.protocol !== 'http:' && to.protocol !== 'https:') throw new TypeError(`${REWRITE} of the proxy leads to a URL of "${to.protocol}", where only "http:" and "https:" can be`)
  return to
}

/** What of a response that lets a request go on is for the client: neither its protocol nor what frames a body. */
const forAnswer = (headers: string[]): string[] => pairsWhere(headers, (name) => !NOT_FOR_ANSWER.test(name))

const NOT_FOR_ANSWER = /^(?:x-middleware-.*|content-length|content-encoding|accept-encoding|expect)$/

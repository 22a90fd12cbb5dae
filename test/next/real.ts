/** The classes of an installed `next`, and ours, as `observe.ts` takes them. */
import { createRequire } from 'node:module'
import { NextRequest, NextResponse, userAgentFromString } from 'fastify-app-routes/server'
import { notFound, permanentRedirect, redirect, unstable_rethrow } from 'fastify-app-routes/navigation'
import { CookieJar } from '../../lib/next/cookie-jar.ts'
import { NextURL } from '../../lib/next/next-url.ts'
import { ReadonlyHeaders } from '../../lib/next/readonly-headers.ts'
import type { Classes } from './observe.ts'

export const ours: Classes = {
  NextURL,
  NextRequest,
  NextResponse,
  userAgentFromString,
  navigation: { notFound, permanentRedirect, redirect, unstable_rethrow },
  readonlyHeaders: (headers) => new ReadonlyHeaders({ headers } as Request),
  jar (request) {
    const jar = new CookieJar({ request, phase: 'handler' } as never)
    return { jar, addTo: (headers) => jar.addTo({ headers }) ?? headers }
  }
}

/** @param next the directory of the package */
export function realClasses (next: string): { version: string, classes: Classes } {
  const require = createRequire(next + '/package.json')
  const spec = (name: string): any => require(`./dist/server/web/spec-extension/${name}`)
  const { HeadersAdapter } = spec('adapters/headers')
  const { MutableRequestCookiesAdapter, appendMutableCookies } = spec('adapters/request-cookies')
  const { RequestCookies } = spec('cookies')
  return {
    version: require('./package.json').version,
    classes: {
      ...require('./dist/server/web/next-url'),
      ...spec('request'),
      ...spec('response'),
      ...spec('user-agent'),
      navigation: require('./dist/api/navigation.react-server'),
      readonlyHeaders: (headers) => HeadersAdapter.seal(headers),
      jar (request) {
        const jar = MutableRequestCookiesAdapter.wrap(new RequestCookies(request.headers))
        return {
          jar,
          addTo (headers) {
            const merged = new Headers(headers)
            appendMutableCookies(merged, jar)
            return merged
          }
        }
      }
    }
  }
}

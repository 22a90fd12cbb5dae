import { notStatic } from '../context/request-context.ts'
import type { NextRequest } from './next-request.ts'

const OF_THE_REQUEST = new Set<PropertyKey>(['headers', 'cookies', 'url', 'body', 'blob', 'json', 'text', 'arrayBuffer', 'formData'])
const OF_THE_URL = new Set<PropertyKey>(['search', 'searchParams', 'url', 'href', 'toJSON', 'toString', 'origin'])

/**
 * What the GET handler of a route file with `dynamic = 'error'` gets for its request: whatever could tell two requests for
 * one path apart throws, as in Next.js, where the answer is made once for all.
 */
export function staticRequest (request: NextRequest): NextRequest {
  const { pathname } = request.nextUrl
  const guard = <T extends object>(target: T, name: string, refused: Set<PropertyKey>, nested: (value: object) => object): T => new Proxy(target, {
    get (target, key) {
      if (refused.has(key)) throw notStatic(pathname, `${name}.${String(key)}`)
      const value: unknown = Reflect.get(target, key, target)
      if (key === 'clone') return () => guard((value as () => object).call(target), name, refused, nested)
      if (key === 'nextUrl' && typeof value === 'object') return nested(value as object)
      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
  const guardUrl = (url: object): object => guard(url, 'nextUrl', OF_THE_URL, guardUrl)
  return guard(request, 'request', OF_THE_REQUEST, guardUrl)
}

import type { Compat } from '../routes/options.ts'
import { isFixed } from '../routes/segments.ts'
import type { Route } from '../routes/table.ts'

/** With one of these beside it, GET runs for each request, as in Next.js. */
const NOT_STATIC = ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const

/**
 * Whether the GET of a route may be one that answers once for all who ask. In 15 and 16 a file has to ask for it, in 13 and 14
 * to refuse it.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/route-segment-config
 */
export function mayBeStatic ({ handlers, segments, config }: Route, compat: Compat): boolean {
  const { dynamic, revalidate, generateStaticParams } = config
  if (handlers.GET === undefined || NOT_STATIC.some((method) => handlers[method] !== undefined)) return false
  if (dynamic === 'force-dynamic' || revalidate === 0) return false
  const isAsked = dynamic === 'force-static' || dynamic === 'error'
  if (!isFixed(segments) && !isAsked && generateStaticParams === undefined) return false
  return compat < 15 || isAsked || revalidate !== undefined || generateStaticParams !== undefined
}

import type { Compat } from '../routes/options.ts'
import { isFixed } from '../routes/segments.ts'
import { isForReading, type Route } from '../routes/table.ts'

/**
 * Whether the GET of a route may be one that answers once for all who ask. In 15 and 16 a file has to ask for it, in 13 and 14
 * to refuse it.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/route-segment-config
 */
export function mayBeStatic (route: Route, compat: Compat): boolean {
  const { handlers, segments, config: { dynamic, revalidate, runtime, generateStaticParams } } = route
  if (handlers.GET === undefined || !isForReading(route)) return false
  if (dynamic === 'force-dynamic' || revalidate === 0 || (runtime !== undefined && runtime !== 'nodejs')) return false
  const isAsked = dynamic === 'force-static' || dynamic === 'error'
  if (!isFixed(segments) && !isAsked && generateStaticParams === undefined) return false
  return compat < 15 || isAsked || revalidate !== undefined || generateStaticParams !== undefined
}

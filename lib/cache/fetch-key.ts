import { createHash } from 'node:crypto'

/** Headers that differ from call to call and say nothing about the answer (https://www.w3.org/TR/trace-context/). */
const OF_THE_TRACE = new Set(['traceparent', 'tracestate'])

export interface Keyed {
  key: string
  /** What the body was, which has been read. */
  body: Uint8Array | undefined
}

/**
 * The key of a fetched response: as in Next.js, whatever of a request may change its answer: URL, method, headers, body, and
 * the options of Fetch.
 * @param request nobody else reads its body
 */
export async function keyOfFetch (request: Request): Promise<Keyed> {
  const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
  const headers = [...request.headers].filter(([name]) => !OF_THE_TRACE.has(name)).map(([name, value]) => [name, withoutBoundary(value)])
  const url = new URL(request.url)
  url.hash = ''
  const parts = [url.href, request.method, headers, request.mode, request.redirect, request.credentials, request.referrer, request.referrerPolicy, request.integrity]
  const hash = createHash('sha256').update(JSON.stringify(parts))
  if (bytes !== undefined) hash.update(bytesToHash(bytes, request.headers.get('content-type')))
  return { key: `fetch:${hash.digest('hex')}`, body: bytes }
}

const BOUNDARY = /(multipart\/form-data\b.*?;\s*boundary=)"?([^";\s]+)"?/i

/** The boundary of a form is random; two forms with the same fields are the same. */
const withoutBoundary = (value: string): string => value.replace(BOUNDARY, '$1')

function bytesToHash (bytes: Uint8Array, type: string | null): Uint8Array | string {
  const boundary = BOUNDARY.exec(type ?? '')?.[2]
  return boundary === undefined ? bytes : Buffer.from(bytes).toString('latin1').replaceAll(boundary, '')
}

/** The key of what a cached function gives for its arguments. */
export function keyOfCall (fixed: string, args: unknown[]): string {
  return `function:${createHash('sha256').update(JSON.stringify([fixed, args])).digest('hex')}`
}

import { jsonDifferences, writePlace, type JsonPlace } from './json-path.ts'

/** An answer, to be compared. The body is undefined where it was too long to keep. */
export interface SeenAnswer {
  status: number
  headers: Map<string, string>
  body: Buffer | undefined
}

/** What one answer has and the other has not. */
export interface ShadowDifference {
  /** `status`, `header NAME`, `body`, or a JSON path of the body. */
  where: string
  old: unknown
  new: unknown
}

/** Where an old answer and the new one for the same request differ. */
export interface ShadowReport {
  /** The path of the route file's folder. */
  route: string
  method: string
  /** The path of the request, without its query. */
  path: string
  differences: ShadowDifference[]
  /** The same as text, line by line. */
  diff: string
  /** The headers of the request, secrets masked. */
  requestHeaders: Record<string, string>
}

/** What is not compared, or not shown: headers in lower case, and places of JSON bodies. */
export interface Selection {
  headers: Set<string>
  places: Array<(place: JsonPlace) => boolean>
}

const MASKED = '[masked]'

/** How an answer is sent, not what it says. */
const OF_THE_SENDING = new Set(['connection', 'content-encoding', 'content-length', 'date', 'keep-alive', 'transfer-encoding'])

export function compare (old: SeenAnswer, fresh: SeenAnswer, ignored: Selection, masked: Selection): ShadowDifference[] {
  const differences: ShadowDifference[] = []
  if (old.status !== fresh.status) differences.push({ where: 'status', old: old.status, new: fresh.status })
  for (const name of new Set([...old.headers.keys(), ...fresh.headers.keys()])) {
    const [was, is] = [old.headers.get(name), fresh.headers.get(name)]
    if (OF_THE_SENDING.has(name) || ignored.headers.has(name) || sameHeader(name, was, is)) continue
    const shown = (value: string | undefined): unknown => value === undefined ? undefined : masked.headers.has(name) ? MASKED : value
    differences.push({ where: `header ${name}`, old: shown(was), new: shown(is) })
  }
  if (old.body !== undefined && fresh.body !== undefined && !old.body.equals(fresh.body)) {
    differences.push(...compareBodies(old, fresh, ignored, masked))
  }
  return differences
}

/** JSON has no charset (RFC 8259, 11); Express names one all the same. */
function sameHeader (name: string, old: string | undefined, fresh: string | undefined): boolean {
  if (name !== 'content-type') return old === fresh
  const plain = (type: string | undefined): string | undefined => type?.toLowerCase().replace(/^(application\/(?:[\w.]+\+)?json)\s*;\s*charset=utf-8$/, '$1')
  return plain(old) === plain(fresh)
}

function compareBodies (old: SeenAnswer, fresh: SeenAnswer, ignored: Selection, masked: Selection): ShadowDifference[] {
  const [was, is] = [parsed(old), parsed(fresh)]
  if (was === undefined || is === undefined) return [{ where: 'body', old: `${old.body!.length} bytes`, new: `${fresh.body!.length} bytes` }]
  return jsonDifferences(was.value, is.value).filter(({ place }) => !ignored.places.some((matches) => matches(place))).map(({ place, ...values }) => ({
    where: writePlace(place),
    old: withMasks(values.old, place, masked),
    new: withMasks(values.new, place, masked)
  }))
}

function parsed ({ headers, body }: SeenAnswer): { value: unknown } | undefined {
  if (!/^application\/(?:[\w.]+\+)?json\b/i.test(headers.get('content-type') ?? '')) return undefined
  try {
    return { value: JSON.parse(body!.toString()) as unknown }
  } catch {
    return undefined
  }
}

function withMasks (value: unknown, place: JsonPlace, masked: Selection): unknown {
  if (value === undefined) return undefined
  if (masked.places.some((matches) => matches(place))) return MASKED
  if (Array.isArray(value)) return value.map((item, index) => withMasks(item, [...place, index], masked))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withMasks(item, [...place, key], masked)]))
}

export function writeDiff (differences: ShadowDifference[]): string {
  return differences.map(({ where, old, new: fresh }) => [where, ...old === undefined ? [] : [`- ${JSON.stringify(old)}`], ...fresh === undefined ? [] : [`+ ${JSON.stringify(fresh)}`]].join('\n')).join('\n')
}

export function maskHeaders (headers: Record<string, string | string[] | undefined>, { headers: names }: Selection): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')).map(([name, value]) => [name, names.has(name) ? MASKED : String(value)]))
}

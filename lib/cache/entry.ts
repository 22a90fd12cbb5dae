/** What a cache keeps: an answer of a static route, a fetched response, or what a cached function gave. */
export interface CacheEntry {
  kind: 'route' | 'fetch' | 'function'
  /** When its making began, by the clock of its store: milliseconds since 1970. What was invalidated later is in it. */
  createdAt: number
  /** Seconds after which it is stale; false: never. */
  revalidate: number | false
  /** Seconds after which it must not be used any more; undefined: a year, as in Next.js. */
  expire?: number
  tags: readonly string[]
  status: number
  /** Names (in lower case) and values in turn. */
  headers: readonly string[]
  /** Where a fetched response came from in the end. */
  url: string
  body: string | Uint8Array
}

export const YEAR = 31_536_000

/** How an entry stands: to be used, to be used while a new one is made, or not to be used. */
export type Freshness = 'fresh' | 'stale' | 'expired'

/** Seconds since its making began. `now` is of the clock of its store. */
export const ageOf = ({ createdAt }: CacheEntry, now: number): number => (now - createdAt) / 1000

/** By age alone. `now` is of the clock of its store. */
export function freshnessOf (entry: CacheEntry, now: number): Freshness {
  const { revalidate, expire = YEAR } = entry
  const age = ageOf(entry, now)
  if (age >= expire) return 'expired'
  return revalidate !== false && age >= revalidate ? 'stale' : 'fresh'
}

export const worse = (a: Freshness, b: Freshness): Freshness => a === 'expired' || b === 'expired' ? 'expired' : a === 'stale' || b === 'stale' ? 'stale' : 'fresh'

/** The memory that an entry takes, roughly, in bytes. */
export function sizeOf (key: string, { headers, tags, url, body }: CacheEntry): number {
  let size = OVERHEAD + 2 * (key.length + url.length) + (typeof body === 'string' ? 2 * body.length : body.byteLength)
  for (const text of headers) size += 2 * text.length
  for (const tag of tags) size += 2 * tag.length
  return size
}

const OVERHEAD = 550

const FORMAT = 1
const HEAD = 5

/**
 * An entry as bytes: a format number, the length of the head, the head in JSON, the body as it is.
 * A store that is shared outlives versions of this library, so what another format has written is no entry.
 */
export function encodeEntry ({ body, ...head }: CacheEntry): Buffer {
  const json = Buffer.from(JSON.stringify({ ...head, text: typeof body === 'string', bytes: typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength }))
  const prefix = Buffer.alloc(HEAD)
  prefix[0] = FORMAT
  prefix.writeUInt32BE(json.length, 1)
  return Buffer.concat([prefix, json, typeof body === 'string' ? Buffer.from(body) : body])
}

/** @returns undefined for what is no whole entry of this format */
export function decodeEntry (bytes: Buffer): CacheEntry | undefined {
  if (bytes.length < HEAD || bytes[0] !== FORMAT) return undefined
  const end = HEAD + bytes.readUInt32BE(1)
  if (end > bytes.length) return undefined
  try {
    const { text, bytes: length, ...head } = JSON.parse(bytes.toString('utf8', HEAD, end)) as Omit<CacheEntry, 'body'> & { text: boolean, bytes: number }
    return isHead(head) && length === bytes.length - end ? { ...head, body: text ? bytes.toString('utf8', end) : bytes.subarray(end) } : undefined
  } catch {
    return undefined
  }
}

function isHead ({ kind, createdAt, revalidate, tags, status, headers }: Omit<CacheEntry, 'body'>): boolean {
  return typeof kind === 'string' && typeof createdAt === 'number' && (revalidate === false || typeof revalidate === 'number') &&
    Array.isArray(tags) && typeof status === 'number' && Array.isArray(headers)
}

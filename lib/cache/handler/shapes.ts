import { YEAR, type CacheEntry } from '../entry.ts'
import { toHeaders } from '../../web/header-pairs.ts'

/** What `cacheHandler` classes keep: an answer, or something fetched. 13 and 14 call an answer `ROUTE`. */
export type HandlerValue =
  | { kind: 'ROUTE' | 'APP_ROUTE', body: Buffer, status: number, headers: Record<string, string | string[]> }
  | { kind: 'FETCH', data: { headers: Record<string, string>, body: string, status: number, url: string }, tags: string[], revalidate: number }

/** What they give. */
export interface HandlerFound {
  /** Milliseconds since 1970; -1 for what must not be used any more. */
  lastModified?: number
  value: HandlerValue | null
}

const TAGS = 'x-next-cache-tags'
/** Ours: when the making began, and how long the entry lasts. Next.js knows neither of an entry that another process has set. */
const TIMES = 'x-app-routes-times'
/** Ours: the tags where one has a comma, which Next.js's header cannot tell from two. */
const OWN_TAGS = 'x-app-routes-tags'

export function handlerValueOf ({ kind, createdAt, revalidate, expire, tags, status, headers, url, body }: CacheEntry, major: number): HandlerValue {
  const times = JSON.stringify([createdAt, revalidate, ...(expire === undefined ? [] : [expire])])
  if (kind !== 'route') {
    const text = kind === 'function' ? body.toString() : toBuffer(body).toString('base64')
    return { kind: 'FETCH', data: { headers: { ...flat(headers), [TIMES]: times }, body: text, status, url }, tags: [...tags], revalidate: revalidate === false ? YEAR : revalidate }
  }
  const own: Record<string, string> = tags.length === 0 ? { [TIMES]: times } : { [TIMES]: times, [TAGS]: tags.join(',') }
  if (tags.some((tag) => tag.includes(','))) own[OWN_TAGS] = JSON.stringify(tags)
  return { kind: major < 15 ? 'ROUTE' : 'APP_ROUTE', body: toBuffer(body), status, headers: { ...lists(headers), ...own } }
}

/** @returns undefined for what is no answer of a route and nothing fetched, such as a page of Next.js's own */
export function entryOf ({ lastModified = 0, value }: HandlerFound): CacheEntry | undefined {
  if (value?.kind === 'FETCH') {
    const { data, tags = [], revalidate } = value
    const { [TIMES]: times, ...headers } = data.headers
    const isFunction = data.url === ''
    const body = isFunction ? data.body : Buffer.from(data.body, 'base64')
    return { kind: isFunction ? 'function' : 'fetch', ...timesOf(times, lastModified, revalidate), tags, status: data.status, headers: Object.entries(headers).flat(), url: data.url, body }
  }
  if (value?.kind !== 'ROUTE' && value?.kind !== 'APP_ROUTE') return undefined
  const { [TIMES]: times, [TAGS]: tags = [], [OWN_TAGS]: ownTags, ...headers } = value.headers
  const list = Object.entries(headers).flatMap(([name, given]) => [given].flat().flatMap((text) => [name, text]))
  const body = Buffer.isBuffer(value.body) ? value.body : Buffer.from(value.body)
  return { kind: 'route', ...timesOf(times, lastModified, false), tags: tagsOf(tags, ownTags), status: value.status, headers: list, url: '', body }
}

function tagsOf (tags: string | string[], own: string | string[] | undefined): string[] {
  if (typeof own === 'string') return JSON.parse(own) as string[]
  return typeof tags === 'string' ? tags.split(',') : tags
}

function timesOf (times: string | string[] | undefined, lastModified: number, revalidate: number | false): Pick<CacheEntry, 'createdAt' | 'revalidate' | 'expire'> {
  if (typeof times !== 'string') return { createdAt: lastModified, revalidate }
  const [createdAt, own, expire] = JSON.parse(times) as [number, number | false, number?]
  return { createdAt, revalidate: own, ...(expire === undefined ? {} : { expire }) }
}

const toBuffer = (body: string | Uint8Array): Buffer => typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

const flat = (headers: readonly string[]): Record<string, string> => Object.fromEntries(toHeaders(headers))

function lists (headers: readonly string[]): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = {}
  for (let index = 0; index < headers.length; index += 2) {
    const [name, value] = [headers[index]!, headers[index + 1]!]
    const earlier = all[name]
    all[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return all
}

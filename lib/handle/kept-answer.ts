import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { YEAR, type CacheEntry } from '../cache/entry.ts'
import type { Compat } from '../routes/options.ts'
import type { Route } from '../routes/table.ts'
import { BODYLESS_STATUS, type Outgoing } from '../web/outgoing.ts'
import type { HostExchange, Mount } from './context.ts'
import type { Outcome } from './generation.ts'
import { within } from './within.ts'
import { isBeyondAscii, pairsWhere, valueIn } from '../web/header-pairs.ts'

/** Larger answers, and streams that take longer, are for their own request alone. */
const MOST_BYTES = 10 * 1024 * 1024
const LONGEST_STREAM = 3000

type Answer = Extract<Outcome, { kind: 'answer' }>

/**
 * An answer as it is kept; undefined for one that is not to be. A stream is read to its end for it, and where it has none
 * soon, the answer gets a stream that goes on from its beginning.
 */
export async function entryOf (outcome: Answer, createdAt: number, { file }: Route, warn: (message: string) => void): Promise<CacheEntry | undefined> {
  const { outgoing, caching } = outcome
  // A session of one client must not become everybody's, which Next.js would let happen.
  if (valueIn(outgoing.headers, 'set-cookie') !== undefined) {
    warn(`The answer of ${file} sets a cookie, so it is not kept for others. Set cookies in a route with dynamic = 'force-dynamic', or in POST.`)
    return undefined
  }
  if (outgoing.body instanceof Readable) {
    const body = await readWhole(outgoing.body)
    outcome.outgoing = { ...outgoing, body }
    if (body instanceof Readable) {
      warn(`The answer of ${file} is larger than 10 MB or streams for longer than 3 s, so it is not kept for others.`)
      return undefined
    }
  }
  const { status, headers, body } = outcome.outgoing as Outgoing & { body: string | Uint8Array | null }
  const { limit } = caching
  if (limit === 0) return undefined
  if (body !== null && Buffer.byteLength(body) > MOST_BYTES) {
    warn(`The answer of ${file} is larger than 10 MB, so it is not kept for others.`)
    return undefined
  }
  return { kind: 'route', createdAt, revalidate: limit >= YEAR ? false : limit, tags: tagsOf(outcome), status, headers: withoutConnection(headers), url: '', body: body ?? '' }
}

/** What a connection is told is not for other connections, of which some have no word for it (RFC 9113, 8.2.2). */
function withoutConnection (headers: string[]): string[] {
  return headers.includes('connection') ? pairsWhere(headers, (name) => name !== 'connection' && name !== 'upgrade') : headers
}

/** In 13 and 14, what fetches nothing through the cache does not know of its path. */
function tagsOf ({ caching: { tags, pathTags, run: { compat } } }: Answer): string[] {
  return compat < 15 && tags.size === 0 ? [] : [...tags, ...pathTags]
}

/** The bytes of a stream, or another stream that has all of them where they are too many, or come too late. */
async function readWhole (body: Readable): Promise<Uint8Array | Readable> {
  const chunks: Buffer[] = []
  let length = 0
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>
  const deadline = performance.now() + LONGEST_STREAM
  for (;;) {
    const next = iterator.next()
    const chunk = await within(deadline - performance.now(), next)
    // Not by the generator, which knows nothing of an end before its beginning.
    if (chunk === undefined || length > MOST_BYTES) return Readable.from(goOn(chunks, next, iterator), { objectMode: false }).once('close', () => { body.destroy() })
    if (chunk.done === true) return Buffer.concat(chunks, length)
    const bytes = typeof chunk.value === 'string' ? Buffer.from(chunk.value) : chunk.value
    chunks.push(bytes)
    length += bytes.length
  }
}

async function * goOn (chunks: Buffer[], next: Promise<IteratorResult<Buffer | string>>, iterator: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer | string> {
  yield * chunks
  for (let result = await next; result.done !== true; result = await iterator.next()) yield result.value
}

/** What is sent of the answers that one route has kept. */
export class KeptAnswers {
  readonly #compat: Compat
  readonly #hasEtag: boolean
  /** The headers that were last sent of a fresh entry, which is nearly always the same one. */
  #last: { entry: CacheEntry, sent: SentHeaders } | undefined

  constructor ({ compat, etag }: Pick<Mount, 'compat' | 'etag'>) {
    this.#compat = compat
    this.#hasEtag = etag
  }

  /** @param retryIn seconds until a new one is attempted to be made again, after the last attempt failed */
  outgoing (entry: CacheEntry, state: 'HIT' | 'STALE' | 'MISS', exchange: Pick<HostExchange, 'headers'>, retryIn?: number): Outgoing {
    const sent = state === 'HIT' ? this.#headersOfHit(entry) : this.#headersOf(entry, state, retryIn)
    return this.#hasEtag ? withEtag(entry, sent, exchange.headers['if-none-match']) : answerOf(entry, sent)
  }

  #headersOfHit (entry: CacheEntry): SentHeaders {
    if (this.#last?.entry !== entry) this.#last = { entry, sent: this.#headersOf(entry, 'HIT') }
    return this.#last.sent
  }

  #headersOf (entry: CacheEntry, state: 'HIT' | 'STALE' | 'MISS', retryIn?: number): SentHeaders {
    const headers = [...entry.headers, 'x-nextjs-cache', state]
    // 13 and 14 send none.
    if (this.#compat >= 15 && valueIn(entry.headers, 'cache-control') === undefined) headers.push('cache-control', cacheControl(entry, retryIn))
    return { headers, headInUtf8: entry.body.length > 0 && isBeyondAscii(entry.headers) }
  }
}

type SentHeaders = Pick<Outgoing, 'headers' | 'headInUtf8'>

function answerOf ({ status, body, headers: own }: CacheEntry, { headers, headInUtf8 }: SentHeaders): Outgoing {
  const hasNone = BODYLESS_STATUS.has(status) || (body.length === 0 && valueIn(own, 'content-type') === undefined)
  return { status, statusText: '', headers, body: hasNone ? null : body, headInUtf8 }
}

function withEtag (entry: CacheEntry, sent: SentHeaders, ifNoneMatch: string | undefined): Outgoing {
  const own = valueIn(entry.headers, 'etag')
  const etag = own ?? etagOf(entry)
  const all = own === undefined ? [...sent.headers, 'etag', etag] : sent.headers
  if (entry.status !== 200 || !matches(ifNoneMatch, etag)) return answerOf(entry, { ...sent, headers: all })
  return { status: 304, statusText: '', headers: pairsWhere(all, (name) => !OF_THE_BODY.has(name)), body: null }
}

const OF_THE_BODY = new Set(['content-type', 'content-length', 'content-encoding'])

function cacheControl ({ revalidate }: CacheEntry, retryIn: number | undefined): string {
  const exact = retryIn !== undefined && retryIn > 0 ? retryIn : revalidate
  // What is fetched may say a fraction, of which headers know none (RFC 9111, 1.2.2).
  const seconds = exact === false ? false : Math.ceil(exact)
  return seconds === false ? `s-maxage=${YEAR}` : `s-maxage=${seconds}, stale-while-revalidate=${YEAR - seconds}`
}

export const NEVER_CACHED = 'private, no-cache, no-store, max-age=0, must-revalidate'

/** In draft mode nothing may be kept on the way, and Next.js says HIT all the same. */
export function draftAnswer (outgoing: Outgoing): Outgoing {
  const headers = pairsWhere(outgoing.headers, (name) => name !== 'cache-control')
  return { ...outgoing, headers: [...headers, 'cache-control', NEVER_CACHED, 'x-nextjs-cache', 'HIT'] }
}

const etags = new WeakMap<CacheEntry, string>()

function etagOf (entry: CacheEntry): string {
  let etag = etags.get(entry)
  if (etag === undefined) etags.set(entry, etag = `"${createHash('sha256').update(entry.body).digest('base64url').slice(0, 27)}"`)
  return etag
}

/** RFC 9110, 13.1.2: compared weakly. */
function matches (ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => bare(tag) === bare(etag))
}

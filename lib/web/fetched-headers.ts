/** What speaks of a body, and the protocol by which NextResponse.next() and rewrite() speak to whoever runs them. */
const TAKEN_OVER = ['content-encoding', 'content-length', 'x-middleware-next', 'x-middleware-override-headers', 'x-middleware-rewrite']

/** The headers of a response of `fetch()` are the only ones that nobody can change (Fetch standard, 5.1, guard "immutable"). */
export function namesOfFetched (headers: Headers): readonly string[] | undefined {
  let names: string[]
  try {
    names = TAKEN_OVER.filter((name) => Headers.prototype.has.call(headers, name))
  } catch {
    // A stand-in for native headers
    return undefined
  }
  if (names.length === 0) return undefined
  try {
    Headers.prototype.delete.call(headers, 'x-none')
    return fetchedHeaders.has(headers) ? names : undefined
  } catch {
    return names
  }
}

const fetchedHeaders = new WeakSet<Headers>()

/** Notes headers that stand for those of a response of `fetch()`. */
export function markAsFetched (headers: Headers): void { fetchedHeaders.add(headers) }

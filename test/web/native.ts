/** What the suites share that compare classes of ours with the native ones. */
import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { boundFetch, BoundRequest, BoundResponse } from './bound.ts'

export { boundFetch, BoundRequest, BoundResponse }

export type Outcome = { value: unknown } | { error: unknown }

/** What `act` gives or throws, as something that can be compared. */
export async function outcome (act: () => unknown): Promise<Outcome> {
  try {
    return { value: await plain(await act()) }
  } catch (error) {
    return { error: plainError(error) }
  }
}

export function plainError (error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, constructor, code } = error as Error & { code?: unknown }
  return { name, message: withoutBoundary(message), class: constructor.name, code }
}

/** Values as what they hold. Native `Headers`, `Request` and so on all look equal to a comparison by properties. */
export async function plain (value: unknown): Promise<unknown> {
  if (typeof value === 'string') return withoutBoundary(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof ArrayBuffer) return { ArrayBuffer: bytesOf(new Uint8Array(value)) }
  if (ArrayBuffer.isView(value)) return { [value.constructor.name]: bytesOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)), whole: value.byteLength === value.buffer.byteLength }
  if (value instanceof Blob) return { class: value.constructor.name, type: withoutBoundary(value.type), text: bytesOf(new Uint8Array(await value.arrayBuffer())), name: (value as File).name }
  if (value instanceof FormData) return { FormData: await plain([...value]) }
  if (value instanceof Headers) return { Headers: await plain([...value]) }
  if (value instanceof Response) return { Response: describeResponse(value) }
  if (value instanceof Request) return { Request: describeRequest(value) }
  if (value instanceof ReadableStream) return { ReadableStream: describeStream(value) }
  if (value instanceof Error) return plainError(value)
  if (Array.isArray(value)) return await Promise.all(value.map(plain))
  return value
}

const bytesOf = (bytes: Uint8Array): string => withoutBoundary(Buffer.from(bytes).toString('latin1'))

/** Every form has a boundary of its own. */
export const withoutBoundary = (text: string): string => text.replace(/-+formdata-(?:undici-\d+|[\da-f-]{36})/gi, 'BOUNDARY')

export const describeStream = (stream: ReadableStream | null): unknown => stream && {
  locked: stream.locked,
  disturbed: Readable.isDisturbed(stream as never),
  errored: Readable.isErrored(stream as never)
}

const RESPONSE_MEMBERS = ['status', 'statusText', 'ok', 'type', 'url', 'redirected', 'bodyUsed'] as const
const REQUEST_MEMBERS = ['method', 'url', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'duplex', 'bodyUsed'] as const

export const describeResponse = (response: Response): unknown => describe(response, RESPONSE_MEMBERS)
export const describeRequest = (request: Request): unknown => [describe(request, REQUEST_MEMBERS), request.signal.aborted, request.signal.reason]

const describe = <T extends Request | Response>(object: T, members: readonly string[]): unknown => [
  ...members.map((name) => [name, object[name as keyof T]]),
  ['headers', [...object.headers].map(([name, value]) => [name, withoutBoundary(value)])],
  ['body', describeStream(object.body)]
]

/** Runs each case with our class and with the native one, and gives those that differ. */
export async function differences<C> (cases: Record<string, (Class: C) => unknown>, ours: C, native: C): Promise<unknown[]> {
  const found: unknown[] = []
  for (const [name, run] of Object.entries(cases)) {
    const [left, right] = [await outcome(() => run(ours)), await outcome(() => run(native))]
    if (!isDeepStrictEqual(left, right)) found.push({ name, ours: left, native: right })
  }
  return found
}

/** What programs do to a request or response with a body, in any order. */
import { inspect } from 'node:util'
import { describeStream, outcome, plain, type Outcome } from './native.ts'

export type Body = Request | Response
export type Step = (object: any) => unknown

async function readAll (body: ReadableStream<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

/** What a loop that is left after its first chunk does. */
async function leaveEarly ({ body }: Body, options?: { preventCancel: boolean }): Promise<unknown> {
  const chunks = (body as any)?.values(options) as AsyncIterator<unknown, void, void> | undefined
  const { done } = await chunks?.next() ?? {}
  await chunks?.return?.()
  return done
}

/** The readers of this Node.js version: text(), json(), … */
const READERS = ['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'formData'].filter((name) => name in Response.prototype)

export const STEPS: Record<string, Step> = {
  ...Object.fromEntries(READERS.map((name): [string, Step] => [`${name}()`, (r) => r[name]()])),
  // One branch can only be cancelled when the other is.
  'clone()': async (r: Body) => {
    const clone = r.clone()
    const seen = await plain(clone)
    clone.body?.cancel().catch(() => {})
    return seen
  },
  'clone().text()': (r: Body) => r.clone().text(),
  body: (r: Body) => describeStream(r.body),
  'body, twice the same': (r: Body) => new Set([r.body, r.body]).size,
  // A light body becomes a stream when it is first looked at, and an empty stream closes a moment later. Headers are
  // printed in the order in which they came.
  'inspect()': (r: Body) => inspect(r).replace(/state: '(?:readable|closed)'/, 'state').split(/,?\n/).sort(),
  'structuredClone()': (r: Body) => { structuredClone(r) },
  'body.getReader()': (r: Body) => { r.body?.getReader() },
  'body.getReader(), let go': (r: Body) => { r.body?.getReader().releaseLock() },
  'body.getReader(), a read, let go': async (r: Body) => {
    const reader = r.body?.getReader()
    const { done } = await reader?.read() ?? {}
    reader?.releaseLock()
    return done
  },
  'body.cancel()': async (r: Body) => await r.body?.cancel('reason'),
  'body.getReader().cancel()': async (r: Body) => await r.body?.getReader().cancel('reason'),
  'body.tee(), both read': async (r: Body) => r.body && await Promise.all(r.body.tee().map(readAll)),
  'body.tee(), one cancelled': async (r: Body) => {
    const [a, b] = r.body?.tee() ?? []
    a?.cancel().catch(() => {})
    return b && await readAll(b)
  },
  'for await over body': async (r: Body) => r.body && await readAll(r.body),
  'for await over body, left early': (r: Body) => leaveEarly(r),
  'for await over body, left early without cancelling': (r: Body) => leaveEarly(r, { preventCancel: true }),
  'body.pipeTo()': async (r: Body) => {
    const chunks: Uint8Array[] = []
    await r.body?.pipeTo(new WritableStream({ write (chunk) { chunks.push(chunk) } }))
    return Buffer.concat(chunks).toString('latin1')
  },
  'body.pipeTo() a sink that fails': async (r: Body) => await r.body?.pipeTo(new WritableStream({ write () { throw new RangeError('full') } })),
  'body.pipeThrough()': async (r: Body) => {
    const texts: string[] = []
    for await (const text of (r.body?.pipeThrough(new TextDecoderStream()) ?? []) as AsyncIterable<string>) texts.push(text)
    return texts.join('')
  },
  'body.getReader({ mode: byob })': async (r: Body) => {
    const reader = r.body?.getReader({ mode: 'byob' })
    const chunks: Uint8Array[] = []
    for (;;) {
      const { done, value } = await reader?.read(new Uint8Array(1000)) ?? { done: true }
      if (done) return Buffer.concat(chunks).toString('latin1')
      chunks.push(value!)
    }
  },
  'new Response(r.body)': async (r: Body) => await new Response(r.body).text(),
  'new Response(r.body, r)': (r: Body) => new Response(r.body, r instanceof Response ? r : undefined),
  'headers.set()': (r: Body) => { r.headers.set('content-type', 'text/set; a=b') },
  'headers.delete()': (r: Body) => { r.headers.delete('content-type') }
}

export interface Play {
  /** Names in STEPS. */
  steps: string[]
  /** All at once, or one after the other. */
  together: boolean
  /** Whether somebody looks at the stream in between. */
  look: boolean
}

/** Takes the steps, and tells what came of each of them and in which state it left the body. */
export async function play (object: Body, { steps, together, look }: Play, all = STEPS): Promise<unknown[]> {
  const seen: unknown[] = []
  const state = (): void => { seen.push(look ? [object.bodyUsed, describeStream(object.body)] : object.bodyUsed) }
  const begun: Array<Promise<Outcome>> = []
  for (const name of steps) {
    begun.push(outcome(() => all[name]!(object)))
    state()
    if (!together) await begun.at(-1)
    state()
  }
  seen.push(await Promise.all(begun))
  state()
  return seen
}

/** Every step, and every two of them. */
export const pairs = (all = STEPS): string[][] => {
  const names = Object.keys(all)
  return [...names.map((name) => [name]), ...names.flatMap((first) => names.map((second) => [first, second]))]
}

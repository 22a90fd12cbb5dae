import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { NodeResponse } from '../web/exchange.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { beforeHead } from '../web/send.ts'
import type { SeenAnswer } from './shadow-report.ts'

const LONGEST_BODY = 1024 * 1024

/**
 * Notes what is sent through a response, and leaves it as it is.
 * @param preset headers that the host sets itself, which are not the old code's
 * @returns what gives the answer, once it is out
 */
export function captureAnswer (res: NodeResponse, preset: Record<string, unknown>): () => SeenAnswer {
  const collected = new Collected()
  beforeHead(res, () => {})
  const target = res as unknown as Record<'write' | 'end', (...args: unknown[]) => unknown>
  let ended = false
  for (const name of ['write', 'end'] as const) {
    const original = target[name]
    target[name] = function (this: unknown, ...args: unknown[]) {
      const [chunk, encoding] = args
      // Some `end()` calls `write()`.
      if (ended) return original.apply(this, args)
      ended = name === 'end'
      if (typeof chunk === 'string') collected.add(Buffer.from(chunk, typeof encoding === 'string' ? encoding as BufferEncoding : 'utf8'))
      else if (chunk instanceof Uint8Array) collected.add(Buffer.from(chunk))
      return original.apply(this, args)
    }
  }
  return () => {
    const headers = Object.entries(res.getHeaders()).filter(([name, value]) => String(value) !== String(preset[name]))
    return { status: res.statusCode, headers: new Map(headers.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)])), body: collected.whole() }
  }
}

class Collected {
  #chunks: Buffer[] = []
  #length = 0

  add (chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#length > LONGEST_BODY) this.#chunks = []
    else this.#chunks.push(chunk)
  }

  /** Undefined where it is too long to keep. */
  whole (): Buffer | undefined {
    return this.#length > LONGEST_BODY ? undefined : Buffer.concat(this.#chunks)
  }
}

export async function wholeBody (body: Outgoing['body']): Promise<Buffer | undefined> {
  const collected = new Collected()
  if (body instanceof Readable) {
    for await (const chunk of body) {
      collected.add(Buffer.from(chunk as Uint8Array))
      if (collected.whole() === undefined) break
    }
  } else if (body !== null) collected.add(Buffer.from(body as Uint8Array))
  return collected.whole()
}

const DECODERS: Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress)
}

/** Old answers may be compressed; new ones are compared before the host does that. */
export async function decoded (answer: SeenAnswer): Promise<SeenAnswer> {
  const coding = answer.headers.get('content-encoding')
  const decode = coding === undefined ? undefined : DECODERS[coding]
  if (decode === undefined || answer.body === undefined || answer.body.length === 0) return answer
  return { ...answer, body: await decode(answer.body, { maxOutputLength: LONGEST_BODY }).catch(() => undefined) }
}
